"""An account that is registered between the look for its key and the look at its rows: nobody is told of an outage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from xacthuc.identity.adapters.account_keys import AccountKeyMissingError, NoKey
from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.identity.commands import EndAccount, LockAccount, RevokeVerification
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.usecases import lifecycle, locks, numbers
from xacthuc.identity.usecases.accounts import get_account

PLATFORM = "forum"


@pytest.fixture
def registered_between(bench, monkeypatch):
    """Registers `late` as soon as somebody was told that it has no key, and not before."""
    look = bench.keys.get_many

    async def get_many(platform, account_ids):
        found = await look(platform, account_ids)
        if found.get("late") is NoKey.NEVER_MADE:
            await bench.register("late")
        return found

    monkeypatch.setattr(bench.keys, "get_many", get_many)


async def read(bench):
    return await get_account(bench.identity, PLATFORM, "late")


async def decide(bench):
    return (await bench.facts.read(PLATFORM, ["late", "nobody"]))["late"]


async def lock(bench):
    command = LockAccount(order=bench.order("lock"), account_id="late", basis="order", expire_time=None)
    return await locks.lock_account(bench.identity, command)


async def close(bench):
    return await lifecycle.close_account(bench.identity, EndAccount(order=bench.order("close"), account_id="late"))


async def verify(bench):
    return await bench.verify("late")


async def revoke(bench):
    command = RevokeVerification(
        order=bench.order("", "RevokeVerification"),
        account_id="late",
        kinds=frozenset({EvidenceKind.PHONE}),
        reason=RevocationReason.LOSS_REPORTED,
    )
    return await numbers.revoke_verification(bench.identity, command)


async def sign_in(bench):
    return (await bench.identity.sign_ins.admit(bench.order("late"), "late")).account


async def take_a_sign_in(bench):
    taken = await bench.identity.sign_ins.take(bench.order("late"), "late", "state", bench.clock.now())
    return taken.candidate.account


WORK = [read, decide, lock, close, verify, revoke, sign_in, take_a_sign_in]


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
async def test_it_is_found(bench, registered_between, work):
    assert await work(bench)


async def test_it_is_erased_and_not_taken_for_erased(bench, registered_between):
    erase = EndAccount(order=bench.order("erase"), account_id="late")

    erased = await lifecycle.erase_account(bench.identity, erase)

    assert erased.state is State.ERASURE_SCHEDULED


async def test_rows_whose_key_is_nowhere_are_still_an_outage(bench, engine):
    """The database of keys is not the one that they were written with."""
    await bench.register("late")
    async with engine.begin() as connection:
        await connection.execute(delete(account_keys))
    bench.clock.advance(timedelta(minutes=1))

    with pytest.raises(AccountKeyMissingError):
        await read(bench)
