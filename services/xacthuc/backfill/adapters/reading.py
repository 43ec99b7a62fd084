"""From cells to accounts, a batch at a time and a column after the other: what is said of each, or why nothing is.

A row is rejected for what nobody can read: an id, a name, a date or a word. A number that is no mobile is none of these:
the account is there all the same, and has to be brought to a lawful state.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unicodedata import normalize

from xacthuc import names
from xacthuc.backfill.adapters.columns import VERSION
from xacthuc.backfill.adapters.memo import Memo
from xacthuc.backfill.domain.accounts import Accounts, Number, Person, Stated
from xacthuc.backfill.domain.classes import Age, Traits
from xacthuc.backfill.domain.fields import Field
from xacthuc.ids import is_account_id, is_plain_id
from xacthuc.names.spelling import without_diacritics
from xacthuc.personal_id import PersonalId, PersonalIdScheme
from xacthuc.phone import Mobile
from xacthuc.policy.dates import OLDEST_YEARS, VIETNAM_TIME, age_on, local_date, start_of_day
from xacthuc.tables.cells import LONGEST, BadCellError, folded, index, moment, number_text, text_of
from xacthuc.tables.rows import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from xacthuc.backfill.adapters.columns import Columns, Words
    from xacthuc.phone import NumberPlan
    from xacthuc.policy import Policy
    from xacthuc.tables.rows import Batch, Cell

_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a platform's clock may be ahead of ours."""
V = TypeVar("V")

make: Final = tuple.__new__
"""Makes a named tuple of its fields in a third of the time: its own constructor is a function of Python around this."""


_NO_NUMBER: Final = Number("", "MISSING", converted=False)
_NOT_BORN: Final[tuple[Age, date | None]] = (Age.UNKNOWN, None)
_NEVER: Final = ("", 0)
_PLAIN_TIME: Final = len("2026-11-28 07:08:09")
_PLAIN_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).astimezone(VIETNAM_TIME).replace(tzinfo=None)
_SECOND: Final = timedelta(seconds=1)
_NO_PERSON: Final = Person("", "MISSING")
_PERSON_WITHOUT_BIRTH: Final = Person("", "NO_BIRTH_DATE")
UNSAID: Final = Stated("", 0)
"""The one that stands for all: it is told by identity."""


