"""Lists of numbers that operators and regulators send, and what a row of one means for the accounts on its number (R30, R31).

A list is imported from its first row to its last, whoever is interrupted: how many rows were dealt with is kept with it,
and a row before that is never dealt with again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.identity.domain.reconciliation import (
    Finding,
    FindingKind,
    Match,
    Sides,
    Tally,
    Verdicts,
    action_of,
    outdated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.policy.sections import Reconciliation


class RowOutcome(StrEnum):
    """What became of a row. Every row is one of these; the last three are actions of the policy."""

    REJECTED = "REJECTED"
    """Whoever read the list could not use it."""
    UNKNOWN = "UNKNOWN"
    """No account stands on its number. Nothing is kept of it."""
    NOTHING = "NOTHING"
    """It says nothing that leads to anything, or all accounts proved the number after it was seen."""
    NOTE = "NOTE"
    REVERIFY = "REVERIFY"
    RESTRICT = "RESTRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNumber:
    """A row that could be used."""

    number: str = field(repr=False)
    """E.164, in clear, for as long as it takes to find its accounts."""
    observe_time: datetime
    verdicts: Verdicts
    sim_count: int
    """Of the paper behind the number; 0 when the list does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberList:
    """A list, and how far its import has come."""

    list_id: str
    digest: str
    """SHA-256 of the file in hexadecimal: which file it was can be shown later."""
    kind: FindingKind
    source: str
    """Who made it, such as `viettel`."""
    dry_run: bool
    """Whether everything is found and recorded, and nothing changed."""
    actor: str
    row_count: int = 0
    """How many rows were dealt with."""
    tally: Tally = field(default_factory=Tally)
    create_time: datetime
    update_time: datetime
    complete_time: datetime | None = None

    def outcome_count(self, outcome: RowOutcome) -> int:
        """Returns how many rows became `outcome`."""
        return self.tally.of(_counted(outcome))

    def is_same(self, other: NumberList) -> bool:
        """Whether both tell of the same list."""
        return (self.digest, self.kind, self.source, self.dry_run) == (
            other.digest,
            other.kind,
            other.source,
            other.dry_run,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next rows of a list."""

    first_row: int
    """How many rows stand before it."""
    row_count: int
    """How many it goes over, those that could not be used included."""
    numbers: tuple[tuple[int, ListedNumber], ...] = field(repr=False)
    """Those that could, by their place in the list, in order."""
    complete: bool
    """Whether the list ends with it."""

    @property
    def end(self) -> int:
        """How many rows are dealt with after it."""
        return self.first_row + self.row_count

    def rest(self, row_count: int) -> Batch:
        """Returns what is left of it when `row_count` rows of the list were dealt with."""
        first = max(self.first_row, row_count)
        return Batch(
            first_row=first,
            row_count=max(0, self.end - first),
            numbers=tuple(each for each in self.numbers if each[0] >= first),
            complete=self.complete,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account that stands on a number, as far as a row is concerned."""

    platform: str
    account_id: str = field(repr=False)
    evidence_id: int
    verify_time: datetime


def judge(
    row: ListedNumber, of: NumberList, holders: Iterable[Holder], rules: Reconciliation
) -> tuple[RowOutcome, list[Finding]]:
    """Decides what a row means, and for whom."""
    standing = list(holders)
    if not standing:
        return RowOutcome.UNKNOWN, []
    if not _tells(row, of.kind, rules):
        return RowOutcome.NOTHING, []
    found = [
        Finding(
            platform=holder.platform,
            account_id=holder.account_id,
            evidence_id=holder.evidence_id,
            kind=of.kind,
            source=f"list/{of.source}",
            observe_time=row.observe_time,
            sides=Sides(subscriber=row.verdicts),
        )
        for holder in standing
        if not outdated(holder.verify_time, row.observe_time)
    ]
    return (RowOutcome(action_of(of.kind, rules).value) if found else RowOutcome.NOTHING), found


def count(outcomes: Iterable[RowOutcome], batch: Batch) -> Tally:
    """Returns what a batch counts: a row that is not among `outcomes` is one that could not be used."""
    tally, used = Tally(), 0
    for outcome in outcomes:
        tally.counts[_counted(outcome)] += 1
        used += 1
    tally.counts[_counted(RowOutcome.REJECTED)] += batch.row_count - used
    return tally


def _counted(outcome: RowOutcome) -> str:
    return f"ROWS/{outcome}"


def _tells(row: ListedNumber, kind: FindingKind, rules: Reconciliation) -> bool:
    """Whether a row says what its list is about."""
    if kind is FindingKind.SUBSCRIBER_MISMATCH:
        return row.verdicts.has(Match.MISMATCH)
    if kind is FindingKind.TOO_MANY_SIMS:
        return row.sim_count == 0 or row.sim_count > rules.sims_per_paper
    return True
