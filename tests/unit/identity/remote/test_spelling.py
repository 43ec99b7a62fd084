"""Names and days as others want them written."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from xacthuc.identity.adapters.remote.spelling import DateFormat, NameSpelling, date_of, dated, spelled


@pytest.mark.parametrize(
    ("name", "spelling", "capitals", "expected"),
    [
        ("Nguyễn Thị Đào", NameSpelling.DIACRITICS, False, "Nguyễn Thị Đào"),
        ("Nguyễn  Thị\tĐào ", NameSpelling.DIACRITICS, True, "NGUYỄN THỊ ĐÀO"),
        ("Nguyễn Thị Đào", NameSpelling.PLAIN, False, "Nguyen Thi Dao"),
        ("đặng hoà ưu", NameSpelling.PLAIN, True, "DANG HOA UU"),
        ("H'Hen Niê", NameSpelling.PLAIN, False, "H'Hen Nie"),
    ],
)
def test_a_name_is_written_as_the_other_side_wants_it(
    name: str, spelling: NameSpelling, capitals: bool, expected: str
) -> None:
    for form in ("NFC", "NFD"):
        assert spelled(unicodedata.normalize(form, name), spelling, capitals=capitals) == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [(DateFormat.ISO, "1990-02-01"), (DateFormat.COMPACT, "19900201"), (DateFormat.SLASHED, "01/02/1990")],
)
def test_a_day_is_written_and_read_back(form: DateFormat, text: str) -> None:
    assert (dated(date(1990, 2, 1), form), date_of(text, form)) == (text, date(1990, 2, 1))


@pytest.mark.parametrize("text", ["", "1990-2-1", "1990-02-30", "01/02/1990", "1990-02-01T00:00", "١٩٩٠-٠٢-٠١"])
def test_what_is_not_the_one_spelling_of_a_day_is_none(text: str) -> None:
    assert date_of(text, DateFormat.ISO) is None
