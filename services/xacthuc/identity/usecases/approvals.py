"""Proposing, deciding and carrying out what takes two people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, NotFound, PermissionDenied, XacthucError
from xacthuc.grpckit.gates import role_missing
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain import approvals as rules
from xacthuc.identity.domain.approvals import DECIDERS, PROPOSERS, Approval, ApprovalBar, ApprovalState, Step
from xacthuc.identity.usecases.platforms import no_platform
from xacthuc.ids import new_short_id
from xacthuc.jobs.job import Done, RetryAt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from xacthuc.clock import Clock
    from xacthuc.identity.commands import DecideApproval, ProposeAct
    from xacthuc.identity.domain.approvals import ApprovalKind
    from xacthuc.identity.ports.approvals import Approvals, Executor, Wanted
    from xacthuc.jobs.job import Job


_NOT_YET: Final = {
    ApprovalState.PROPOSED: "nobody has granted it; another operator does",
    ApprovalState.GRANTED: "it is about to be carried out; ask again in a moment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FourEyes:
    """What these verbs work with."""

    clock: Clock
    approvals: Approvals
    executors: Mapping[ApprovalKind, Executor]
    open_for: timedelta
    """How long a proposal waits for an answer; policy."""
    appended: Callable[[], None]
    """Called after a commit that asked for a job."""


async def propose(eyes: FourEyes, command: ProposeAct) -> Approval:
    """Keeps a proposal, unless the operator may not make it or it could not be carried out."""
    act = command.act
    if bar := rules.bar_to_proposing(act.kind, command.operator):
        raise _nobody() if bar is ApprovalBar.NOBODY else role_missing(PROPOSERS[act.kind])
    executor = eyes.executors.get(act.kind)
    if executor is None:
        raise FailedPrecondition(
            Reason.APPROVAL_KIND_NOT_OFFERED, "nothing here carries out acts of this kind", metadata={"kind": act.kind}
        )
    await executor.check(act)
    now = eyes.clock.now()
    proposed = Approval(
        id=new_short_id(),
        act=act,
        reason=command.reason,
        proposer=command.operator.id,
        state=ApprovalState.PROPOSED,
        create_time=now,
        expire_time=now + eyes.open_for,
    )
    kept = await eyes.approvals.add(command.order, proposed, now)
    if kept is None:
        raise no_platform()
    return kept


async def get(eyes: FourEyes, approval_id: str, platform: str | None) -> Approval:
    """Returns an approval."""
    found = await eyes.approvals.get(approval_id, platform)
    if found is None:
        raise _not_found()
    return found


async def get_executed(eyes: FourEyes, approval_id: str, kind: ApprovalKind) -> Approval:
    """Returns an approval of a kind that was granted and carried out, for the service that does the rest."""
    found = await get(eyes, approval_id, None)
    if found.act.kind is not kind:
        raise _not_found()
    state = found.state_at(eyes.clock.now())
    if state is not ApprovalState.EXECUTED:
        todo = _NOT_YET.get(state, "it was not granted; propose the act again")
        raise FailedPrecondition(Reason.APPROVAL_STATE, todo, metadata={"state": state})
    return found


async def page(eyes: FourEyes, wanted: Wanted, after: str, limit: int) -> tuple[Sequence[Approval], str]:
    """Returns a page of approvals, newest first, and what to ask the next page with; empty at the end."""
    found = await eyes.approvals.page(wanted, after, limit + 1, eyes.clock.now())
    return found[:limit], found[limit - 1].id if len(found) > limit else ""


async def decide(eyes: FourEyes, command: DecideApproval) -> Approval:
    """Takes an operator's step. What is granted is carried out by a job that is part of the commit."""
    now = eyes.clock.now()

    def step(approval: Approval) -> Approval | ApprovalBar:
        if command.step is Step.ADOPT:
            return rules.adopted(approval, command.operator, now)
        return rules.decided(approval, command.step, command.operator, command.reason, now)

    outcome = await eyes.approvals.decide(command.order, command.approval_id, command.platform, step, now)
    if outcome is None:
        raise _not_found()
    if isinstance(outcome, ApprovalBar):
        raise await _barred(eyes, outcome, command, now)
    eyes.appended()
    return outcome


async def carry_out(eyes: FourEyes, job: Job) -> Done | RetryAt:
    """Does what is due for an approval: ends it when nobody answered, carries it out when it was granted."""
    now = eyes.clock.now()
    approval = await eyes.approvals.advance(job.key, partial(rules.expired, now=now), now)
    if approval is None:
        return Done("GONE")
    if approval.state is ApprovalState.PROPOSED:
        return RetryAt(approval.expire_time, "NOT_YET")
    if approval.state is not ApprovalState.GRANTED:
        return Done(approval.state.value)
    outcome = await eyes.executors[approval.act.kind].execute(approval)
    now = eyes.clock.now()
    ended = await eyes.approvals.advance(job.key, partial(rules.ended, outcome=outcome, now=now), now)
    return Done("GONE" if ended is None else ended.state.value)


async def _barred(eyes: FourEyes, bar: ApprovalBar, command: DecideApproval, now: datetime) -> XacthucError:
    if bar is ApprovalBar.NOBODY:
        return _nobody()
    if bar is ApprovalBar.SAME_PERSON:
        return PermissionDenied(
            Reason.SECOND_PERSON_NEEDED, "whoever proposed it cannot decide it; ask another operator, or withdraw it"
        )
    approval = await get(eyes, command.approval_id, command.platform)
    if bar is ApprovalBar.NOT_PROPOSER:
        return PermissionDenied(Reason.SECOND_PERSON_NEEDED, "whoever proposed it withdraws it; others refuse it")
    if bar is ApprovalBar.ROLE:
        return role_missing((PROPOSERS if command.step is Step.ADOPT else DECIDERS)[approval.act.kind])
    return _not_now(bar, approval.state_at(now))


def _not_now(bar: ApprovalBar, state: ApprovalState) -> FailedPrecondition:
    if bar is ApprovalBar.NOT_ADOPTED:
        return FailedPrecondition(
            Reason.APPROVAL_NOT_ADOPTED,
            "the service proposed it: one operator adopts it, and another one grants it",
            metadata={"state": state},
        )
    if bar is ApprovalBar.ADOPTED:
        todo = "somebody stands for it already; another operator grants or refuses it"
    else:
        todo = f"the approval is {state} already; propose the act again"
    return FailedPrecondition(Reason.APPROVAL_STATE, todo, metadata={"state": state})


def _nobody() -> PermissionDenied:
    return PermissionDenied(
        Reason.SECOND_PERSON_NEEDED, "the break-glass account is nobody in particular; sign in as yourself"
    )


def _not_found() -> NotFound:
    return NotFound(Reason.APPROVAL_NOT_FOUND, "no such approval; `xacthuc approvals list` shows those there are")
