"""What children published, kept for their guardians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.guardian.domain.activity import Activity
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A part of what a child published, newest first."""

    activities: Sequence[Activity]
    following: str
    """What to ask the next page with; empty at the end."""


class Activities(Protocol):
    """Ids and times, no content."""

    async def record(self, order: Order, child: str, activities: Sequence[Activity], now: datetime) -> int:
        """Keeps what is not on record yet, once per request id; returns how many. Nothing of whom nobody answers for."""
        ...

    async def page(self, platform: str, child: str, *, since: datetime, after: str, limit: int) -> ActivityPage:
        """Returns what a child published since then, behind a place."""
        ...
