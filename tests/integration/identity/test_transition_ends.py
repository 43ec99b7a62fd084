"""Graces that two people end, and one gives back, on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from import_world import batch, row, run
from lock_world import rows
from officers import AN, BINH, PLATFORM, Officers, refused

from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.reasons import Reason as Refusal
from xacthuc.identity.commands import Order, ProposeAct
from xacthuc.identity.domain.approvals import Act, ApprovalKind, Step
from xacthuc.identity.domain.grace import Ended, Restored
from xacthuc.identity.domain.import_rows import ImportedTransition, microseconds
from xacthuc.identity.usecases import approvals
from xacthuc.identity.usecases.transitions import count_transitions, end_transitions, restore_transitions
from xacthuc.policy import Action, Reason

DAYS = timedelta(days=90)
CAMPAIGN = f"platforms/{PLATFORM}/campaigns/spring"


class Desk(Officers):
    """Officers who have accounts with a grace before them, and a backfill service that acts for them."""

    async def covered(self, *accounts: str, days: timedelta = DAYS) -> None:
        """Has the platform bring accounts along that a grace covers."""
        until = self.bench.clock.now() + days
        grace = ImportedTransition(microseconds(until), "Decree 333/2026 Art. 9")
        await run(self.bench.identity, batch(PLATFORM, [row(account, transition=grace) for account in accounts]))

    async def agreed(self, count: int, campaign: str = CAMPAIGN, **changed: str) -> str:
        """Has two officers agree to end the grace of so many accounts; returns the approval's id."""
        as_of = self.bench.clock.now().isoformat()
        about = {"campaign": campaign, "account_count": str(count), "as_of_time": as_of, "basis": "order 12/2026"}
        act = Act(ApprovalKind.TRANSITION_END, PLATFORM, {**about, **changed})
        order = self.order("CreateApproval", "operator:an")
        made = await approvals.propose(
            self.eyes, ProposeAct(order=order, operator=AN, act=act, reason="the term is over")
        )
        await self.take(Step.GRANT, made, BINH)
        await self.run(made)
        return str(made.id)

    def order(self, method: str, actor: str = "peer:backfill") -> Order:
        """Returns an order of its own."""
        return Order(
            platform=PLATFORM, method=method, request_id=str(uuid4()), payload="", actor=actor, trace_id="0" * 32
        )

    async def end(self, approval: str, *accounts: str):
        return await end_transitions(self.bench.identity, self.order("EndTransitions"), approval, accounts)

    async def restore(self, approval: str, *accounts: str):
        order = self.order("RestoreTransitions")
        return await restore_transitions(self.bench.identity, order, approval, accounts, "wrong list")

    async def posts(self, account: str) -> Reason:
        return (await self.bench.check(account, Action.POST)).reason


@pytest.fixture
async def desk(bench, engine):
    return await Desk.at_work(bench, engine)


async def test_graces_are_counted_that_end_later(desk):
    now = desk.bench.clock.now()
    await desk.covered("a", "b")
    await desk.covered("c", days=timedelta(days=1))
    await desk.bench.register("d")
    wanted = ("a", "c", "d", "nobody")
    counted = await count_transitions(desk.bench.identity, PLATFORM, wanted)
    assert (counted.accounts, counted.last_end) == (2, now + DAYS)

    desk.bench.clock.advance(timedelta(days=1))
    assert (await count_transitions(desk.bench.identity, PLATFORM, wanted)).accounts == 1
    await desk.end(await desk.agreed(1), "a")
    assert tuple(await count_transitions(desk.bench.identity, PLATFORM, wanted)) == (0, None)
    assert (await count_transitions(desk.bench.identity, "elsewhere", wanted)).accounts == 0


