"""Consent to publishing a child's private information."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.guardian.domain.assents import Assent
    from xacthuc.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a child, or a guardian for it, says about a feature."""

    child: str = field(repr=False)
    feature: str
    guardian_link: str
    """Empty when the child says it."""
    text_version: str
    accept_time: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a feature, and whether the guardian who consented still represents the child."""

    assent: Assent
    represented: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is answered when something was said, and again when it is repeated."""

    assent: Assent
    complete: bool
    """Whether everybody had consented who had to, at that time."""


class Assents(Protocol):
    """What was consented to, by child and feature."""

    async def answered(self, order: Order) -> Recorded | None:
        """Returns what the order was answered before, None when it is new. RequestIdReused when it said something else."""
        ...

    async def record(
        self, order: Order, said: Said, is_complete: Callable[[Standing], bool], now: datetime
    ) -> Recorded | None:
        """Keeps what was said, once per request id, audited; None when the guardian's link is none of this child's."""
        ...

    async def page(self, platform: str, child: str, after: str, limit: int) -> Sequence[Standing]:
        """Returns up to `limit` of a child's whose feature is greater than `after`, by feature."""
        ...
