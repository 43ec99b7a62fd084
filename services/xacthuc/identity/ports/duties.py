"""Demands of data subjects, and breaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.duties import Breach, Misstep, SubjectRequest


class Duties(Protocol):
    """Keeps both. All writes are audited, and once per request id."""

    async def open_request(self, order: Order, request: SubjectRequest, now: datetime) -> SubjectRequest | None:
        """Keeps a demand; None when the account is not registered."""
        ...

    async def advance_request(
        self,
        order: Order,
        request_id: str,
        step: Callable[[SubjectRequest], SubjectRequest | Misstep],
        now: datetime,
    ) -> SubjectRequest | Misstep | None:
        """Takes a step under the demand's lock; None when there is none by that id."""
        ...

    async def requests(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[SubjectRequest]:
        """Returns up to `limit` demands behind the one called `after`, newest first."""
        ...

    async def put_breach(
        self, order: Order, breach_id: str, change: Callable[[Breach | None], Breach | None], now: datetime
    ) -> Breach | None:
        """Keeps what `change` makes of a breach, which is None where there was none; None when it makes nothing."""
        ...

    async def breaches(self, after: str, limit: int) -> list[Breach]:
        """Returns up to `limit` breaches behind the one called `after`, newest first."""
        ...
