"""Which column of a list says what: by the headings that are known, or by a file of the officer's own."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from xacthuc import datafile
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.lists.rows import COMPARED, Column, Kind, Verdict
from xacthuc.tables.cells import folded, index

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BUNDLED: Final = Path(__file__).with_name("columns.toml")


@dataclass(frozen=True, slots=True)
class _Spellings:
    number: tuple[str, ...]
    observed: tuple[str, ...]
    full_name: tuple[str, ...]
    birth_date: tuple[str, ...]
    personal_id: tuple[str, ...]
    sim_count: tuple[str, ...]
    match: tuple[str, ...]
    mismatch: tuple[str, ...]
    unknown: tuple[str, ...]


class Headings:
    """The headings and words that are understood. Immutable."""

    def __init__(self, spellings: _Spellings) -> None:
        """Folds them; ValueError when one stands for two things. Use `load`."""
        self._shown = {column: getattr(spellings, column) for column in Column}
        self._columns = index({column: getattr(spellings, column) for column in Column})
        self.words: Mapping[str, Verdict] = index({verdict: getattr(spellings, verdict) for verdict in Verdict})
        """By folded spelling; a cell with nothing in it says nothing."""

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Reads the bundled ones, with those of `path` in their place; CommandFailed when they cannot be used."""
        try:
            table = datafile.read(_BUNDLED)
            if path is not None:
                table |= {key: _listed(value) for key, value in datafile.read(path).items()}
            return cls(datafile.decode(_Spellings, table))
        except ValueError as error:
            known = ", ".join(each.name for each in fields(_Spellings))
            raise CommandFailed(
                f"{path}: {error}" if str(path) not in str(error) else str(error),
                advice=f"Write headings and words as the list has them, below {known}.",
                exit_status=EXIT_USAGE,
            ) from None

    def found(self, headings: Sequence[str]) -> Mapping[Column, tuple[int, ...]]:
        """Returns in which columns of a row of headings each thing is said."""
        places: dict[Column, tuple[int, ...]] = {}
        for place, heading in enumerate(headings):
            if (column := self._columns.get(folded(heading))) is not None:
                places[column] = (*places.get(column, ()), place)
        return places

    def chosen(self, headings: Sequence[str], kind: Kind, *, dated: bool) -> Mapping[Column, int]:
        """Returns the columns that a list of `kind` is read from; `dated` when the officer says when it was seen.

        CommandFailed when one is missing, or could be several. It shows nothing of the file: what stands where headings
        should be may be somebody's number.
        """
        found = self.found(headings)
        wanted = {Column.NUMBER, *({Column.OBSERVED} if not dated else ())}
        if kind is Kind.TOO_MANY_SIMS:
            wanted.add(Column.SIM_COUNT)
        optional = COMPARED if kind is Kind.SUBSCRIBER_MISMATCH else ()
        lacking = sorted(wanted.difference(found))
        if lacking:
            raise self._refused(f"no column is headed as one of {', '.join(lacking)}", lacking)
        if optional and found.keys().isdisjoint(optional):
            raise self._refused("no column is headed as a field that was compared", optional)
        used = {column: places for column, places in found.items() if column in wanted or column in optional}
        for column, places in used.items():
            if len(places) > 1:
                numbers = " and ".join(str(place + 1) for place in places)
                raise self._refused(f"columns {numbers} are both headed as {column}", (column,))
        return {column: places[0] for column, places in used.items()}

    def _refused(self, why: str, columns: Sequence[Column] | list[Column]) -> CommandFailed:
        expected = tuple(f"{column}: {', '.join(self._shown[column])}" for column in columns)
        advice = "Give the list a row of headings, or name its headings in a file: --map FILE."
        if Column.OBSERVED in columns:
            advice += " Or say when the list was made: --observed DATE."
        return CommandFailed(why, lines=("expected is one of", *expected), advice=advice, exit_status=EXIT_USAGE)


def _listed(value: object) -> object:
    """Returns one heading, which people write by itself, as a list of one."""
    return [value] if isinstance(value, str) else value
