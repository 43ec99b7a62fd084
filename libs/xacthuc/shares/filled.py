"""One section of what is held on an account: plain values, which become JSON or a page without knowing more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

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
