"""A lock binds a person, on every account that the same identity is proven of."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from lock_world import AN, LockWorld, rows

from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.retention import plan
from xacthuc.policy import Action
from xacthuc.sql.errors import DatabaseBusy

PLATFORM = "forum"
NUMBER, OTHER = "+84912345678", "+84912345679"


@pytest.fixture
def world(bench):
    return LockWorld(bench)


async def writers(world, *accounts):
    return {account for account in accounts if await world.writes(account)}


@pytest.mark.rule("R47")
async def test_a_lock_binds_the_holders_other_accounts_on_the_number_and_lets_all_of_them_go(world, engine):
    for account in ("a", "b"):
        await world.holder(account, NUMBER)
    assert await writers(world, "a", "b") == {"a", "b"}

    locked = await world.lock("b", "order 7")
    decided = await world.bench.check("a", Action.POST)
    told = [event for event in await rows(engine, "outbox") if event.kind == "ACCOUNT_LOCKED"]
    await world.unlock("a")

    assert (locked.state, decided.allowed) == (State.LOCKED, False)
    assert decided.legal_basis.endswith("; order 7")
    assert {event.subject: event.detail.get("bound_to") for event in told} == {"b": None, "a": "b"}
    assert await writers(world, "a", "b") == {"a", "b"}
    assert await rows(engine, "lock_identities") == []


@pytest.mark.rule("R47")
async def test_who_proves_the_same_identity_later_is_bound_whatever_name_they_give(world):
    await world.holder("a")
    await world.prove_id("a")
    await world.lock("a", days=10)

    await world.holder("b", OTHER)
    assert await world.writes("b")
    proven = await world.prove_id("b")
    await world.holder("c", "+84912345670", name="Lê Văn Khác")
    await world.prove_id("c")

    assert proven.account.state is State.LOCKED
    assert await writers(world, "b", "c") == set()
    world.bench.clock.advance(timedelta(days=11))
    assert await writers(world, "b", "c") == {"b", "c"}


@pytest.mark.rule("R47")
async def test_the_new_holder_of_a_number_does_not_inherit_the_lock_of_a_stranger(world):
    await world.holder("a", NUMBER)
    await world.lock("a")

    await world.holder("b", NUMBER, name="Lê Văn Bình")

    assert await world.writes("b")
    assert (await world.unlock("a")).state is State.REVERIFICATION_REQUIRED


@pytest.mark.rule("R47")
@pytest.mark.parametrize("shed", ["change", "close", "erase", "correct"])
async def test_who_sheds_what_was_proven_is_still_the_same_person(world, shed):
    await world.holder("a", NUMBER)
    await world.lock("a")
    if shed == "change":
        await world.bench.verify("a", world.bench.proof("a", OTHER))
    elif shed == "correct":
        await world.bench.correct("a", full_name="Lê Văn Khác")
    else:
        await world.end(shed, "a")

    await world.holder("b", NUMBER)

    assert not await world.writes("b")
    assert (await world.bench.identity.accounts.get(PLATFORM, "b")).lock.basis == "order 1"


@pytest.mark.rule("R47")
async def test_what_a_locked_account_proves_binds_whoever_holds_it(world):
    await world.holder("a")
    await world.holder("b", NUMBER)
    await world.prove_id("b")
    await world.lock("a")
    assert await world.writes("b")

    await world.prove_id("a")

    assert not await world.writes("b")
    await world.holder("c", NUMBER)
    assert not await world.writes("c")


@pytest.mark.rule("R47")
async def test_a_correction_that_makes_somebody_the_same_person_binds_them(world):
    await world.holder("a", NUMBER)
    await world.lock("a")
    await world.holder("b", OTHER, name="Lê Văn Bình")
    await world.bench.correct("b", full_name=AN)
    assert await world.writes("b")

    await world.holder("c", NUMBER, name="Lê Văn Bình")
    assert await world.writes("c")
    await world.bench.correct("c", full_name=AN)

    assert not await world.writes("c")


async def test_what_a_lock_bound_is_forgotten_with_it(world, engine):
    await world.holder("a", NUMBER)
    await world.lock("a", days=7)
    rules = plan(world.identity.policy)
    await destroy(engine, rules, world.bench.clock.now())
    assert len(await rows(engine, "lock_identities")) == 1

    world.bench.clock.advance(timedelta(days=8))
    await destroy(engine, rules, world.bench.clock.now())

    assert await rows(engine, "lock_identities") == []


@pytest.mark.rule("R50")
async def test_trail_and_events_mask_numbers_and_ids_in_what_somebody_wrote_and_the_lock_keeps_it(world, engine):
    basis = "order 12/PTTH, of 0912 345 678 and 000090000000"
    await world.holder("a")
    await world.lock("a", basis)
    await world.unlock("a", basis)

    trail, events = await rows(engine, "audit"), await rows(engine, "outbox")
    told = [row.detail["basis"] for row in (*trail, *events) if "basis" in row.detail]
    (lock,) = await rows(engine, "locks")

    assert told == ["order 12/PTTH, of [redacted] and [redacted]"] * 4
    assert lock.basis == lock.lift_basis == basis


class Model:
    """Who is locked, by a walk over everything that was ever proven of a locked account while it was."""

    def __init__(self):
        self.holds = {}
        self.locked, self.bound = set(), set()

    def settle(self):
        grew = True
        while grew:
            before = len(self.locked), len(self.bound)
            for account, proven in self.holds.items():
                if account in self.locked or proven & self.bound:
                    self.locked.add(account)
                    self.bound |= proven
            grew = before != (len(self.locked), len(self.bound))


@pytest.mark.rule("R47")
@pytest.mark.parametrize("seed", range(3))
async def test_no_sequence_of_calls_lets_a_locked_person_write_on_any_account_they_hold(world, engine, seed):
    chance, model, made = random.Random(seed), Model(), 0
    numbers, people = [NUMBER, OTHER], [AN, "Lê Văn Bình"]
    names = {}
    for _ in range(45):
        step = chance.choice(["new", "new", "number", "number", "id", "id", "lock", "close"])
        open_accounts = sorted(names)
        if step == "new" or not open_accounts:
            account, made = f"u{made}", made + 1
            names[account] = chance.choice(people)
            await world.holder(account, name=names[account])
            model.holds[account] = set()
            continue
        account = chance.choice(open_accounts)
        if step == "number":
            number = chance.choice(numbers)
            verified = await world.bench.verify(account, world.bench.proof(account, number))
            if hasattr(verified, "state"):
                await follow_claims(engine, model, names)
        elif step == "id":
            await world.prove_id(account, chance.choice(["000090000000", "000090000007"]))
            await follow_claims(engine, model, names)
        elif step == "lock":
            await world.lock(account)
            model.locked.add(account)
        elif step == "close":
            await world.end("close", account)
            names.pop(account)
            model.holds[account] = set()
        model.settle()
        world.bench.clock.advance(timedelta(seconds=1))
        for each in names:
            assert not (each in model.locked and await world.writes(each))
            assert ((await world.identity.accounts.get(PLATFORM, each)).lock is not None) == (each in model.locked)


async def follow_claims(engine, model, names):
    """Reads who stands on what; the rule for that is tested elsewhere."""
    on_numbers = [(row.account, row.number_index, names[row.account]) for row in await rows(engine, "number_claims")]
    on_ids = [(row.account, row.personal_id_index) for row in await rows(engine, "personal_id_claims")]
    for account in model.holds:
        model.holds[account] = {proven[1:] for proven in (*on_numbers, *on_ids) if proven[0] == account}


@pytest.mark.rule("R47")
async def test_locks_and_proofs_at_once_leave_nobody_out(world, engine):
    """Half of them lock, half come to stand on the number; whoever meets another one asks again, as a caller does."""
    accounts = [f"u{place}" for place in range(5)]
    for account in accounts:
        await world.holder(account)
    await world.bench.verify("u0", world.bench.proof("u0", NUMBER))

    async def insist(step):
        while True:
            try:
                return await step()
            except DatabaseBusy as error:
                assert "40P01" not in str(error)

    await asyncio.gather(
        *(insist(lambda each=each: world.bench.verify(each, world.bench.proof(each, NUMBER))) for each in accounts[1:]),
        insist(lambda: world.lock("u0")),
        insist(lambda: world.lock("u0", "order 2")),
    )

    assert await writers(world, *accounts) == set()
    await insist(lambda: world.unlock("u3"))
    assert await writers(world, *accounts) == set(accounts)
