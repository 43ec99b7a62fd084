"""Watching what must not go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.watching import refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from xacthuc.grpckit.errors import XacthucError
    from xacthuc.livestream.ports.revocations import RevocationBatch, Revocations
    from xacthuc.watching.cursors import CursorRefusedError

_ANEW: Final = "list the broadcasts once and cut every other one, then watch from watch_cursor of the first page"


def watch_revocations(revocations: Revocations, platform: str, cursor: str) -> AsyncGenerator[RevocationBatch]:
    """Yields a platform's revocations for ever; CursorRefusedError, which is answered by `refused`.

    Not a generator of its own: each of thousands of watchers would hold one more for as long as it watches.
    """
    return revocations.watch(platform, cursor)


def refused(error: CursorRefusedError) -> XacthucError:
    """Returns what whoever gave a cursor is told."""
    return refusal(error.fault, _ANEW)
