"""A number that has to be proven again: after the policy's time, and after whatever puts it in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.identity.domain.account import State
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, NextStep, Policy, Reason
from xacthuc.policy.sections import Reverification

PLATFORM = "forum"
SECOND = timedelta(seconds=1)


@pytest.fixture
def bench(engine, new_server, new_ring):
    """One whose policy asks for a new proof every six months."""
    twice_a_year = Reverification(months=6, on_inactive_number=True)
    return new_server(engine, new_ring(), new_ring(), policy=replace(Policy.load(), reverification=twice_a_year))


@pytest.mark.rule("R31")
async def test_six_months_after_the_proof_the_number_has_to_be_proven_again(bench):
    await bench.register("u1")
    await bench.verify("u1")
    due = datetime(2027, 5, 23, 3, 0, tzinfo=UTC)

    bench.clock.advance(due - bench.clock.now() - SECOND)
    before = await bench.check("u1", Action.POST)
    bench.clock.advance(SECOND)
    after, account = await bench.check("u1", Action.POST), await get_account(bench.identity, PLATFORM, "u1")

    assert (before.allowed, before.reuse_seconds) == (True, 1)
    assert (after.allowed, after.reason, after.next_step) == (
        False,
        Reason.REVERIFICATION_REQUIRED,
        NextStep.VERIFY_PHONE,
    )
    assert (account.state, account.next_step) == (State.REVERIFICATION_REQUIRED, NextStep.VERIFY_PHONE)


@pytest.mark.rule("R31")
async def test_the_next_proof_of_the_same_number_is_good_for_as_long_again(bench):
    await bench.register("u1")
    await bench.verify("u1")
    bench.clock.advance(timedelta(days=200))

    renewed = await bench.verify("u1")
    bench.clock.advance(timedelta(days=170))

    assert renewed.state is State.VERIFIED
    assert (await bench.check("u1", Action.POST)).allowed


@pytest.mark.rule("R31")
async def test_what_counts_is_when_it_was_proven_not_when_that_arrived(bench):
    await bench.register("u1")
    early = bench.proof("u1")
    bench.clock.advance(timedelta(days=200))

    answer = await bench.verify("u1", early)

    assert answer.state is State.REVERIFICATION_REQUIRED
    assert not (await bench.check("u1", Action.POST)).allowed


async def test_accounts_that_are_due_on_different_days_are_decided_as_one(bench):
    """Batches decide once for all whose facts are one object; told apart by the day, each account had its own."""
    for at, account in enumerate(("u1", "u2")):
        await bench.register(account)
        await bench.verify(account, bench.proof(account, f"+8491234567{at}"))
        bench.clock.advance(timedelta(days=1))

    for _ in range(2):  # read from the database, then from the cache
        facts = await bench.identity.standings.facts_of("forum", ("u1", "u2"))

    assert facts["u1"] is facts["u2"]
