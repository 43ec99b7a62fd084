"""Watching what happens to links."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.watching import refusal
from xacthuc.watching.cursors import CursorRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.guardian.ports.happenings import LinkEventBatch
    from xacthuc.guardian.usecases.guardian import Guardian

_ANEW: Final = "look at the links that matter once, then watch without a cursor"


async def watch_links(guardian: Guardian, platform: str, cursor: str) -> AsyncGenerator[tuple[LinkEventBatch, str]]:
    """Yields what happens on a platform and the cursor behind it, for ever."""
    try:
        async with aclosing(guardian.happenings.watch(platform, cursor)) as batches:
            async for batch in batches:
                yield batch, await guardian.happenings.spelled(batch.position)
    except CursorRefusedError as refused:
        raise refusal(refused.fault, _ANEW) from None
