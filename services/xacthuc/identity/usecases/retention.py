"""What operators ask of retention: how it stands, and legal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.duties import Duty
    from xacthuc.identity.domain.export import Export
    from xacthuc.identity.domain.retention import Figure
    from xacthuc.identity.ports.retention import (
        Acknowledgement,
        Erasure,
        Held,
        HoldOrder,
        HoldView,
        OwedErasure,
        Placed,
    )
    from xacthuc.identity.usecases.identity import Identity


async def status(identity: Identity) -> tuple[Sequence[Figure], Mapping[Duty, int]]:
    """Returns how each kind of data stands, and which duties are overdue."""
    return await identity.retention.figures(identity.clock.now())


async def place_hold(identity: Identity, order: Order, wanted: HoldOrder, accounts: Sequence[str]) -> Placed:
    """Keeps whatever there is of accounts until the hold is released."""
    now = identity.clock.now()
    if wanted.review_time <= now:
        raise InvalidRequest(FieldFault("review_time", "must be in the future: a hold is looked at again", "IN_PAST"))
    placed = await identity.shield.finish(identity.holds.place(order, wanted, accounts, now))
    if placed is None:
        raise NotFound(Reason.PLATFORM_NOT_FOUND, "no such platform; `xacthuc platforms list` shows those there are")
    return placed


async def extend_hold(identity: Identity, order: Order, hold_id: str, accounts: Sequence[str]) -> Placed:
    """Adds accounts to a hold that stands."""
    work = identity.holds.extend(order, hold_id, accounts, identity.clock.now())
    placed = await identity.shield.finish(work)
    if placed is None:
        raise _no_hold()
    return placed


async def release_hold(identity: Identity, order: Order, hold_id: str, basis: str) -> HoldView:
    """Ends a hold; what came due meanwhile is destroyed at once."""
    released = await identity.shield.finish(identity.holds.release(order, hold_id, basis, identity.clock.now()))
    if released is None:
        raise _no_hold()
    identity.appended()
    return released


async def list_holds(identity: Identity, platform: str, after: str, limit: int) -> tuple[list[HoldView], str]:
    """Returns a page of holds behind the id `after`, and what to ask the next page with; empty at the end."""
    found = await identity.holds.page(platform, after, limit + 1)
    return found[:limit], found[limit - 1].hold_id if len(found) > limit else ""


async def held_accounts(identity: Identity, after: Held, limit: int) -> list[Held]:
    """Returns accounts that a hold stands on, behind one of them: a page, and one more where there is more."""
    return await identity.holds.accounts(after, limit + 1)


async def acknowledge_erasure(
    identity: Identity, order: Order, account_id: str, service: str, keep_until: datetime | None
) -> Acknowledgement:
    """Keeps another service's word that it erased."""
    work = identity.evidence.acknowledge(order, account_id, service, keep_until, identity.clock.now())
    said = await identity.shield.finish(work)
    if said is None:
        raise FailedPrecondition(
            Reason.ACCOUNT_STATE, "the account is not being erased; wait for its event ERASURE_SCHEDULED", metadata={}
        )
    return said


async def owed_erasures(identity: Identity, service: str, token: str, limit: int) -> tuple[list[OwedErasure], str]:
    """Returns a page of what a service has not erased yet, and what to ask the next page with; empty at the end."""
    found = await identity.evidence.owed(service, int(token) if token else 0, limit + 1)
    return found[:limit], str(found[limit - 1].number) if len(found) > limit else ""


async def erasure_evidence(identity: Identity, order: Order, account_id: str) -> tuple[Sequence[Erasure], str]:
    """Returns what is on record of an account's erasures, and the same signed."""
    now = identity.clock.now()
    found = await identity.evidence.erasures(order, account_id, now)
    if not found:
        raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no erasure of such an account is on record")
    return found, identity.evidence.statement(order.platform, account_id, found, now)


async def export_account(identity: Identity, order: Order, account_id: str) -> Export:
    """Returns everything that identity holds on an account, in clear (R51)."""
    found = await identity.exports.export(order, account_id, identity.clock.now())
    if found is None:
        raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform")
    return found


def _no_hold() -> NotFound:
    return NotFound(
        Reason.HOLD_NOT_FOUND, "no such hold, or it is released; `xacthuc retention holds list` shows those there are"
    )
