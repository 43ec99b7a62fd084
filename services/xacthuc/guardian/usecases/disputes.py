"""What speaks against links, and what officers decide about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.usecases.refusals import wrong_state

if TYPE_CHECKING:
    from xacthuc.guardian.domain.disputes import Dispute, DisputeCause
    from xacthuc.guardian.ports.disputes import LinkHistory
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.order import Order


async def open_dispute(guardian: Guardian, order: Order, link: str, cause: DisputeCause, basis: str) -> Dispute:
    """Puts on record what speaks against a link; nothing of it changes before it is decided."""
    work = guardian.disputes.open(order, link, cause, basis, guardian.clock.now())
    opened = await guardian.carry_out(work)
    if opened is None:
        found = await guardian.links.get(order.platform, link)
        raise wrong_state(None if found is None else found.state)
    return opened


async def get_dispute(guardian: Guardian, platform: str, dispute_id: str) -> Dispute:
    """Returns a dispute."""
    found = await guardian.disputes.get(platform, dispute_id)
    if found is None:
        raise _not_found()
    return found


async def list_disputes(
    guardian: Guardian, platform: str, before: int | None, limit: int, *, resolved: bool
) -> tuple[list[Dispute], int | None]:
    """Returns disputes, newest first, and where the next part begins."""
    return await guardian.disputes.page(platform, before, limit, resolved=resolved)


async def resolve_dispute(guardian: Guardian, order: Order, dispute_id: str, basis: str, *, allowed: bool) -> Dispute:
    """Decides a dispute: the link goes on, or ends."""
    now, waits = guardian.clock.now(), timedelta(days=guardian.policy.links.invitation_days)
    work = guardian.disputes.resolve(order, dispute_id, basis, now, waits=waits, allowed=allowed)
    decided = await guardian.carry_out(work)
    if decided is None:
        raise _not_found()
    dispute, now_decided = decided
    if not now_decided:
        raise FailedPrecondition(
            Reason.DISPUTE_STATE, "it was decided already; look at it", metadata={"state": dispute.state.value}
        )
    return dispute


async def list_histories(
    guardian: Guardian, platform: str, account_id: str, before: int | None, limit: int
) -> tuple[list[LinkHistory], int | None]:
    """Returns the links of an account with everything that became of them, newest first."""
    page, following = await guardian.disputes.histories(platform, account_id, before, limit)
    now = guardian.clock.now()
    return [replace(each, link=each.link.as_of(now)) for each in page], following


def _not_found() -> NotFound:
    return NotFound(Reason.DISPUTE_NOT_FOUND, "there is no such dispute on this platform; list those there are")
