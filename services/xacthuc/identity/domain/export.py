"""Everything that identity holds on one account, as the person it is about may demand it (R51).

A document of plain values, which becomes JSON or a page without knowing more. Each section is a table, or a side of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.retention import Rule
    from xacthuc.shares.filled import Filled


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
