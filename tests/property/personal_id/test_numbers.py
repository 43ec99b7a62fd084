"""What holds for every number and every text: parsing never raises, and its answer fits the birth year."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.personal_id import Doubt, PersonalId, PersonalIdScheme, Refusal, RefusalReason

SCHEME = PersonalIdScheme.load()
TODAY = date(2026, 11, 22)

codes = st.sampled_from([f"{code:03}" for code in range(1000)])
birth_dates = st.dates(date(1900, 1, 1), TODAY)
random_digits = st.text("0123456789", min_size=6, max_size=6)
sexes = st.sampled_from([0, 1])
separators = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u2011", "\u2013", "\u2212", "\u200b", "\t"])


def number_of(code: str, born: date, sex: int, rest: str) -> str:
    """Writes the number as Circular 07/2016/TT-BCA Art. 7 describes it, independently of the scheme."""
    century, year = divmod(born.year - 1900, 100)
    return f"{code}{2 * century + sex}{year:02}{rest}"


@pytest.mark.rule("R39")
@given(codes, birth_dates, sexes, random_digits, st.lists(separators, min_size=12, max_size=12))
def test_every_well_formed_number_is_accepted_however_it_is_spaced(
    code: str, born: date, sex: int, rest: str, gaps: list[str]
) -> None:
    number = number_of(code, born, sex, rest)
    answer = SCHEME.parse("".join(digit + gap for digit, gap in zip(number, gaps, strict=True)), born, TODAY)
    assert isinstance(answer, PersonalId)
    assert answer.number == number


@pytest.mark.rule("R40")
def test_every_year_and_every_known_code_is_accepted_without_a_warning() -> None:
    answers = [
        SCHEME.parse(number_of(code, date(year, 1, 1), sex, "000000"), date(year, 1, 1), TODAY)
        for code in SCHEME.places
        for year in range(1900, TODAY.year + 1)
        for sex in (0, 1)
    ]
    assert all(isinstance(answer, PersonalId) and not answer.warnings for answer in answers)


@pytest.mark.rule("R40")
@given(birth_dates, sexes, st.sampled_from([3, 4, 5]), st.integers(1, 9))
def test_any_single_wrong_digit_of_the_year_is_refused(born: date, sex: int, position: int, by: int) -> None:
    number = number_of("001", born, sex, "000000")
    wrong = (int(number[position]) + by) % 10
    answer = SCHEME.parse(number[:position] + str(wrong) + number[position + 1 :], born, TODAY)
    same_century = position == 3 and wrong // 2 == int(number[3]) // 2
    assert isinstance(answer, PersonalId if same_century else Refusal)


@pytest.mark.rule("R40")
@given(codes, birth_dates, sexes, random_digits)
def test_the_place_decides_the_warning_and_nothing_else(code: str, born: date, sex: int, rest: str) -> None:
    answer = SCHEME.parse(number_of(code, born, sex, rest), born, TODAY)
    assert isinstance(answer, PersonalId)
    assert answer.warnings == (() if code in SCHEME.places else (Doubt.UNKNOWN_PLACE,))


@given(st.text(max_size=80), birth_dates)
def test_no_text_makes_it_raise(text: str, born: date) -> None:
    assert SCHEME.parse(text, born, TODAY) is not None


@given(st.text("0123456789 .-\u00a0\u200b\uff10\uff11O", max_size=30), birth_dates)
def test_an_accepted_text_becomes_twelve_ascii_digits(text: str, born: date) -> None:
    answer = SCHEME.parse(text, born, TODAY)
    if isinstance(answer, PersonalId):
        assert len(answer.number) == 12
        assert answer.number.isascii()
        assert answer.number.isdigit()


@pytest.mark.rule("R39")
@given(st.text("0123456789", min_size=9, max_size=9), birth_dates)
def test_nine_digits_are_always_an_old_card(text: str, born: date) -> None:
    answer = SCHEME.parse(text, born, TODAY)
    assert isinstance(answer, Refusal)
    assert answer.reason is RefusalReason.CMND


@pytest.mark.rule("R12")
@given(codes, birth_dates, sexes, random_digits)
def test_no_printed_form_shows_more_than_the_last_four_digits(code: str, born: date, sex: int, rest: str) -> None:
    answer = SCHEME.parse(number_of(code, born, sex, rest), born, TODAY)
    assert isinstance(answer, PersonalId)
    for shown in (repr(answer), str(answer), f"{answer}", answer.masked):
        assert "".join(filter(str.isdigit, shown)) == rest[-4:]
