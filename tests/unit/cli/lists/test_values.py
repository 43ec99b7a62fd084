"""What people and programs write into the cells of a list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from number_lists import NOW

from xacthuc.cli.lists import values
from xacthuc.tables.cells import BadCellError, folded, number_text

END_OF_THE_FIRST = datetime(2026, 11, 1, 17, tzinfo=UTC)
"""24:00 in Vietnam."""
TEN_O_CLOCK = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    ["2026-11-01", "01/11/2026", "1/11/2026", "01-11-2026", "1.11.2026", " 20261101 ", 20261101, date(2026, 11, 1)],
    ids=["iso", "slashes", "short", "dashes", "dots", "compact", "figure", "date"],
)
def test_a_day_counts_to_its_end_in_vietnam(cell: str | int | date) -> None:
    assert values.observed(cell, NOW) == END_OF_THE_FIRST


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-01T10:00",
        "2026-11-01 10:00:00",
        "2026-11-01T10:00:00.000",
        "2026-11-01T03:00:00Z",
        "2026-11-01T10:00:00+07:00",
        "01/11/2026 10:00",
        datetime(2026, 11, 1, 10),  # noqa: DTZ001 - as a Parquet file without a zone has it
        TEN_O_CLOCK,
    ],
    ids=["minutes", "seconds", "fractions", "utc", "offset", "vietnamese", "naive", "aware"],
)
def test_a_time_without_a_zone_is_vietnams(cell: str | datetime) -> None:
    assert values.observed(cell, NOW) == TEN_O_CLOCK


def test_what_was_seen_today_was_seen_by_now() -> None:
    assert values.observed("28/11/2026", NOW) == NOW


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("29/11/2026", "IN_THE_FUTURE"),
        (date.max, "IN_THE_FUTURE"),
        (datetime.max, "IN_THE_FUTURE"),  # noqa: DTZ901 - as above
        ("1900-01-00", "NOT_A_DATE"),
        ("1900-01-01", "TOO_EARLY"),
        (datetime(1, 1, 1), "TOO_EARLY"),  # noqa: DTZ001 - as above
        ("13/13/2026", "NOT_A_DATE"),
        ("2026-11-01T24:30", "NOT_A_DATE"),
        ("46327", "NOT_A_DATE"),
        ("", "MISSING"),
        (None, "MISSING"),
        ("1" * 65, "TOO_LONG"),
        ("\N{ARABIC-INDIC DIGIT ONE}/11/2026", "NOT_A_DATE"),
    ],
    ids=range(13),
)
def test_no_date_is(cell: str | date | None, reason: str) -> None:
    with pytest.raises(BadCellError, match=f"^{reason}$"):
        values.observed(cell, NOW)


@pytest.mark.parametrize(
    "cell",
    ["0912345678", "'0912345678", '="0912345678"', " 0912345678\t"],
    ids=["plain", "apostrophe", "formula", "spaced"],
)
def test_what_keeps_a_zero_in_a_spreadsheet_is_no_part_of_a_number(cell: str) -> None:
    assert number_text(cell) == "0912345678"


@pytest.mark.parametrize(
    "cell", [84912345678, 84912345678.0, Decimal("84912345678.00")], ids=["int", "float", "decimal"]
)
def test_a_number_may_be_a_figure(cell: float | Decimal) -> None:
    assert number_text(cell) == "84912345678"


@pytest.mark.parametrize("cell", ["0", "-1", "1.5", "many", "1000001", float("nan"), float("inf"), 2.5], ids=range(8))
def test_no_count_is(cell: str | float) -> None:
    with pytest.raises(BadCellError, match=r"^NOT_A_COUNT$"):
        values.sim_count(cell)


def test_marks_case_and_punctuation_make_no_other_heading() -> None:
    assert {folded(each) for each in ("Số ĐT", "so_dt", "SO DT", "so\u0302\u0301-đt ")} == {"sodt"}
