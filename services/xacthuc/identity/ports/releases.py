"""What authorities ask for of accounts, and the documents made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.releases import Release, ReleaseBar


@dataclass(frozen=True, slots=True)
class Handed:
    """What one of the two people is given."""

    release: Release
    document: str = field(repr=False)
    """JSON, in clear."""


class Releases(Protocol):
    """Keeps requests of authorities. All writes are audited, and once per request id."""

    async def record(self, order: Order, release: Release, now: datetime) -> Release | None:
        """Keeps a request; None when there is no such platform."""
        ...

    async def get(self, platform: str, release_id: str) -> Release | None:
        """Returns a request and what became of it."""
        ...

    async def page(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[Release]:
        """Returns up to `limit` requests behind the one called `after`, newest first."""
        ...

    async def close(
        self, order: Order, release_id: str, step: Callable[[Release], Release | ReleaseBar], now: datetime
    ) -> Release | ReleaseBar | None:
        """Takes the step under the request's lock, and has its document destroyed; None when there is no such request."""
        ...

    async def fetch(
        self, order: Order, release_id: str, step: Callable[[Release], Release | ReleaseBar], now: datetime
    ) -> Handed | ReleaseBar | None:
        """Takes the step and returns the document, whose destruction is part of the commit; None when there is no request.

        `step` knows repetitions itself: each one is audited again.
        """
        ...
