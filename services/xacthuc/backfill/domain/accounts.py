"""What an export says of its accounts, a batch at a time and by column: there are millions of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xacthuc.backfill.domain.classes import Traits
    from xacthuc.tables import Rejected


class Number(NamedTuple):
    """What a cell says of a number."""

    e164: str
    """Empty when it is none."""
    reason: str
    """Why it is none; `MISSING` where nothing is said."""
    converted: bool
    """Whether it was written with the eleven digits of before 2018 (R27)."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What a batch says, a place each in all columns, and the rows that say nothing."""

    places: Sequence[int]
    ids: Sequence[str] = field(repr=False)
    names: Sequence[str] = field(repr=False)
    born: Sequence[date | None] = field(repr=False)
    numbers: Sequence[Number] = field(repr=False)
    traits: Sequence[Traits] = field(repr=False)
    rejected: Sequence[Rejected]
