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


class Person(NamedTuple):
    """What a cell says of a personal ID."""

    number: str
    """Twelve digits; empty when it is none, or not of somebody with this birth date."""
    reason: str
    """Why it is none; `MISSING` where nothing is said."""


class Stated(NamedTuple):
    """What somebody stated, and when, in seconds since 1970; empty and 0 where it is not said."""

    what: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """What a batch says, a place each in all columns, and the rows that say nothing."""

    places: Sequence[int]
    ids: Sequence[str] = field(repr=False)
    names: Sequence[str] = field(repr=False)
    born: Sequence[date | None] = field(repr=False)
    numbers: Sequence[Number] = field(repr=False)
    traits: Sequence[Traits] = field(repr=False)
    proofs: Sequence[Stated] = field(repr=False)
    """What the platform can show for a number, and when it was proven."""
    consents: Sequence[Stated] = field(repr=False)
    """The text that was agreed to."""
    persons: Sequence[Person] = field(repr=False)
    rejected: Sequence[Rejected]
