"""Who answers for a child, as the guardian service says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.guardianship import GuardianRefusal, Guardianship, Unfit, WardRefusal, ending
from xacthuc.identity.domain.guardianship import refusal as refusal_of
from xacthuc.identity.domain.lifecycle import purge_time
from xacthuc.identity.domain.registration import CLOCK_TOLERANCE
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import PutGuardianship
    from xacthuc.identity.usecases.identity import Identity


async def put_guardianship(identity: Identity, command: PutGuardianship) -> Guardianship:
    """Keeps who answers for a child; what is decided about it changes with that, at once."""
    _check(command.guardianship, identity.clock.now())
    put = await identity.shield.finish(_put(identity, command))
    if isinstance(put, Guardianship):
        return put
    raise refused(put)


async def _put(identity: Identity, command: PutGuardianship) -> Guardianship | WardRefusal | GuardianRefusal:
    order, child_id, wanted = command.order, command.child_id, command.guardianship
    now = identity.clock.now()
    judge = partial(refusal_of, child_id=child_id, wanted=wanted, policy=identity.policy, now=now)
    until = purge_time(now, identity.policy)
    ends = partial(ending, purge_time=until, policy=identity.policy, now=now)
    put = await identity.guardianships.put(order, child_id, wanted, judge, now=now, ends=ends, purge_time=until)
    if isinstance(put, Guardianship):  # a repetition too: nobody may have been told, by a process that was killed
        await identity.follow(order.platform, (child_id,))
    return put


def _check(wanted: Guardianship, now: datetime) -> None:
    faults = []
    for at, guardian in enumerate(wanted.guardians):
        earlier = wanted.guardians[:at]
        if guardian.start_time > now + CLOCK_TOLERANCE:
            faults.append(FieldFault(_field(at, "start_time"), "must not be in the future", "IN_FUTURE"))
        if any(guardian.link == other.link for other in earlier):
            faults.append(FieldFault(_field(at, "link"), "must be another one than before", "REPEATED"))
        if any(guardian.account_id == other.account_id for other in earlier):
            faults.append(FieldFault(_field(at, "account"), "must be another one than before", "REPEATED"))
    if faults:
        raise InvalidRequest(*faults)


def _field(at: int, name: str) -> str:
    return f"guardianship.guardians[{at}].{name}"


def refused(refusal: WardRefusal | GuardianRefusal) -> XacthucError:
    """Returns what is said of a child or a guardian that cannot be."""
    if isinstance(refusal, GuardianRefusal):
        message, step = _UNFIT[refusal.cause]
        metadata = {"link": refusal.link, "cause": refusal.cause.value, "next_step": step.value}
        return FailedPrecondition(Reason.GUARDIAN_UNFIT, message, metadata=metadata)
    if refusal is WardRefusal.NOT_FOUND:
        return not_found()
    if refusal is WardRefusal.CLOSED:
        return FailedPrecondition(
            Reason.ACCOUNT_STATE, "the account is closed; end the link", metadata={"state": State.CLOSED.value}
        )
    return FailedPrecondition(
        Reason.ACCOUNT_STATE,
        "the holder is 16 or older and verifies a number alone; end the link",
        metadata={"next_step": NextStep.VERIFY_PHONE.value},
    )


_UNFIT: Final = {
    Unfit.SELF: ("nobody answers for an account of their own; end the link", NextStep.LINK_GUARDIAN),
    Unfit.UNKNOWN: ("the guardian's account is not registered; register it first", NextStep.VERIFY_PHONE),
    Unfit.CLOSED: ("the guardian's account is closed; another guardian is needed", NextStep.LINK_GUARDIAN),
    Unfit.CHILD: ("the guardian is under 18; a grown-up is needed", NextStep.LINK_GUARDIAN),
    Unfit.NOT_VERIFIED: ("the guardian has proven neither a number nor a personal ID", NextStep.VERIFY_PHONE),
    Unfit.NOT_ASSURED: ("the guardian has no confirmed personal ID; verify it", NextStep.VERIFY_PERSONAL_ID),
    Unfit.LOCKED: ("the guardian's account is locked; another guardian is needed", NextStep.LINK_GUARDIAN),
    Unfit.OTHER_PERSON: (
        "the account is registered for another name or birth date; correct the account, or link another guardian",
        NextStep.CONTACT_PLATFORM,
    ),
    Unfit.OTHER_NUMBER: (
        "the account does not stand on the number that was proven; prove its own, or change it first",
        NextStep.VERIFY_PHONE,
    ),
    Unfit.TOO_MANY_CHILDREN: (
        "the guardian answers for as many children as may be; end another link first",
        NextStep.CONTACT_PLATFORM,
    ),
}
