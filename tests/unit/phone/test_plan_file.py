"""A numbering plan is a file: replaceable without a release, and refused with the name of the row that is wrong."""

from pathlib import Path

import pytest

import xacthuc.phone
from xacthuc.datafile import DataFileError
from xacthuc.phone import Mobile, NumberPlan

BUNDLED = Path(xacthuc.phone.__file__).with_name("numbering_plan.toml").read_text("utf-8")


def plan_from(directory: Path, text: str) -> NumberPlan:
    path = directory / "plan.toml"
    path.write_text(text, "utf-8")
    return NumberPlan.load(path)


@pytest.mark.rule("R28")
def test_a_new_range_needs_a_file_and_no_release(tmp_path: Path) -> None:
    newer = BUNDLED.replace('prefixes = ["057"]\nowner = ""', 'prefixes = ["057", "054"]\nowner = "Viettel"')
    answer = plan_from(tmp_path, newer).parse("0541234567")
    assert isinstance(answer, Mobile)
    assert answer.range_owner == "Viettel"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('version = "2026-11-22"', "", "version: is missing"),
        ('version = "2026-11-22"', "version = 3", "version: write a str"),
        (
            'owner = "Viettel"\nconfirmed = true',
            'owner = "Viettel"\nconfirmed = 1',
            "mobile[0].confirmed: write a bool",
        ),
        ('owner = "iTel"', 'ovner = "iTel"', "ovner: is not known"),
        ('prefixes = ["057"]', 'prefixes = ["091"]', "091 stands in two rows"),
        ('prefixes = ["057"]', 'prefixes = ["05712"]', "05712 must have 3 or 4 digits"),
        ('prefixes = ["057"]', 'prefixes = ["O57"]', "'O57' is not a prefix"),
        ('reason = "SATELLITE"', 'reason = "MOON"', "reason: write one of FIXED_LINE"),
        ('0162 = "032"', '0162 = "054"', "converted_2018.0162"),
        ("[refusals.M2M]", "[refusals.M2N]", "refusals.M2M: is missing"),
        ("[converted_2018]", "[converted_2018", "is not TOML"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_by_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(DataFileError) as refusal:
        plan_from(tmp_path, BUNDLED.replace(old, new, 1))
    assert complaint in str(refusal.value)


def test_a_plan_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"nowhere\.toml: cannot be read"):
        NumberPlan.load(tmp_path / "nowhere.toml")
