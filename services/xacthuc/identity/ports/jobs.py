"""What was to be done later and was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.jobs.queue import HeldJob


class HeldJobs(Protocol):
    """Jobs that failed as often as they may."""

    async def page(self, after: tuple[str, int], limit: int) -> list[HeldJob]:
        """Returns jobs behind a kind and an id, in that order."""
        ...

    async def retry(self, order: Order, job_id: int, now: datetime) -> bool:
        """Lets a job be tried anew, once for a request; returns whether it was held."""
        ...
