"""What guardians allow, kept and handed on to identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from xacthuc.guardian.domain.supervision import Supervision
    from xacthuc.guardian.ports.links import Disputed, WrongState
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """What is allowed of a child, at one version."""

    child: str = field(repr=False)
    supervision: Supervision
    version: int
    update_time: datetime


class Widening(NamedTuple):
    """It would allow the child more than before."""


class Supervisions(Protocol):
    """One of each child that somebody answers for, or answered."""

    async def change(
        self, order: Order, link: str, becomes: Callable[[Supervision], Supervision], now: datetime, *, may_widen: bool
    ) -> Supervised | WrongState | Disputed | Widening:
        """Keeps what it becomes in one commit with the word to identity, once per request id."""
        ...

    async def get(self, platform: str, child: str) -> Supervised | None:
        """Returns what is allowed; None when nobody has ever answered for the child."""
        ...
