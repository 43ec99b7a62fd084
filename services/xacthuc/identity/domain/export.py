"""Everything that is held on one account, as the person it is about may demand it (R51).

A document of plain values, which becomes JSON or a page without knowing more. Each section is a table, or a side of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.retention import Rule

    Value: TypeAlias = str | int | bool | datetime | Sequence[str] | None

MOST_ROWS = 1_000
"""The newest of each section; how many there are in all is told beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One section with what there is."""

    name: str
    title_vi: str
    title_en: str
    rows: Sequence[Mapping[str, Value]] = field(repr=False)
    """At most `MOST_ROWS`, the newest first where there are more."""
    total: int

    def newest(self, most: int) -> Filled:
        """Returns it with fewer rows."""
        return replace(self, rows=self.rows[:most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Why something is kept, and until when."""

    rule: Rule
    legal_basis: str
    until: datetime | None
    """When what is kept of the account as a whole is destroyed; None where each row has a time of its own, or none runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The whole of it."""

    platform: str
    account_id: str = field(repr=False)
    make_time: datetime
    policy_version: str
    sections: Sequence[Filled]
    kept: Sequence[Kept]
    left_out: Mapping[str, str]
    """What is not in it, and why."""

    def newest(self, most: int) -> Export:
        """Returns it with fewer rows of each section; their totals stay."""
        return replace(self, sections=tuple(section.newest(most) for section in self.sections))
