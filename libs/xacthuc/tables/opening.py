"""From bytes to a table: which kind of file they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.tables.csv_file import CsvFile
from xacthuc.tables.encodings import Encoding, decoded, detect
from xacthuc.tables.json_lines import JsonLines
from xacthuc.tables.rows import UnusableTableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xacthuc.tables.rows import Table
    from xacthuc.tables.sources import Source

PARQUET: Final = b"PAR1"


def open_table(
    source: Source,
    is_heading: Callable[[Sequence[str]], bool],
    *,
    lines: int = 0,
    encoding: Encoding | None = None,
) -> Table:
    """Returns a table; UnusableTableError, before a row is read, when it is none.

    `is_heading` knows the row of headings of a text; `lines` is how many lines there are, 0 when nobody knows;
    `encoding` is that of a text, which tells it unless it is given.
    """
    if source.head.startswith(PARQUET):
        from xacthuc.tables.parquet_file import ParquetFile  # noqa: PLC0415 - 55 MB that text does without

        if source.path is None:
            raise UnusableTableError(f"{source.name} is Parquet, which is not read from a pipe", "Name the file.")
        return ParquetFile(source.path)
    encoding = encoding or detect(source.head)
    if encoding is None:
        raise UnusableTableError(
            f"{source.name} is neither Parquet nor text in an encoding that can be told",
            f"Say it: --encoding {', '.join(Encoding)}. Or save it in UTF-8 and try again.",
        )
    if decoded(source.head[:64], encoding).lstrip("\ufeff \t\r\n").startswith("{"):
        return JsonLines(source, encoding, lines)
    return CsvFile(source, encoding, lines, is_heading)


def count_lines(source: Source) -> int:
    """Returns about how many lines there are; 0 for what can be read once only."""
    if source.path is None or source.head.startswith(PARQUET):
        return 0
    lines = 0
    with source.opened() as file:
        while data := file.read(1 << 20):
            lines += data.count(b"\n")
    return lines + 1
