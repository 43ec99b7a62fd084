"""Lists as operators send them, in both of their shapes, and reading them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from xacthuc.cli.lists.columns import Headings
from xacthuc.cli.lists.reading import Context, NumberList
from xacthuc.cli.lists.rows import Kind, Report
from xacthuc.phone import NumberPlan
from xacthuc.tables.rows import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)
HEADINGS = Headings.load()
PLAN = NumberPlan.load()


def opened(path: Path, kind: Kind = Kind.DEACTIVATED, **given: Any) -> NumberList:
    return NumberList(path, Context(**{"kind": kind, "headings": HEADINGS, "plan": PLAN, "now": NOW, **given}))


def reports(path: Path, kind: Kind = Kind.DEACTIVATED, **given: Any) -> list[Report]:
    return [each for each in opened(path, kind, **given).rows() if isinstance(each, Report)]


def rejected(path: Path, kind: Kind = Kind.DEACTIVATED, **given: Any) -> list[tuple[int, str, str]]:
    rows = opened(path, kind, **given).rows()
    return [(each.place, each.field, each.reason) for each in rows if isinstance(each, Rejected)]


def write_parquet(path: Path, columns: Mapping[str, Sequence[Any]], **options: Any) -> Path:
    parquet.write_table(pa.table(dict(columns)), path, **options)
    return path
