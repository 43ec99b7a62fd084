"""Who turns an age on a day, and that no family takes a number of another one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from xacthuc.cli.sandbox import families


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("age", "day", "born"),
    [
        (16, date(2026, 11, 30), date(2010, 11, 30)),
        (16, date(2028, 2, 29), date(2012, 2, 29)),
        (7, date(2028, 2, 29), date(2021, 3, 1)),
        (7, date(2027, 3, 1), date(2020, 3, 1)),
    ],
    ids=["a-day", "leap-year-to-leap-year", "leap-day-that-nobody-has", "day-after-february"],
)
def test_somebody_turns_an_age_on_a_day(age: int, day: date, born: date) -> None:
    assert families.born_to_turn(age, day) == born


def test_no_role_takes_the_number_of_another_one_or_of_an_example() -> None:
    last = [each for numbers in families.NUMBERS.values() for each in numbers]

    assert len(last) == len(set(last))
    assert set(last) <= set(range(50, 100))


def test_the_page_says_of_every_family_what_it_ends_with() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text("utf-8")

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(families.FAMILIES)