class AccountReader:
    """Reads the batches of one export."""

    def __init__(self, columns: Columns, words: Words, plan: NumberPlan, policy: Policy, now: datetime) -> None:
        """Takes how the export is read, and the law, the numbers and the instant it is read at."""
        self._columns, self._plan, self._policy = columns, plan, policy
        self._scheme = PersonalIdScheme.load()
        self._today, self._latest = local_date(now), now + _CLOCK_TOLERANCE
        self._latest_plain = self._latest.astimezone(VIETNAM_TIME).replace(tzinfo=None)
        self._nothing = {folded(each) for each in words.nothing} | {""}
        self._longest_nothing = max(map(len, words.nothing))
        self._flags = index({True: words.yes, False: (*words.no, *words.nothing)})
        self._full_names: Memo[Cell, tuple[str, str]] = Memo(self._name)
        self._births: Memo[Cell, tuple[str, tuple[Age, date | None]]] = Memo(self._birth)
        self._sources: Memo[Cell, tuple[str, str]] = Memo(self._source)
        self._versions: Memo[Cell, tuple[str, str]] = Memo(self._version)
        self._answers: Memo[Cell, tuple[str, bool]] = Memo(self._answer)

    def read(self, batch: Batch, fields: Sequence[Field]) -> Accounts:
        """Reads a batch whose columns say `fields`. A rejected row has one reason, the first in the order of `Field`."""
        rows = _Rows(batch, dict(zip(fields, batch.columns, strict=True)))
        ids = rows.read(Field.ACCOUNT_ID, self._id, "")
        full_names = rows.read(Field.FULL_NAME, self._full_names.__getitem__, "")
        births = rows.read(Field.BIRTH_DATE, self._births.__getitem__, _NOT_BORN)
        numbers = self._numbers(rows)
        proofs = rows.stated(
            rows.read(Field.VERIFY_TIME, self._time, 0),
            rows.read(Field.VERIFY_SOURCE, self._sources.__getitem__, ""),
            self._columns.verified_by,
        )
        sells = rows.read(Field.SELLS, self._answers.__getitem__, False)
        no_mobile = rows.read(Field.NO_MOBILE, self._answers.__getitem__, False)
        persons = self._persons(rows, births)
        versions = rows.read(Field.CONSENT_VERSION, self._versions.__getitem__, "")
        consents = rows.stated(rows.read(Field.CONSENT_TIME, self._time, 0), versions, self._columns.consented_to)
        columns = zip(births, full_names, numbers, proofs, sells, no_mobile, strict=True)
        traits = [
            make(Traits, (birth[0], name != "", number[0] != "", proof is not UNSAID, seller, without, False))
            for birth, name, number, proof, seller, without in columns
        ]
        return rows.without_faults(
            ids=ids,
            names=full_names,
            born=[day for _, day in births],
            numbers=numbers,
            traits=traits,
            proofs=proofs,
            consents=consents,
            persons=persons,
        )

    def _numbers(self, rows: _Rows) -> list[Number]:
        plain = self._plan.plain
        return [
            make(Number, (e164, "", False)) if isinstance(cell, str) and (e164 := plain(cell)) else self._number(cell)
            for cell in rows.cells(Field.PHONE_NUMBER)
        ]

    def _persons(self, rows: _Rows, births: Sequence[tuple[Age, date | None]]) -> list[Person]:
        if not rows.has(Field.PERSONAL_ID):
            return [_NO_PERSON] * len(births)
        return [self._person(cell, born) for cell, (_, born) in zip(rows.cells(Field.PERSONAL_ID), births, strict=True)]

    def _id(self, cell: Cell) -> tuple[str, str]:
        if isinstance(cell, str) and is_plain_id(cell):
            return "", cell
        try:
            text = text_of(cell)
        except BadCellError as bad:
            return str(bad), ""
        if folded(text) in self._nothing:
            return "MISSING", ""
        return "" if is_account_id(text) else "NOT_AN_ACCOUNT_ID", text

    def _name(self, cell: Cell) -> tuple[str, str]:
        name = " ".join(cell.split()) if isinstance(cell, str) else "" if cell is None else str(cell)
        if not name.isascii():
            name = normalize("NFC", name)
        if len(name) <= self._longest_nothing and not self._says(name):
            return "", ""
        return names.fault(name) or "", name

    def _birth(self, cell: Cell) -> tuple[str, tuple[Age, date | None]]:
        unknown = _NOT_BORN
        if not self._says(cell):
            return "", unknown
        try:
            born = moment(cell, self._columns.dates).day
        except BadCellError as bad:
            return str(bad), unknown
        if born > self._today:
            return "IN_FUTURE", unknown
        if age_on(born, self._today) > OLDEST_YEARS:
            return "TOO_OLD", unknown
        return "", (Age.CHILD if self._policy.is_child_on(born, self._today) else Age.GROWN, born)

    def _number(self, cell: Cell) -> Number:
        """Returns what anything says that is not plainly a number."""
        if not self._says(cell):
            return _NO_NUMBER
        try:
            number = self._plan.parse(number_text(cell))
        except BadCellError as bad:
            return Number("", str(bad), converted=False)
        if isinstance(number, Mobile):
            return Number(number.e164, "", number.converted_from_2018)
        return Number("", number.reason, converted=False)

    def _person(self, cell: Cell, born: date | None) -> Person:
        """Returns what is said of a personal ID. One that cannot be the holder's is as good as none, and no fault."""
        if not self._says(cell):
            return _NO_PERSON
        if born is None:
            return _PERSON_WITHOUT_BIRTH
        try:
            found = self._scheme.parse(number_text(cell), born, self._today)
        except BadCellError as bad:
            return Person("", str(bad))
        return Person(found.number, "") if isinstance(found, PersonalId) else Person("", found.reason)

    def _time(self, cell: Cell) -> tuple[str, int]:
        """Returns when something was, in seconds since 1970, which itself is the zero of many programs and says nothing.

        Of a day without a time it is the beginning: of two proofs the later one is right, and nobody gains an hour.
        """
        if not cell:
            return _NEVER
        if isinstance(cell, str) and len(cell) == _PLAIN_TIME:
            try:
                at = datetime.fromisoformat(cell)  # as programs write it; there are as many as rows
            except ValueError:
                pass
            else:
                if at.tzinfo is None and at < self._latest_plain:
                    return "", (at - _PLAIN_EPOCH) // _SECOND
        if not self._says(cell):
            return _NEVER
        try:
            day, instant = moment(cell, self._columns.dates)
            late = day > self._today if instant is None else instant > self._latest
            return ("IN_FUTURE", 0) if late else ("", int((instant or start_of_day(day)).timestamp()))
        except BadCellError as bad:
            return str(bad), 0
        except OverflowError:  # the first day that Python knows
            return "NOT_A_DATE", 0

    def _source(self, cell: Cell) -> tuple[str, str]:
        """Returns what can be shown for a number, spelled as the contract has it: `SMS OTP` is `sms_otp`."""
        if not self._says(cell):
            return "", ""
        plain = re.sub(r"[^a-z0-9.-]+", "_", without_diacritics(str(cell)[:LONGEST].casefold()))
        return "", plain.strip("_")[:LONGEST]

    def _version(self, cell: Cell) -> tuple[str, str]:
        """Returns the version of a text."""
        if not self._says(cell):
            return "", ""
        try:
            text = text_of(cell)
        except BadCellError as bad:
            return str(bad), ""
        return ("", text) if VERSION.fullmatch(text) else ("NOT_A_VERSION", "")

    def _answer(self, cell: Cell) -> tuple[str, bool]:
        """Returns a yes or no; a cell with nothing in it says no."""
        answer = self._flags.get(folded(_text(cell))) if self._says(cell) else False
        return ("NOT_YES_OR_NO", False) if answer is None else ("", answer)

    def _says(self, cell: Cell) -> bool:
        """Whether there is anything in a cell but a word for nothing, or dots and dashes."""
        text = str(cell)
        if cell is None or len(text) > self._longest_nothing:
            return cell is not None
        return folded(text) not in self._nothing or "\N{REPLACEMENT CHARACTER}" in text


