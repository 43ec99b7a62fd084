"""What holds for every text: parsing never raises, its answer is canonical, and the spelling does not matter."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.phone import Mobile, NumberPlan, RefusalReason

PLAN = NumberPlan.load()

# The pattern of the numbering research, written out independently of the table.
CANDIDATE = re.compile(r"(?:3\d|5[1256789]|7[06789]|8[1-9]|9[0-9])\d{7}")

candidates = st.from_regex(CANDIDATE, fullmatch=True).filter(str.isascii)
nine_digits = st.text("0123456789", min_size=9, max_size=9)
separators = st.sampled_from(
    ["", " ", ".", "-", "\u00a0", "\u2009", "\u2011", "\u2013", "\u2212", "\u200b", "\t", "(", ")"]
)
digit_scripts = st.sampled_from(["0", "\uff10", "\u0660", "\u06f0", "\u0966", "\u0e50"])
leads = st.sampled_from(["0", "+84", "\uff0b84", "84", "0084", "+84(0)", "+840", "84 0", "tel:+84", "tel:0", ""])


@given(st.text(max_size=80))
def test_no_text_makes_it_raise(text: str) -> None:
    assert PLAN.parse(text) is not None


@given(st.text("0123456789+-. ()x;=tel", max_size=40))
def test_an_accepted_text_becomes_e164_within_the_pattern(text: str) -> None:
    answer = PLAN.parse(text)
    if isinstance(answer, Mobile):
        assert answer.e164[:3] == "+84"
        assert CANDIDATE.fullmatch(answer.nsn)


@pytest.mark.rule("R28")
@given(nine_digits)
def test_the_table_accepts_exactly_the_candidate_pattern(nsn: str) -> None:
    assert isinstance(PLAN.parse(f"+84{nsn}"), Mobile) == bool(CANDIDATE.fullmatch(nsn))


@pytest.mark.rule("R25")
@given(candidates, leads, digit_scripts, st.lists(separators, min_size=9, max_size=9))
def test_every_spelling_of_a_number_is_the_same_number(nsn: str, lead: str, zero: str, gaps: list[str]) -> None:
    body = "".join(chr(ord(zero) + int(digit)) + gap for digit, gap in zip(nsn, gaps, strict=True))
    answer = PLAN.parse(lead + body)
    assert isinstance(answer, Mobile)
    assert answer.e164 == f"+84{nsn}"


@given(candidates)
def test_the_national_and_the_international_form_take_the_same_way(nsn: str) -> None:
    assert PLAN.parse(f"0{nsn}") == PLAN.parse(f"+84{nsn}") == PLAN.parse(f"+84 {nsn}")


@given(candidates)
def test_no_printed_form_shows_the_middle_of_a_number(nsn: str) -> None:
    answer = PLAN.parse(f"+84{nsn}")
    assert isinstance(answer, Mobile)
    for shown in (repr(answer), str(answer), f"{answer}", answer.masked):
        assert sum(character.isdigit() for character in shown) == len("84") + 4


@pytest.mark.rule("R1")
@given(st.sampled_from(["1", "44", "65", "81", "82", "83", "85", "855", "86", "91", "856"]), nine_digits)
def test_a_number_of_another_country_is_never_a_mobile(country: str, rest: str) -> None:
    for prefix in ("+", "00"):
        answer = PLAN.parse(f"{prefix}{country}{rest}")
        assert not isinstance(answer, Mobile)
        assert answer.reason is RefusalReason.FOREIGN
