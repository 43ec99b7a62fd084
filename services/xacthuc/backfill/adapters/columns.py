"""Which column of an export says what: named in a file, or guessed from headings and cells and written to one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping  # noqa: TC003 - a data file is read by it
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xacthuc import datafile
from xacthuc.backfill.domain.fields import Field
from xacthuc.ids import is_account_id
from xacthuc.phone import Mobile
from xacthuc.tables.cells import BadCellError, DayOrder, folded, index, moment, number_text, text_of
from xacthuc.tables.rows import UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xacthuc.phone import NumberPlan
    from xacthuc.tables.rows import Cell

_BUNDLED: Final = Path(__file__).with_name("columns.toml")
_MOST: Final = 0.8
"""The share of a column's cells that has to look like what it is taken for: exports are dirty."""
SOURCE: Final = re.compile(r"[a-z0-9_.-]{1,64}")
VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""As the contract of ImportAccounts takes a source of evidence and the version of a text."""
_BORN: Final = range(1920, 2016)
"""Years in which holders of accounts are born, as far as a guess goes: later ones are those of accounts."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A file of columns: headings as the export has them, empty for what it does not say; and how cells are read."""

    account_id: str
    full_name: str = ""
    birth_date: str = ""
    phone_number: str = ""
    verify_time: str = ""
    verify_source: str = ""
    sells: str = ""
    no_mobile: str = ""
    personal_id: str = ""
    consent_version: str = ""
    consent_time: str = ""
    dates: DayOrder = DayOrder.DAY_FIRST
    verified_by: str = ""
    """What the platform can show for every number it verified, where no column says so."""
    consented_to: str = ""
    """Version of the text that everybody with a time of consent agreed to, where no column says so."""

    @classmethod
    def load(cls, path: Path) -> Columns:
        """Reads a file; DataFileError names what is wrong with it."""
        columns = datafile.decode(cls, datafile.read(path))
        for name, pattern in (("verified_by", SOURCE), ("consented_to", VERSION)):
            if (value := getattr(columns, name)) and not pattern.fullmatch(value):
                raise datafile.DataFileError(f"{path}: {name}: write {pattern.pattern}")
        return columns

    def as_toml(self) -> str:
        """Returns the file."""
        # A string of JSON is one of TOML (toml.io/en/v1.0.0, "Basic strings").
        said = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in said if value)

    def is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a row is that of the headings."""
        return folded(self.account_id) in map(folded, cells)

    def places(self, headings: Sequence[str]) -> Mapping[Field, int]:
        """Returns which column says what; UnusableTableError when one is missing, or could be several."""
        found: dict[Field, int] = {}
        known = [folded(each) for each in headings]
        for field in Field:
            heading = folded(getattr(self, field))
            if not heading:
                continue
            if heading not in known:
                raise UnusableTableError(
                    f"no column is headed {getattr(self, field)!r}", "Correct the file of columns, or have it guessed."
                )
            if known.count(heading) > 1:
                raise UnusableTableError(
                    f"several columns are headed {getattr(self, field)!r}", "Give each a heading of its own."
                )
            found[field] = known.index(heading)
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """What words in cells mean."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    nothing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    headings: Mapping[Field, tuple[str, ...]]
    words: Words


class Guesser:
    """Knows how exports are headed. Immutable."""

    def __init__(self, plan: NumberPlan) -> None:
        """Reads what is bundled."""
        file = datafile.decode(_File, datafile.read(_BUNDLED))
        self._fields = index(file.headings)
        self._plan = plan
        self.words = file.words

    def is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a row is that of the headings."""
        return Field.ACCOUNT_ID in self._known(cells)

    def guess(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Columns:
        """Returns what says what, by the headings, and where they do not tell by the cells of some rows.

        UnusableTableError when nothing can be the id of an account. Of two columns that say the same, the first is read.
        """
        found = self._known(headings)
        columns: Sequence[Sequence[Cell]] = list(zip(*rows, strict=True)) if rows else [()] * len(headings)
        looks: tuple[tuple[Field, Callable[[Cell], bool]], ...] = (
            (Field.PHONE_NUMBER, self._is_mobile),
            (Field.BIRTH_DATE, _is_birth_date),
            (Field.ACCOUNT_ID, _is_id),
        )
        for field, fits in looks:
            free = (place for place in range(len(headings)) if place not in found.values() and folded(headings[place]))
            if field not in found:
                fitting = [place for place in free if _mostly(columns[place], fits)]
                if field is Field.ACCOUNT_ID:
                    fitting = [place for place in fitting if len(set(columns[place])) == len(columns[place])]
                if fitting:
                    found[field] = fitting[0]
        if Field.ACCOUNT_ID not in found:
            raise UnusableTableError(
                "no column looks like the ids of accounts",
                'Name it in a file: account_id = "HEADING", and --columns FILE.',
            )
        born = columns[found[Field.BIRTH_DATE]] if Field.BIRTH_DATE in found else ()
        return Columns(**{field: headings[place] for field, place in found.items()}, dates=_order_of(born))

    def _known(self, headings: Sequence[str]) -> dict[Field, int]:
        found: dict[Field, int] = {}
        for place, heading in enumerate(headings):
            if (field := self._fields.get(folded(heading))) is not None:
                found.setdefault(field, place)
        return found

    def _is_mobile(self, cell: Cell) -> bool:
        return isinstance(self._plan.parse(number_text(cell)), Mobile)


def _mostly(cells: Sequence[Cell], fits: Callable[[Cell], bool]) -> bool:
    said = [cell for cell in cells if cell not in {None, ""}]
    return bool(said) and sum(_try(fits, cell) for cell in said) >= _MOST * len(said)


def _try(fits: Callable[[Cell], bool], cell: Cell) -> bool:
    try:
        return fits(cell)
    except BadCellError:
        return False


def _is_birth_date(cell: Cell) -> bool:
    return any(_year(cell, order) in _BORN for order in DayOrder)


def _year(cell: Cell, order: DayOrder) -> int:
    """Returns the year of a day; 0 for what is none."""
    try:
        return moment(cell, order).day.year
    except BadCellError:
        return 0


def _is_id(cell: Cell) -> bool:
    return is_account_id(text_of(cell))


def _order_of(cells: Sequence[Cell]) -> DayOrder:
    """Returns the order in which more of the cells are days; what Vietnam writes where both are as good."""
    return max(DayOrder, key=lambda order: sum(_year(cell, order) > 0 for cell in cells))
