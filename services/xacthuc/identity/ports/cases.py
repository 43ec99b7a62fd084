"""Orders of authorities and complaints of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.cases import Case


class Cases(Protocol):
    """Keeps them. All writes are audited, and once per request id."""

    async def open(self, order: Order, case: Case, now: datetime) -> Case | None:
        """Keeps an order or a complaint; None when there is no such platform."""
        ...

    async def close(self, order: Order, case_id: str, outcome: str, now: datetime) -> tuple[Case, bool] | None:
        """Notes that it was dealt with; returns it, and whether this call did. None when there is none by that id."""
        ...

    async def page(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[Case]:
        """Returns up to `limit` of them behind the one called `after`, newest first."""
        ...
