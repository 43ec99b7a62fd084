"""Checking an export: what each of its accounts lacks, which rows nobody can read, and that none is left out."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.backfill.domain.classes import AccountClass, Age, Traits, classify
from xacthuc.backfill.ports.repeats import PARTS
from xacthuc.phone import RefusalReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xacthuc.backfill.domain.accounts import Accounts
    from xacthuc.backfill.ports.repeats import Digest, Repeats
    from xacthuc.policy import Policy

_ROW: Final = struct.Struct("<BBHQ")
"""Kind, number, file and place of a row: with the first two a row that turns out to be a repetition is counted back."""
ROW_BYTES: Final = _ROW.size
_PLACE: Final = struct.Struct("<HQ")
PLACE_BYTES: Final = _PLACE.size
"""File and place alone: the end of what is kept beside a row, and of what is kept beside a number."""
_MANY: Final = 1_000


class Duplicate(NamedTuple):
    """A row about an account that an earlier row is about."""

    file: int
    place: int


@dataclass(slots=True)
class Report:
    """What an export holds. It balances: rows = rejected + accounts + duplicates."""

    rows: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By field and reason."""
    classes: Counter[AccountClass] = field(default_factory=Counter)
    no_number: Counter[str] = field(default_factory=Counter)
    """Accounts without a number that a code can go to, by the reason."""
    converted: int = 0
    """Accounts whose number was written with eleven digits (R27)."""
    nameless: int = 0
    ageless: int = 0
    """Accounts without a birth date, of which nobody knows whether they are a child's."""
    shared_numbers: int = 0
    sharing_accounts: int = 0
    most_on_a_number: int = 0

    @property
    def duplicates(self) -> int:
        """Rows about an account that an earlier row is about."""
        return self.classes[AccountClass.DUPLICATE]

    @property
    def accounts(self) -> int:
        """Rows that are read, each about an account of its own."""
        return self.classes.total() - self.duplicates

    @property
    def balances(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.rejected.total() + self.accounts + self.duplicates


class Tally(NamedTuple):
    """What some accounts add to a report, made in whichever process read them."""

    rows: int
    rejected: Counter[tuple[str, str]]
    kinds: Counter[int]
    numbers: Counter[int]
    of_rows: Sequence[bytearray]
    """What is remembered of rows and of numbers, in parts."""
    of_numbers: Sequence[bytearray]


class Check:
    """Takes the accounts of any number of exports. The first row of an account counts, in the order they are added."""

    def __init__(self, policy: Policy, digest: Digest, *, rows: Repeats, numbers: Repeats) -> None:
        """`rows` keeps ROW_BYTES beside each account, `numbers` the account and PLACE_BYTES beside each number."""
        self._classes = {traits: classify(traits, policy) for traits in _KINDS}
        self._digest, self._rows, self._numbers = digest, rows, numbers
        self.report = Report()

    def add(self, file: int, accounts: Accounts) -> list[AccountClass]:
        """Takes a batch of an export; returns the class of each account as its row alone tells."""
        self.take(self.tally(file, accounts))
        return self.classes(accounts)

    def classes(self, accounts: Accounts) -> list[AccountClass]:
        """Returns the class of each account as its row alone tells."""
        return [self._classes[kind] for kind in accounts.traits]

    def take(self, tally: Tally) -> None:
        """Takes what was made of a batch."""
        report = self.report
        report.rows += tally.rows
        report.rejected.update(tally.rejected)
        for code, count in tally.kinds.items():
            self._count(_KINDS[code], count)
        for number, count in tally.numbers.items():
            self._count_number(number, count)
        self._rows.add(tally.of_rows)
        self._numbers.add(tally.of_numbers)

    def tally(self, file: int, accounts: Accounts) -> Tally:
        """Returns what a batch adds, and changes nothing."""
        digest, pack = self._digest, _ROW.pack
        of_rows, of_numbers = ([bytearray() for _ in range(PARTS)] for _ in range(2))
        codes = [_CODES[kind] for kind in accounts.traits]
        numbers = [_CONVERTED if each[2] else _PLAIN if each[0] else _WITHOUT[each[1]] for each in accounts.numbers]
        columns = zip(accounts.ids, accounts.places, accounts.numbers, codes, numbers, strict=True)
        for account_id, place, (e164, _, _), code, number in columns:
            account, row = digest(account_id), pack(code, number, file, place)
            if e164:
                of = digest(e164)
                of_numbers[of[0]] += of + account + row[-PLACE_BYTES:]
            of_rows[account[0]] += account + row
        rejected = Counter((each.field, each.reason) for each in accounts.rejected)
        rows = len(accounts.places) + len(accounts.rejected)
        return Tally(rows, rejected, Counter(codes), Counter(numbers), of_rows, of_numbers)

    def finish(self, shares: Callable[[int, int], None] | None = None) -> Iterator[Duplicate]:
        """Yields the rows that are about accounts of earlier rows; the report is whole behind the last.

        `shares` is told file and place of each row whose number stands on another account, too.
        """
        report = self.report
        for group in self._rows.groups():
            for row in group[1:]:
                code, number, file, place = _ROW.unpack(row)
                self._count(_KINDS[code], -1)
                self._count_number(number, -1)
                report.classes[AccountClass.DUPLICATE] += 1
                yield Duplicate(file, place)
        for rows in self._numbers.groups():
            sharing = _accounts(rows)
            if sharing > 1:  # the same account twice shares with nobody
                report.shared_numbers += 1
                report.sharing_accounts += sharing
                report.most_on_a_number = max(report.most_on_a_number, sharing)
                if shares is not None:
                    for row in rows:
                        shares(*_PLACE.unpack(row[-PLACE_BYTES:]))

    def _count(self, kind: Traits, count: int) -> None:
        report = self.report
        report.classes[self._classes[kind]] += count
        report.nameless += 0 if kind.named else count
        report.ageless += count if kind.age is Age.UNKNOWN else 0

    def _count_number(self, number: int, count: int) -> None:
        if number >= _NO_NUMBER:
            self.report.no_number[_REASONS[number - _NO_NUMBER]] += count
        elif number == _CONVERTED:
            self.report.converted += count


_PLAIN, _CONVERTED, _NO_NUMBER = range(3)
"""What is remembered of the number of a row; from the last one on: why there is none."""
_REASONS: Final = tuple(dict.fromkeys(("MISSING", "TOO_LONG", *RefusalReason)))
_WITHOUT: Final = {str(reason): code for code, reason in enumerate(_REASONS, start=_NO_NUMBER)}


def _accounts(rows: list[bytes]) -> int:
    """Returns how many accounts have a number. Many rows are put in order, since a set of them takes more than they do."""
    if len(rows) < _MANY:
        return len({row[:-PLACE_BYTES] for row in rows})
    rows.sort()
    return sum(1 for _ in groupby(row[:-PLACE_BYTES] for row in rows))


def _every_kind() -> Iterator[Traits]:
    for age in Age:
        for bits in range(1 << 5):
            yield Traits._make((age, *(bool(bits >> bit & 1) for bit in range(5)), False))


_KINDS: Final = tuple(_every_kind())
_CODES: Final = {kind: code for code, kind in enumerate(_KINDS)}
