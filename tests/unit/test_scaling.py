"""The arithmetic of the page on scaling is right, and its figures are those of the evidence."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "scaling.md").read_text("utf-8")
UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "KB": 1e3, "GB": 1e9}
SUMS = re.findall(r"`([\d .]+?) ?(ms|µs|KB)? ([×÷]) ([\d .]+?) ?(ms|µs|KB)? = ([\d .]+?) ?(s|GB)?`", PAGE)


def number(text, unit):
    return float(text.replace(" ", "")) * UNITS[unit]


@pytest.mark.parametrize(
    ("left", "left_unit", "sign", "right", "right_unit", "result", "unit"), SUMS, ids=range(len(SUMS))
)
def test_a_sum_is_right(left, left_unit, sign, right, right_unit, result, unit):
    first, second = number(left, left_unit), number(right, right_unit)
    expected = first * second if sign == "×" else first / second

    assert number(result, unit) == pytest.approx(expected, rel=0.01)


def test_no_sum_of_the_page_is_left_out():
    assert len(SUMS) == len(re.findall(r"`[^`]* = [^`]*`", PAGE))


@pytest.mark.parametrize("figure", ["19 703", "1 188", "4 916", "24.5 KiB", "198 MiB", "3.4 KB", "4.3 "])
def test_a_figure_is_in_the_evidence(figure):
    assert figure in PAGE
    assert figure in (DOCS / "evidence.md").read_text("utf-8")
