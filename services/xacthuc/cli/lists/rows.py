"""What a list holds, in the order of understanding: what its columns say, then a report on a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Column(StrEnum):
    """What a column can say. The names are those of a file of headings."""

    NUMBER = "number"
    OBSERVED = "observed"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    PERSONAL_ID = "personal_id"
    SIM_COUNT = "sim_count"


class Kind(StrEnum):
    """What a list says of its numbers."""

    DEACTIVATED = "deactivated"
    RECYCLED = "recycled"
    BLOCKED = "blocked"
    SUBSCRIBER_MISMATCH = "subscriber-mismatch"
    TOO_MANY_SIMS = "too-many-sims"


class Verdict(StrEnum):
    """What the operator found when it compared a field with its subscriber record. Never one answer for all fields."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


COMPARED = (Column.FULL_NAME, Column.BIRTH_DATE, Column.PERSONAL_ID)
"""Fields that a subscriber record is compared by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a row says of a number."""

    place: int
    number: str = field(repr=False)
    """E.164."""
    observed: datetime
    verdicts: Mapping[Column, Verdict]
    """One for each field that the list has a column for; only lists of mismatches have any."""
    sim_count: int
    """SIMs registered on the paper behind the number; 0 when the list does not say."""
