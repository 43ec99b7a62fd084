"""How many keys a platform may have, and until when one is good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ACTIVE: Final = 2
"""One in use and its successor: enough to rotate without a pause, few enough that none is forgotten."""


def is_active(expire_ms: int | None, now_ms: int, *, revoked: bool) -> bool:
    """Whether a key opens anything at `now_ms`; without an end it does until it is revoked."""
    return not revoked and (expire_ms is None or expire_ms > now_ms)


def has_room(active: Iterable[bool]) -> bool:
    """Whether one more key may become active beside those that are."""
    return sum(active) < MOST_ACTIVE
