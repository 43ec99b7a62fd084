"""What speaks against links, and what officers decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from xacthuc.guardian.domain.disputes import Dispute, DisputeCause
    from xacthuc.guardian.domain.links import Link, State
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """Where a link stood from a time on, and who did it."""

    state: State
    actor: str
    change_time: datetime


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """A link and everything that became of it, oldest first."""

    link: Link
    changes: Sequence[LinkChange]


class Disputes(Protocol):
    """Writes are audited, and once per request id."""

    async def open(self, order: Order, link: str, cause: DisputeCause, basis: str, now: datetime) -> Dispute | None:
        """Puts on record what speaks against a link; None when the link is over. NotFound when there is none."""
        ...

    async def get(self, platform: str, dispute_id: str) -> Dispute | None:
        """Returns a dispute; None when there is none."""
        ...

    async def page(
        self, platform: str, before: int | None, limit: int, *, resolved: bool
    ) -> tuple[list[Dispute], int | None]:
        """Returns disputes, newest first, and where the next part begins."""
        ...

    async def resolve(
        self, order: Order, dispute_id: str, basis: str, now: datetime, *, waits: timedelta, allowed: bool
    ) -> tuple[Dispute, bool] | None:
        """Decides it with what follows for the link, in one commit; returns it, and whether this call did. None when there is none.

        An approval that the link needs then is waited for as long as `waits`.
        """
        ...

    async def histories(
        self, platform: str, account_id: str, before: int | None, limit: int
    ) -> tuple[list[LinkHistory], int | None]:
        """Returns the links of an account with their histories, newest first, and where the next part begins."""
        ...
