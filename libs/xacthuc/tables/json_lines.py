"""Tables as JSON Lines: an object a line, whose keys are the headings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from xacthuc.tables.lines import batches, first_lines
from xacthuc.tables.rows import EVERY, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xacthuc.tables.encodings import Encoding
    from xacthuc.tables.rows import Batch, Cell, Turn
    from xacthuc.tables.sources import Source

_LINES_LOOKED_AT: Final = 1_000
"""In search of keys: programs leave out what has no value."""


class JsonLines:
    """A table as JSON Lines."""

    def __init__(self, source: Source, encoding: Encoding, lines: int) -> None:
        """Finds the keys; `lines` is how many lines there are, 0 when nobody knows. UnusableTableError without any."""
        self._source, self._encoding, self.total = source, encoding, lines
        found = (_object(line) for line in first_lines(source, encoding, _LINES_LOOKED_AT) if line)
        self.headings: Sequence[str] = list(
            dict.fromkeys(key for each in found if isinstance(each, dict) for key in each)
        )
        if not self.headings:
            raise UnusableTableError(
                f"{source.name} has no objects in its lines", "Write an account a line, as an object."
            )

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields a row a line with its `wanted` cells; lines with nothing on them are none."""
        keys = [self.headings[each] for each in wanted]

        def read(line: str) -> Sequence[Cell] | str:
            if not line.strip():
                return ()
            found = _object(line)
            return found if isinstance(found, str) else [_cell(found.get(key)) for key in keys]

        return batches(self._source, self._encoding, behind=0, width=len(wanted), read=read, turn=turn)


def _object(line: str) -> dict[str, Any] | str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "NOT_JSON"
    return found if isinstance(found, dict) else "NOT_AN_OBJECT"


def _cell(value: Any) -> Cell:
    """Returns a value as a cell; what is made of several values is told as JSON, and is no number, date or word."""
    return json.dumps(value) if isinstance(value, list | dict) else value