async def test_whose_grace_is_ended_only_reads_and_goes_on_once_that_is_undone(desk, engine):
    await desk.covered("a", "b")
    approval = await desk.agreed(2)
    assert await desk.posts("a") is Reason.TRANSITION

    assert await desk.end(approval, "a", "b") == [Ended.ENDED, Ended.ENDED]
    assert await desk.posts("a") is Reason.NOT_VERIFIED
    assert (await desk.bench.check("a", Action.READ)).allowed

    desk.bench.clock.advance(timedelta(days=7))
    assert await desk.restore(approval, "a") == [Restored.RESTORED]
    assert [await desk.posts("a"), await desk.posts("b")] == [Reason.TRANSITION, Reason.NOT_VERIFIED]
    desk.bench.clock.advance(DAYS - timedelta(days=7))
    assert await desk.posts("a") is Reason.NOT_VERIFIED
    told = [(each.subject, each.kind) for each in await rows(engine, "outbox") if each.kind.startswith("TRANSITION")]
    assert told == [("a", "TRANSITION_ENDED"), ("b", "TRANSITION_ENDED"), ("a", "TRANSITION_RESTORED")]
    noted = {
        each.tag: each.detail
        for each in await rows(engine, "audit")
        if each.subject == "a" and "transition" in each.tag
    }
    assert noted == {
        "identity:account:transition_ended": {"approval": approval, "basis": "order 12/2026"},
        "identity:account:transition_restored": {"approval": approval, "reason": "wrong list"},
    }


async def test_the_same_accounts_may_come_again_and_nothing_is_done_twice(desk, engine):
    await desk.covered("a", "b")
    approval = await desk.agreed(2)
    for _ in range(2):
        assert await desk.end(approval, "a", "b") == [Ended.ENDED, Ended.ENDED]
    assert await desk.restore(approval, "a", "b") == [Restored.RESTORED, Restored.RESTORED]
    assert await desk.restore(approval, "a", "b") == [Restored.NONE, Restored.NONE]

    assert len([each for each in await rows(engine, "outbox") if each.kind.startswith("TRANSITION")]) == 4
    found = await approvals.get(desk.eyes, approval, None)
    assert (found.outcome.result["ended"], found.outcome.result["restored"]) == ("2", "2")


async def test_who_agreed_to_some_accounts_ends_the_grace_of_no_more(desk):
    await desk.covered("a", "b", "c")
    approval = await desk.agreed(2)
    await desk.end(approval, "a")

    assert await refused(desk.end(approval, "b", "c")) is Refusal.APPROVAL_STATE
    assert await desk.posts("b") is Reason.TRANSITION
    assert await desk.end(approval, "a", "c") == [Ended.ENDED, Ended.ENDED]


async def test_what_was_undone_ends_nothing_any_more(desk):
    await desk.covered("a")
    approval = await desk.agreed(1)
    assert await desk.restore(approval) == []

    assert await refused(desk.end(approval, "a")) is Refusal.APPROVAL_STATE
    assert await desk.posts("a") is Reason.TRANSITION


async def test_who_is_verified_and_who_has_no_grace_is_left_alone(desk, engine):
    await desk.covered("a", "b")
    await desk.bench.register("plain")
    await desk.bench.verify("a")
    approval = await desk.agreed(4)

    became = await desk.end(approval, "a", "b", "plain", "nobody")
    assert became == [Ended.VERIFIED, Ended.ENDED, Ended.NONE, Ended.GONE]
    await desk.bench.verify("b", desk.bench.proof("b", "+84912345679"))
    assert await desk.restore(approval, "a", "b") == [Restored.NONE, Restored.VERIFIED]
    assert {each.transition_approval for each in await rows(engine, "accounts")} == {None}


async def test_an_export_that_is_sent_again_gives_no_grace_back(desk):
    await desk.covered("a")
    approval = await desk.agreed(1)
    await desk.end(approval, "a")
    await desk.covered("a", days=2 * DAYS)
    assert await desk.posts("a") is Reason.NOT_VERIFIED
    await desk.restore(approval, "a")
    await desk.covered("a", days=2 * DAYS)

    desk.bench.clock.advance(DAYS)
    assert await desk.posts("a") is Reason.TRANSITION


@pytest.mark.parametrize("approval", ["nobodys-one", "another"])
async def test_without_an_approval_of_this_kind_nothing_is_ended(desk, approval):
    await desk.covered("a")
    if approval == "another":
        approval = (await desk.propose(ApprovalKind.RESTRICT_ACCOUNTS, "a")).id

    assert await refused(desk.end(approval, "a")) is Refusal.APPROVAL_STATE
    assert await refused(desk.restore(approval, "a")) is Refusal.APPROVAL_STATE
    assert await desk.posts("a") is Reason.TRANSITION


async def test_what_nobody_can_have_counted_is_not_proposed(desk):
    tomorrow = (desk.bench.clock.now() + timedelta(days=1)).isoformat()
    for wrong in ({"campaign": "platforms/other/campaigns/spring"}, {"as_of_time": tomorrow}):
        with pytest.raises(InvalidRequest):
            await desk.agreed(1, **wrong)
