"""Watching what must not go on."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.watching import refusal
from xacthuc.watching.cursors import CursorRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.livestream.ports.revocations import RevocationBatch
    from xacthuc.livestream.usecases.livestream import Livestream

_ANEW: Final = "list the broadcasts once and cut every other one, then watch from watch_cursor of the first page"


async def watch_revocations(
    livestream: Livestream, platform: str, cursor: str
) -> AsyncGenerator[tuple[RevocationBatch, str]]:
    """Yields a platform's revocations and the cursor behind them, for ever."""
    revocations = livestream.revocations
    try:
        async with aclosing(revocations.watch(platform, cursor)) as batches:
            async for batch in batches:
                yield batch, await revocations.spelled(batch.position)
    except CursorRefusedError as refused:
        raise refusal(refused.fault, _ANEW) from None
