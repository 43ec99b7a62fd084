"""The second net: known shapes are masked wherever they stand, and a log line stays a log line."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.telemetry.redaction import redact, redact_text

DIGITS = st.text("0123456789", min_size=8, max_size=8)
SEPARATORS = st.sampled_from(["", " ", ".", "-"])
AROUND = st.text("abc XYZ,;:()'\"\n", max_size=12)


@st.composite
def mobile_numbers(draw):
    """A Vietnamese mobile number as people and programs spell it."""
    prefix = draw(st.sampled_from(["0", "+84", "84", "0084", "+84 "]))
    digits = draw(st.sampled_from("35789")) + draw(DIGITS)
    separator = draw(SEPARATORS)
    return prefix + separator.join([digits[:2], digits[2:5], digits[5:]])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(AROUND, mobile_numbers(), AROUND)
def test_a_mobile_number_is_masked_in_any_text(before, number, after):
    text = redact_text(f"{before} {number} {after}")

    assert number not in text
    assert "[redacted]" in text


@given(AROUND, st.text("0123456789", min_size=12, max_size=12), AROUND)
def test_a_personal_identification_number_is_masked_in_any_text(before, number, after):
    assert number not in redact_text(f"{before} {number} {after}")


@given(st.integers(10**11, 10**12 - 1))
def test_a_number_of_twelve_digits_is_masked_as_an_integer_too(number):
    assert redact({"count": number}) == {"count": "[redacted]"}


@given(JSON)
def test_whatever_json_holds_is_still_json_afterwards(value):
    orjson.dumps(redact(value), option=orjson.OPT_PASSTHROUGH_SUBCLASS)
