"""Ending the grace of accounts that are unverified, by what two people agreed to, and giving it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.grace import TransitionBar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.grace import Ended, Restored
    from xacthuc.identity.ports.transitions import Running
    from xacthuc.identity.usecases.identity import Identity

_T = TypeVar("_T")

_BARS: Final = {
    TransitionBar.NOT_EXECUTED: "no approval of the platform lets transitions be ended by this name; ask for its state",
    TransitionBar.UNDONE: "the approval was undone; propose the act again",
    TransitionBar.TOO_MANY: "the approval is about fewer accounts; propose the act again with all of them",
}


async def count_transitions(identity: Identity, platform: str, account_ids: Sequence[str]) -> Running:
    """Counts those that are running still."""
    return await identity.transitions.running(platform, account_ids, identity.clock.now())


async def end_transitions(
    identity: Identity, order: Order, approval_id: str, account_ids: Sequence[str]
) -> Sequence[Ended]:
    """Ends them; FailedPrecondition for an approval that does not allow it."""
    work = identity.transitions.end(order, approval_id, account_ids, identity.clock.now())
    return await identity.shield.finish(_done(identity, order.platform, account_ids, work))


async def restore_transitions(
    identity: Identity, order: Order, approval_id: str, account_ids: Sequence[str], reason: str
) -> Sequence[Restored]:
    """Gives them back; FailedPrecondition for an approval that is none."""
    work = identity.transitions.restore(order, approval_id, account_ids, reason, identity.clock.now())
    return await identity.shield.finish(_done(identity, order.platform, account_ids, work))


async def _done(
    identity: Identity, platform: str, account_ids: Sequence[str], work: Awaitable[Sequence[_T] | TransitionBar]
) -> Sequence[_T]:
    outcome = await work
    if isinstance(outcome, TransitionBar):
        raise FailedPrecondition(Reason.APPROVAL_STATE, _BARS[outcome], metadata={"bar": outcome})
    # All of them, also where nothing changed: perhaps nobody was told, by a process that was killed.
    await identity.follow(platform, account_ids)
    return outcome
