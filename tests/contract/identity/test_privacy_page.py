"""docs/privacy.md names every column of the tables once, and says whether it can be read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sqlalchemy import Column

from xacthuc.backfill.adapters import tables as backfill
from xacthuc.guardian.adapters import tables as guardian
from xacthuc.identity.adapters import key_tables, schema
from xacthuc.livestream.adapters import tables as livestream
from xacthuc.masked import Sealed
from xacthuc.sql.columns import MaskedBytes

PAGE = Path(__file__).resolve().parents[3] / "docs" / "privacy.md"
ROW = re.compile(r"^\| `([\w.]+)` \| ([^|]+) \| (clear|sealed|hash) \| (\S[^|]*) \| (\S[^|]*) \|$", re.MULTILINE)


SCHEMAS = (
    ("", schema.metadata),
    ("", key_tables.metadata),
    ("guardian.", guardian.metadata),
    ("livestream.", livestream.metadata),
    ("backfill.", backfill.metadata),
)
"""Tables of identity are called by their name alone."""


def kind(column: Column[object]) -> str:
    if not isinstance(column.type, MaskedBytes):
        return "clear"
    return "sealed" if issubclass(column.type.kind, Sealed) else "hash"


def test_the_page_names_every_column_once_with_who_can_read_it():
    told = Counter(
        (table, column, as_)
        for table, columns, as_, _, _ in ROW.findall(PAGE.read_text("utf-8"))
        for column in re.findall(r"`(\w+)`", columns)
    )

    assert told == Counter(
        (prefix + table.name, column.name, kind(column))
        for prefix, metadata in SCHEMAS
        for table in metadata.sorted_tables
        for column in table.columns
    )
