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
_MOST_IN_A_GROUP: Final = 512 << 20
"""Bytes of the wanted columns of a group of rows: nothing tells before that they are not all in one page, which is read whole."""
_FEW_BYTES: Final = 2 << 20
"""Of a column of a group: what is so small may be few values, each as long as that, and in as many rows as the group has."""
_BROKEN: Final = (pa.ArrowException, OSError, ValueError, OverflowError, TypeError)
"""What is said of bytes that are no Parquet, and of values that Python has no type for."""
_UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for a cell whose bytes mean nothing; it is no number, date or word."""


class ParquetFile:
    """A table as Parquet."""

    def __init__(self, path: Path) -> None:
        """Reads what describes the file; UnusableTableError when that is broken, or claims what cannot be."""
        self._path = path
        self._described: Any = None
        """What describes the file: read once, as a file of many groups has much of it."""
        try:
            with self._opened() as file:
                self.headings: Sequence[str] = file.schema_arrow.names
                self._texts = {each.name for each in file.schema_arrow if _is_text(each.type)}
                self._described = file.metadata
                self._sizes = [file.metadata.row_group(each).num_rows for each in range(file.num_row_groups)]
        except _BROKEN:
            raise self._refused() from None
        self.total = sum(self._sizes)
        # Numbers differ, so that each takes its byte at least: a file of fewer bytes than rows is forged.
        if min(self._sizes, default=0) < 0 or self.total > path.stat().st_size:
            raise self._refused()

    def batches(self, wanted: Sequence[int], turn: Turn = EVERY) -> Iterator[Batch]:
        """Yields every record from 1, with its `wanted` cells.

        Where a group of records cannot be read on, the rest of it is rejected and the next one is read. UnusableTableError,
        before a record is read, when a group is so large that it might not fit into memory.
        """
        place, number = 1, count()
        names = [self.headings[each] for each in wanted]
        if self._largest(names) > _MOST_IN_A_GROUP:
            raise UnusableTableError(
                f"{self._path} has groups of rows of more than {_MOST_IN_A_GROUP >> 20} MiB",
                "Have it written with at most 1 000 000 rows a group, or as CSV in UTF-8.",
            )
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
            with self._opened(self._repeated(group)) as file:
                batches = file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=names, use_threads=False)
                yield from batches
        except _BROKEN:
            return

    def _repeated(self, group: int) -> list[str]:
        """Returns the columns of text that may hold the same value again and again."""
        small = (each.path_in_schema for each in self._columns(group) if each.total_uncompressed_size <= _FEW_BYTES)
        return [name for name in small if name in self._texts]

    def _columns(self, group: int) -> list[Any]:
        known = self._described.row_group(group)
        return [known.column(each) for each in range(known.num_columns)]

    def _largest(self, names: list[str]) -> int:
        """Returns how many bytes the columns have in the group where they have most, before they were compressed."""
        wanted = set(names)
        return max(
            (
                sum(each.total_uncompressed_size for each in some if each.path_in_schema.split(".")[0] in wanted)
                for some in map(self._columns, range(len(self._sizes)))
            ),
            default=0,
        )

    def _opened(self, texts: Sequence[str] = ()) -> Any:
        """Opens it; of `texts` a value that stands in many rows is in memory once, however often it is repeated."""
        return parquet.ParquetFile(
            self._path,
            metadata=self._described,
            read_dictionary=list(texts),
            buffer_size=_READ_AT_ONCE,
            pre_buffer=False,
            thrift_string_size_limit=_LONGEST_DESCRIPTION,
            thrift_container_size_limit=_LONGEST_DESCRIPTION,
        )

    def _refused(self) -> UnusableTableError:
        return UnusableTableError(f"{self._path} is a broken Parquet file", "Have it sent again, or as CSV in UTF-8.")


def _values(column: Any) -> list[Cell]:
    """Returns the cells of a column, those that cannot be read each for itself."""
    if pa.types.is_dictionary(column.type):
        return _repeated_values(column)
    try:
        if pa.types.is_timestamp(column.type):  # Python counts microseconds, and many files nanoseconds
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        values = column.to_pylist()
    except _BROKEN:
        values = [_value(cell) for cell in column]
    return [_plain(each) if isinstance(each, bytes | list | dict) else each for each in values]


def _repeated_values(column: Any) -> list[Cell]:
    """Returns the cells of a column that holds each value once."""
    try:
        used = column.indices.dictionary_encode()
        values = _values(column.dictionary.take(used.dictionary))
        return [None if at is None else values[at] for at in used.indices.to_pylist()]
    except _BROKEN:
        return [_UNREADABLE] * len(column)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _value(cell: Any) -> Cell:
    try:
        return cell.as_py()  # type: ignore[no-any-return]
    except _BROKEN:
        return _UNREADABLE


def _plain(value: bytes | list[Any] | dict[str, Any]) -> str:
    """Returns text that a program wrote without saying that it is text; what is made of several values is no cell."""
    return value[:1024].decode(errors="replace") if isinstance(value, bytes) else _UNREADABLE
