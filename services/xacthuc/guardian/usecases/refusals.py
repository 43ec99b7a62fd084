"""What is said when a link cannot be: why, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, LimitExceeded, NotFound, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.domain.family import Objection
from xacthuc.guardian.domain.links import Link, State
from xacthuc.guardian.ports.links import Disputed, Limited, NotAnswering, WrongState
from xacthuc.guardian.ports.people import Unfit
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from xacthuc.guardian.domain.life import AgeBand, Holder

_LIMITS: Final = {
    "link_repeats": "this invitation was made again as often as may be; have it answered, or wait until it expires"
}


def linked(
    done: Link | Objection | WrongState | Disputed | NotAnswering | Limited, link: str = "", *, by: str = ""
) -> Link:
    """Returns the link, or raises why there is none; `by` is the field that names the link of who does it."""
    if isinstance(done, Link):
        return done
    if isinstance(done, WrongState):
        raise wrong_state(done.state)
    if isinstance(done, Disputed):
        raise disputed(done)
    if isinstance(done, NotAnswering):
        raise not_answering(by)
    if isinstance(done, Limited):
        told = _LIMITS.get(done.limit, "as many as may be were made within a day; wait")
        raise LimitExceeded(told, limit=done.limit, retry_after=done.retry_after)
    message, step = _OBJECTIONS[done]
    metadata = {"cause": done.value, "next_step": step.value}
    raise FailedPrecondition(Reason.GUARDIAN_LIMIT, message, metadata={**metadata, "link": link} if link else metadata)


def wrong_state(state: State | None) -> XacthucError:
    """Returns what is said of a link that does not stand where it is needed; None: there is no such link."""
    if state is None:
        return not_found()
    message, step = _STATES[state]
    return FailedPrecondition(Reason.LINK_STATE, message, metadata={"state": state.value, "next_step": step.value})


def disputed(found: Disputed) -> FailedPrecondition:
    """Returns what is said while something speaks against a link."""
    return FailedPrecondition(
        Reason.LINK_STATE,
        "something speaks against the link; an officer has to decide first",
        metadata={"state": found.state.value, "link": found.link, "next_step": NextStep.WAIT.value},
    )


def not_answering(field: str) -> InvalidRequest:
    """Returns what is said of a link by which nobody else answers for the child."""
    return InvalidRequest(
        FieldFault(
            field,
            "must be another link, by which somebody answers for this child now; look at the links of the child",
            "NOT_ANSWERING",
        )
    )


def not_found() -> NotFound:
    """Returns what is said of a link that is not there."""
    return NotFound(Reason.LINK_NOT_FOUND, "there is no such link on this platform; invite the guardian again")


def ward_band(holder: Holder) -> AgeBand:
    """Returns the age band of a child, or raises why nobody can come to answer for the holder."""
    if not holder.in_use:
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE, "the child's account is closed; nobody answers for it", metadata={"state": "CLOSED"}
        )
    if holder.band is None:
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE,
            "the holder's birth date is not known; complete the account first",
            metadata={"next_step": NextStep.COMPLETE_DETAILS.value},
        )
    if not holder.is_child:
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE,
            "the holder is 16 or older and verifies a number alone",
            metadata={"next_step": NextStep.VERIFY_PHONE.value},
        )
    return holder.band


def unfit(cause: Unfit, link: str = "") -> FailedPrecondition:
    """Returns what is said of somebody who cannot answer for a child."""
    message, step = _UNFIT[cause]
    metadata = {"cause": cause.value, "next_step": step.value}
    return FailedPrecondition(Reason.GUARDIAN_UNFIT, message, metadata={**metadata, "link": link} if link else metadata)


_OBJECTIONS: Final = {
    Objection.ALREADY: ("this person answers for the child already", NextStep.NONE),
    Objection.TOO_MANY: (
        "two guardians answer for the child, which is the most there may be; one of them has to end their link first",
        NextStep.ASK_GUARDIAN,
    ),
    Objection.RELATIONS: (
        (
            "two people answer for a child only as father and mother or as two grandparents (Civil Code Art. 47(2));"
            " correct the relation, or have the other guardian end their link first"
        ),
        NextStep.ASK_GUARDIAN,
    ),
    Objection.TOO_MANY_CHILDREN: (
        "the guardian answers for as many children as may be; end another link first",
        NextStep.CONTACT_PLATFORM,
    ),
}

_STATES: Final = {
    State.INVITED: ("the invitation was not answered yet", NextStep.WAIT),
    State.PENDING_APPROVAL: ("the link waits for the approval of another guardian", NextStep.ASK_GUARDIAN),
    State.HELD: ("an officer has to look at the link first", NextStep.WAIT),
    State.ACTIVE: ("the guardian answers for the child already", NextStep.NONE),
    State.DECLINED: ("the link was declined; invite a guardian again", NextStep.LINK_GUARDIAN),
    State.EXPIRED: ("nobody answered in time; invite a guardian again", NextStep.LINK_GUARDIAN),
    State.ENDED: ("the link has ended; invite a guardian again", NextStep.LINK_GUARDIAN),
}

_UNFIT: Final = {
    Unfit.SELF: ("nobody answers for an account of their own; invite a parent or guardian", NextStep.LINK_GUARDIAN),
    Unfit.UNKNOWN: ("the guardian's account is not registered; register it first", NextStep.VERIFY_PHONE),
    Unfit.CLOSED: ("the guardian's account is closed; another guardian is needed", NextStep.LINK_GUARDIAN),
    Unfit.CHILD: ("the guardian is under 18; a grown-up is needed", NextStep.LINK_GUARDIAN),
    Unfit.NOT_VERIFIED: ("the guardian has proven neither a number nor a personal ID", NextStep.VERIFY_PHONE),
    Unfit.TOO_MANY_CHILDREN: (
        "the guardian answers for as many children as may be; end another link first",
        NextStep.CONTACT_PLATFORM,
    ),
    Unfit.NOT_ASSURED: ("a guardian needs a confirmed personal ID here", NextStep.VERIFY_PERSONAL_ID),
    Unfit.LOCKED: ("the guardian's own account is locked; another guardian is needed", NextStep.LINK_GUARDIAN),
    Unfit.OTHER: ("the guardian cannot answer for a child", NextStep.CONTACT_PLATFORM),
}
