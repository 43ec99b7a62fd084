"""What becomes of an import: what is sent, what was answered, and that every row of the export is accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.backfill.domain.classes import AccountClass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

BATCH_ROWS: Final = 1_000
"""The most that ImportAccounts takes in a commit."""


@dataclass(frozen=True, slots=True)
class Grace:
    """What a law lets accounts go on with until they are verified."""

    end: datetime
    legal_basis: str


class RefusedRow(NamedTuple):
    """A row that identity refused, by its place in the export."""

    file: int
    place: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way. Nothing of it is told by its repr."""

    number: int
    """From 0, within its shard."""
    places: Sequence[tuple[int, int]] = field(repr=False)
    """File and place of each row."""
    message: bytes = field(repr=False)
    """As the contract has it."""
    batch_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch."""

    number: int
    rows: int
    outcomes: Mapping[str, int]
    phones: Mapping[str, int]
    """Of imported rows with evidence."""
    states: Mapping[str, int]
    extended: int
    """Accounts whose grace ends later now."""
    displaced: int
    """Accounts that lost their number to an imported one."""
    refused: Sequence[RefusedRow]


@dataclass(slots=True)
class Totals:
    """What became of an export, all batches together. It balances: rows = accepted + repeated + rejected."""

    rows: int
    unread: int
    """Rows that nobody could read."""
    repeated: int
    """Rows about the same account again."""
    unread_for: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The first of these, by field and reason."""
    answered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    phones: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By field and reason."""
    extended: int = 0
    displaced: int = 0
    persons: Counter[str] = field(default_factory=Counter)
    """Accounts with a personal ID that another account has as well, by how they are treated."""

    def add(self, answer: Answer) -> None:
        """Counts an answer."""
        self.answered += answer.rows
        self.outcomes.update(answer.outcomes)
        self.phones.update(answer.phones)
        self.states.update(answer.states)
        self.refused.update((each.field, each.reason) for each in answer.refused)
        self.extended += answer.extended
        self.displaced += answer.displaced

    @property
    def accepted(self) -> int:
        """Rows whose account is registered, whenever that was."""
        return self.answered - self.refused.total()

    @property
    def rejected(self) -> int:
        """Rows that nobody could read, and those that identity refused."""
        return self.unread + self.refused.total()

    @property
    def reasons(self) -> list[tuple[str, str, str, int]]:
        """Why rows are no accounts of their own: who found it, field, reason and how many, the most frequent first."""
        found = [
            *(("READING", *why, count) for why, count in self.unread_for.items()),
            *([("READING", "account_id", "DUPLICATE", self.repeated)] if self.repeated else []),
            *(("IDENTITY", *why, count) for why, count in self.refused.items()),
        ]
        return sorted(found, key=lambda each: (-each[3], each[:3]))

    @property
    def left(self) -> int:
        """Rows that are not answered yet."""
        return self.rows - self.unread - self.repeated - self.answered

    @property
    def balances(self) -> bool:
        """Whether every row is accounted for."""
        return (
            self.rows == self.accepted + self.repeated + self.rejected
            and self.outcomes.total() == self.answered
            and self.unread_for.total() == self.unread
        )


@dataclass(slots=True)
class Persons:
    """Personal IDs of the accounts that need one confirmed."""

    given: int = 0
    unusable: int = 0
    """No number, or not one of somebody with this birth date."""
    missing: int = 0
    on_several: int = 0
    """Persons with several accounts."""
    accounts_on_several: int = 0


class Treatment(StrEnum):
    """What becomes of an account whose personal ID another account of the export has as well. Closed.

    All of them are asked: each account has to be brought to a lawful state, and only who confirms a personal ID tells whose
    it is. What identity will say of them then is known before.
    """

    FIRST = "FIRST"
    """It is the first one in the order of the export."""
    BESIDE = "BESIDE"
    """The same holder has it too, by name and birth date: both may stand (`accounts_per_personal_id.related`)."""
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    """The same holder has as many already as one person may have: confirming will be refused."""
    OTHER_DETAILS = "OTHER_DETAILS"
    """Name or birth date differ from the first one's, or are missing: a personal ID names one person, so of one of the
    accounts they are wrong, and nobody will confirm that one."""


def treatments(most: int) -> Callable[[object], Treatment]:
    """Returns what tells how the accounts on one personal ID are treated, one after the other in the order of the export.

    It is told something equal for equal holders, None where nobody knows who that is; `most` may one person have.
    """
    known: list[object] = []
    beside = 0

    def treat(holder: object) -> Treatment:
        nonlocal beside
        if not known:
            known.append(holder)
            beside = 1
            return Treatment.FIRST
        if holder is None or holder != known[0]:
            return Treatment.OTHER_DETAILS
        beside += 1
        return Treatment.BESIDE if beside <= most else Treatment.TOO_MANY_ACCOUNTS

    return treat


def is_asked_for_personal_id(found: AccountClass) -> bool:
    """Whether the personal ID of an account is looked at: of no other (Law 91/2025/QH15, minimisation)."""
    return found is AccountClass.NEEDS_PERSONAL_ID
