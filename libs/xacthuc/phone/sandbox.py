"""Numbers reserved for trying things out. The 0992 range is assigned to nobody, so no person can own one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

RESERVED_PREFIX: Final = "+849920000"
"""One hundred numbers, +84992000000 to +84992000099."""

UNANSWERED: Final = f"{RESERVED_PREFIX}09"
"""Nobody who is invited as a guardian by this number answers in time."""

UNANSWERED_WAITS: Final = timedelta(seconds=10)
"""For how long such an invitation waits: long enough to be looked at, short enough to be waited for."""


def is_reserved(e164: str) -> bool:
    """Tells whether a number belongs to the sandbox."""
    return e164.startswith(RESERVED_PREFIX)
