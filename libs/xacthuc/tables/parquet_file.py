"""Tables as Parquet, read a few thousand rows at a time. Needs pyarrow, which the extra `analytics` brings."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pyarrow import parquet

from xacthuc.tables.rows import EVERY, ROWS_AT_ONCE, Batch, Rejected, UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xacthuc.tables.rows import Cell, Turn

_READ_AT_ONCE: Final = 1 << 20
_LONGEST_DESCRIPTION: Final = 1 << 20
"""Bytes and entries of what describes the file: a forged length must not be believed."""
_BROKEN: Final = (pa.ArrowException, OSError, ValueError, OverflowError, TypeError)
"""What is said of bytes that are no Parquet, and of values that Python has no type for."""
_UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for a cell whose bytes mean nothing; it is no number, date or word."""


class ParquetFile:
    """A table as Parquet."""

    def __init__(self, path: Path) -> None:
        """Reads what describes the file; UnusableTableError when that is broken, or claims what cannot be."""
        self._path = path
        try:
            with self._opened() as file:
                self.headings: Sequence[str] = file.schema_arrow.names
                self._sizes = [file.metadata.row_group(each).num_rows for each in range(file.num_row_groups)]
        except _BROKEN:
            raise self._refused() from None
        self.total = sum(self._sizes)
        # Numbers differ, so that each takes its byte at least: a file of fewer bytes than rows is forged.
        if min(self._sizes, default=0) < 0 or self.total > path.stat().st_size:
            raise self._refused()

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields every record from 1, with its `wanted` cells.

        Where a group of records cannot be read on, the rest of it is rejected and the next one is read.
        """
        place, number = 1, count()
        names = [self.headings[each] for each in wanted]
        for group, size in enumerate(self._sizes):
            end = place + size
            for batch in self._group(group, names):
                read = min(batch.num_rows, end - place)
                if turn.has(next(number)):
                    columns = [_values(batch.column(name))[:read] for name in names]
                    yield Batch(range(place, place + read), columns, ())
                place += read
            for start in range(place, end, ROWS_AT_ONCE):
                if turn.has(next(number)):
                    broken = range(start, min(start + ROWS_AT_ONCE, end))
                    yield Batch((), [()] * len(names), [Rejected(each, "", "UNREADABLE") for each in broken])
            place = end

    def _group(self, group: int, names: list[str]) -> Iterator[Any]:
        try:
            with self._opened() as file:
                batches = file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=names, use_threads=False)
                yield from batches
        except _BROKEN:
            return

    def _opened(self) -> Any:
        return parquet.ParquetFile(
            self._path,
            buffer_size=_READ_AT_ONCE,
            pre_buffer=False,
            thrift_string_size_limit=_LONGEST_DESCRIPTION,
            thrift_container_size_limit=_LONGEST_DESCRIPTION,
        )

    def _refused(self) -> UnusableTableError:
        return UnusableTableError(f"{self._path} is a broken Parquet file", "Have it sent again, or as CSV in UTF-8.")


def _values(column: Any) -> list[Cell]:
    """Returns the cells of a column, those that cannot be read each for itself."""
    try:
        if pa.types.is_timestamp(column.type):  # Python counts microseconds, and many files nanoseconds
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        values = column.to_pylist()
    except _BROKEN:
        values = [_value(cell) for cell in column]
    return [_plain(each) if isinstance(each, bytes | list | dict) else each for each in values]


def _value(cell: Any) -> Cell:
    try:
        return cell.as_py()  # type: ignore[no-any-return]
    except _BROKEN:
        return _UNREADABLE


def _plain(value: bytes | list[Any] | dict[str, Any]) -> str:
    """Returns text that a program wrote without saying that it is text; what is made of several values is no cell."""
    return value[:1024].decode(errors="replace") if isinstance(value, bytes) else _UNREADABLE
