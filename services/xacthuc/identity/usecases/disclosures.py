"""Who is given what is kept of a person: written down before it is given, or it is not given (R12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.usecases.identity import Identity

HOLDER: Final = "personal_id,full_name,birth_date"
NUMBER: Final = "phone_number"
HOLDER_AND_NUMBER: Final = f"{HOLDER},{NUMBER}"


async def disclose(identity: Identity, order: Order, account_id: str, *, to: str, what: str) -> None:
    """Writes down that `what` is opened for `to`, on whose behalf `order` says."""
    await identity.record.note(disclosure(order, account_id, identity.clock.now(), to=to, what=what))


def disclosure(order: Order, account_id: str, now: datetime, *, to: str, what: str) -> Entry:
    """Returns the line that says so, for whoever writes several at once."""
    return Entry(
        tag=Tag.PERSONAL_DATA_DISCLOSED,
        time=now,
        platform=order.platform,
        subject=account_id,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail={"to": to, "what": what},
    )
