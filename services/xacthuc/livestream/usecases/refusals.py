"""What a caller is told when a step is not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import AlreadyExists, FailedPrecondition, LimitExceeded, NotFound, Unavailable, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.livestream.domain.broadcast import Bar

if TYPE_CHECKING:
    from xacthuc.policy import Policy

_STATES: Final = {
    Bar.OVER: "the broadcast was cut or has ended; begin another one, with an id of its own",
    Bar.NOT_LIVE: "the broadcast was never cleared; call AuthorizeBroadcast first",
    Bar.DECLARE: "the broadcast runs, and what is sold in it is said by DeclareCommercial; RenewGrant renews it as it is",
}


def refused(bar: Bar, policy: Policy) -> XacthucError:
    """Returns the error of a bar."""
    if bar is Bar.OTHER_ACCOUNT:
        return AlreadyExists(
            Reason.BROADCAST_ALREADY_EXISTS, "the id is that of another account's broadcast; give each one its own"
        )
    if bar is Bar.TOO_MANY:
        most = policy.livestream.parallel_broadcasts
        return LimitExceeded(
            f"the account has {most} broadcasts on air, as many as it may; end one with EndBroadcast",
            reason=Reason.TOO_MANY_BROADCASTS,
            metadata={"most": str(most)},
        )
    return FailedPrecondition(Reason.BROADCAST_STATE, _STATES[bar], metadata={"bar": bar})


def not_found() -> NotFound:
    """Returns what is said of a broadcast that nobody asked for."""
    return NotFound(
        Reason.BROADCAST_NOT_FOUND, "there is no such broadcast on this platform; call AuthorizeBroadcast first"
    )


def never_at_rest() -> Unavailable:
    """Returns what is said when an account changes faster than it can be decided about."""
    return Unavailable(
        Reason.SERVICE_UNAVAILABLE, "the account kept changing meanwhile; repeat with the same request_id"
    )