class _Rows:
    """The columns of a batch while they are read, and the first fault of each row."""

    def __init__(self, batch: Batch, columns: dict[Field, Sequence[Cell]]) -> None:
        self._batch, self._columns = batch, columns
        self._faults: dict[int, Rejected] = {}

    def has(self, field: Field) -> bool:
        """Whether the export says it at all."""
        return field in self._columns

    def cells(self, field: Field) -> Sequence[Cell]:
        """Returns a column; one of nothing when the export has none."""
        return self._columns.get(field) or (None,) * len(self._batch.places)

    def read(self, field: Field, ask: Callable[[Cell], tuple[str, V]], unsaid: V) -> Sequence[V]:
        """Returns what the cells of a column say; `ask` answers with a fault, or none, and what is said."""
        if field not in self._columns and field is not Field.ACCOUNT_ID:
            return (unsaid,) * len(self._batch.places)
        if not (cells := self.cells(field)):
            return ()
        faults, said = zip(*map(ask, cells), strict=True)
        if any(faults):
            for at, fault in enumerate(faults):
                if fault:
                    self._faults.setdefault(at, Rejected(self._batch.places[at], field, fault))
        return said

    def stated(self, times: Sequence[int], whats: Sequence[str], otherwise: str) -> list[Stated]:
        """Returns what was stated when; nothing where one of both is missing. `otherwise` stands for what is not said."""
        if not any(times):
            return [UNSAID] * len(times)
        return [
            make(Stated, (what or otherwise, seconds)) if seconds and (what or otherwise) else UNSAID
            for seconds, what in zip(times, whats, strict=True)
        ]

    def without_faults(self, **columns: Any) -> Accounts:
        """Returns what is left of the columns of `Accounts`, and the rejected rows."""
        places, faults = self._batch.places, self._faults
        if not faults:
            return Accounts(places, rejected=self._batch.rejected, **columns)
        fits = [at not in faults for at in range(len(places))]
        rejected = sorted((*self._batch.rejected, *faults.values()), key=lambda each: each.place)
        kept = {name: list(compress(column, fits)) for name, column in columns.items()}
        return Accounts(list(compress(places, fits)), rejected=rejected, **kept)


def _text(cell: Cell) -> str:
    """Returns a cell as a word that is looked up; a long one is none."""
    text = str(cell)
    return text if len(text) <= LONGEST else "long"
