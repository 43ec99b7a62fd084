"""Numbers reserved for trying things out. The 0992 range is assigned to nobody, so no person can own one of them."""

from __future__ import annotations

RESERVED_PREFIX = "+849920000"
"""One hundred numbers, +84992000000 to +84992000099."""


def is_reserved(e164: str) -> bool:
    """Tells whether a number belongs to the sandbox."""
    return e164.startswith(RESERVED_PREFIX)
