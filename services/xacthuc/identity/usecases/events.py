"""Watching what happens to accounts."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import FieldFault, InvalidRequest, OutOfRange, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.ports.events import CursorRefusedError, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.identity.ports.events import EventBatch
    from xacthuc.identity.usecases.identity import Identity

_ANEW: Final = "list all accounts once, then watch from watch_cursor of the first page"


async def watch_accounts(
    identity: Identity, platform: str, cursor: str, recent: int = 0
) -> AsyncGenerator[tuple[EventBatch, str]]:
    """Yields what happens on a platform, on all when it is empty, and the cursor behind it, for ever."""
    events = identity.events
    try:
        async with aclosing(events.watch(platform, cursor, recent)) as batches:
            async for batch in batches:
                yield batch, await events.spelled(batch)
    except CursorRefusedError as refused:
        raise refusal(refused.fault) from None


def refusal(fault: Fault) -> XacthucError:
    """Returns what a caller is told about a cursor."""
    if fault is Fault.UNKNOWN:
        return InvalidRequest(
            FieldFault("cursor", "must be one that this service gave, unchanged; leave it out to begin", "NOT_OURS")
        )
    if fault is Fault.AHEAD:
        return OutOfRange(Reason.CURSOR_AHEAD, f"the record ends before this cursor, since it was restored; {_ANEW}")
    return OutOfRange(Reason.CURSOR_EXPIRED, f"events behind this cursor are no longer kept; {_ANEW}")
