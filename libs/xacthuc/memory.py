"""Memory that was freed goes back to the system.

glibc keeps it wherever something above it in the heap still lives. A batch of an import, or a page of an export, then
stays resident for as long as the process: a tenth of identity's memory.
"""

from __future__ import annotations

import asyncio
import ctypes
from typing import Final

_EVERY_SECONDS: Final = 30
"""It takes a few milliseconds of a thread, and whatever is needed again is faulted in again."""


def give_back() -> None:
    """Returns free memory to the system; nothing happens under a C library that does so by itself (malloc_trim(3))."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def keep_giving_back() -> None:
    """Does so time and again until cancelled, beside the event loop."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await asyncio.to_thread(give_back)
