"""Keys are rotated while calls are served: nothing is lost, and in the end the old key opens nothing that is needed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from lock_world import LockWorld
from sqlalchemy import select, update

from xacthuc.identity.adapters.account_cipher import KeyWrapper
from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.identity.adapters.rotation import targets
from xacthuc.identity.adapters.rotation.rotation import Rotation
from xacthuc.identity.adapters.tables import accounts, evidence, number_claims
from xacthuc.identity.domain.account import State
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
A, B = bytes(32), bytes([1]) * 32
ROUNDS = (
    KeyRing(keys={0: A}, current=0),
    KeyRing(keys={0: A, 1: B}, current=0),
    KeyRing(keys={0: A, 1: B}, current=1),
    KeyRing(keys={1: B}, current=1),
)
RUN_OUT = {"requests.fingerprint", "requests.answer"}


class Deployment:
    """Servers of every step of a rotation, over one database."""

    def __init__(self, engine, new_server):
        self.engine = engine
        self.servers = [new_server(engine, ring, ring) for ring in ROUNDS]
        self.left = {}

    def rotation(self, step=2):
        server, ring = self.servers[step], ROUNDS[step]
        chosen = [
            *targets.of_keys(self.engine, KeyWrapper(Sealer(ring)), ring),
            *targets.of_accounts(self.engine, server.keys, server.personal, ring, ring),
        ]
        return Rotation(chosen, self.left.__setitem__, breath=timedelta(0))

    async def rotate(self):
        """Passes until only what runs out by itself is old."""
        while True:
            await self.rotation().step()
            if not any(left for name, left in self.left.items() if name not in RUN_OUT):
                return

    async def versions(self, column):
        """The key versions that rows are under."""
        async with transaction(self.engine) as connection:
            kept = (await connection.scalars(select(column).where(column.is_not(None)))).all()
        return {value[0] for value in kept}


@pytest.fixture
def deployment(engine, new_server):
    return Deployment(engine, new_server)


def number(place):
    return f"+84912{place:06d}"


async def populate(server, names):
    for place, name in enumerate(names):
        await server.register(name)
        await server.verify(name, server.proof(name, number(place)))


async def test_after_a_pass_servers_without_the_old_key_know_every_account(deployment):
    names = [f"u{place}" for place in range(12)]
    await populate(deployment.servers[0], names)

    await deployment.rotate()

    after = deployment.servers[3]
    for name in names:
        account = await after.identity.accounts.get(PLATFORM, name)
        assert (await after.facts.read(PLATFORM, [name]))[name].registered
        assert account.masked_number
    assert [await deployment.versions(column) for column in (account_keys.c.wrapped, evidence.c.number_index)] == [
        {1},
        {1},
    ]


async def test_the_holder_of_a_number_is_found_by_servers_of_every_step(deployment):
    await populate(deployment.servers[0], ["u0"])

    for step, name in ((1, "v1"), (2, "v2"), (3, "v3")):
        server = deployment.servers[step]
        if step == 3:
            await deployment.rotate()
        await server.register(name)
        await server.verify(name, server.proof(name, number(0)))

    async with transaction(deployment.engine) as connection:
        holders = (await connection.execute(select(number_claims.c.account, number_claims.c.number_index))).all()
    assert [(holder.account, holder.number_index[0]) for holder in holders] == [("v3", 1)]


async def test_servers_one_step_apart_exclude_each_other_on_one_number(deployment):
    """One account a number (R30): without a lock they share, several would each see none but itself."""
    for step in (0, 1, 2):
        if step == 2:
            await deployment.rotate()
        names = [f"s{step}-{place}" for place in range(6)]
        pair = deployment.servers[step : step + 2]
        for name in names:
            await pair[0].register(name)
        await asyncio.gather(
            *(pair[place % 2].verify(name, pair[0].proof(name, number(1))) for place, name in enumerate(names))
        )

        async with transaction(deployment.engine) as connection:
            claimed = (await connection.scalars(select(number_claims.c.account))).all()
        assert len(claimed) == 1


async def test_four_rotations_beside_calls_of_two_steps_lose_no_answer(deployment):
    names = [f"u{place}" for place in range(24)]
    await populate(deployment.servers[0], names[:12])

    async def serve(place, name):
        server = deployment.servers[1 + place % 2]
        if place >= 12:
            await server.register(name)
        verified = await server.verify(name, server.proof(name, number(place)))
        read = await server.identity.accounts.get(PLATFORM, name)
        return verified.state, bool(read.masked_number)

    answers, *_ = await asyncio.gather(
        asyncio.gather(*(serve(place, name) for place, name in enumerate(names))),
        *(deployment.rotation().step() for _ in range(4)),
    )
    await deployment.rotate()

    assert set(answers) == {(State.VERIFIED, True)}
    async with transaction(deployment.engine) as connection:
        claimed = (await connection.execute(select(number_claims))).all()
    last = deployment.servers[3].personal
    expected = {(name, last.number_index(PLATFORM, number(place))) for place, name in enumerate(names)}
    assert {(row.account, row.number_index) for row in claimed} == expected
    assert len(claimed) == len(names)


@pytest.mark.parametrize("step", [0, 1, 3])
async def test_servers_of_other_steps_renew_nothing(deployment, step):
    await populate(deployment.servers[0], ["u0"])

    assert await deployment.rotation(step).step() == 0
    assert await deployment.versions(account_keys.c.wrapped) == {0}


async def test_a_second_pass_changes_nothing(deployment):
    await populate(deployment.servers[0], ["u0", "u1"])
    await deployment.rotate()
    tables = (account_keys, accounts, evidence, number_claims)

    async def kept():
        async with transaction(deployment.engine) as connection:
            return [sorted(map(tuple, (await connection.execute(select(table))).all()), key=repr) for table in tables]

    before = await kept()
    await deployment.rotation().step()

    assert await kept() == before


async def test_what_runs_out_by_itself_is_counted(deployment):
    await populate(deployment.servers[0], ["u0"])

    await deployment.rotate()

    assert {deployment.left[name] for name in RUN_OUT} == {2}


async def test_an_erased_account_is_found_by_nothing_afterwards(deployment):
    server = deployment.servers[0]
    await populate(server, ["u0"])
    await server.keys.destroy(PLATFORM, "u0", server.clock.now())

    await deployment.rotate()

    async with transaction(deployment.engine) as connection:
        assert (await connection.execute(select(number_claims))).all() == []
    assert await deployment.versions(evidence.c.number_index) == set()


async def test_a_damaged_row_stays_and_holds_nothing_else_up(deployment):
    await populate(deployment.servers[0], ["u0", "u1"])
    async with transaction(deployment.engine) as connection:
        await connection.execute(update(evidence).where(evidence.c.account == "u0").values(number=b"\x00" * 40))

    await deployment.rotation().step()

    assert deployment.left["evidence.number_index"] == 1
    assert await deployment.versions(evidence.c.number_index) == {0, 1}


@pytest.mark.rule("R47")
@pytest.mark.parametrize("step", [1, 2, 3])
async def test_a_lock_binds_whoever_proves_the_same_at_any_step_of_a_rotation(deployment, step):
    before = LockWorld(deployment.servers[0])
    await before.holder("a", number(1))
    await before.lock("a")
    if step == 3:
        await deployment.rotate()

    during = LockWorld(deployment.servers[step])
    await during.holder("b", number(1))

    assert not await during.writes("b")
