"""Samples as files: CSV in any encoding, JSON Lines, Parquet."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from xacthuc.tables.encodings import Encoding, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Blocks = Iterable[Sequence[Sequence[str]]]


class Format(StrEnum):
    """How a sample is written. The names are those of files' endings. Closed."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


def write(file: BinaryIO, form: Format, headings: Sequence[str], blocks: Blocks, encoding: Encoding) -> None:
    """Writes rows; `encoding` is that of CSV."""
    if form is Format.PARQUET:
        _write_parquet(file, headings, blocks)
    elif form is Format.JSON_LINES:
        for block in blocks:
            objects = ({key: cell for key, cell in zip(headings, row, strict=True) if cell} for row in block)
            file.write("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects).encode())
    else:
        file.write(encoded(_lines([headings]), encoding))
        for block in blocks:
            file.write(encoded(_lines(block), encoding))


def _lines(rows: Iterable[Sequence[str]]) -> str:
    """Returns lines; no cell of a sample has a comma, a quotation mark or a line break in it."""
    return "\n".join(map(",".join, rows)) + "\n"


def _write_parquet(file: BinaryIO, headings: Sequence[str], blocks: Blocks) -> None:
    import pyarrow as pa  # noqa: PLC0415 - of the extra `analytics`, which the other formats do without
    from pyarrow import parquet  # noqa: PLC0415 - as above

    schema = pa.schema([(heading, pa.string()) for heading in headings])
    with parquet.ParquetWriter(file, schema) as writer:
        for block in blocks:
            columns = [pa.array(column, pa.string()) for column in zip(*block, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
