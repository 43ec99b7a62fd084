"""Watching what happens to accounts."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit import watching
from xacthuc.watching.cursors import CursorRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.identity.ports.events import EventBatch
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.watching.cursors import Fault

_ANEW: Final = "list all accounts once, then watch from watch_cursor of the first page"


async def watch_accounts(
    identity: Identity, platform: str, cursor: str, recent: int = 0
) -> AsyncGenerator[tuple[EventBatch, str]]:
    """Yields what happens on a platform, on all when it is empty, and the cursor behind it, for ever."""
    events = identity.events
    try:
        async with aclosing(events.watch(platform, cursor, recent)) as batches:
            async for batch in batches:
                yield batch, await events.spelled(batch.position)
    except CursorRefusedError as refused:
        raise refusal(refused.fault) from None


def refusal(fault: Fault) -> XacthucError:
    """Returns what a caller is told about a cursor."""
    return watching.refusal(fault, _ANEW)
