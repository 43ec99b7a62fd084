"""Which texts may be somebody's personal ID number, and why the others are not."""

from datetime import date

import pytest

from xacthuc.personal_id import Doubt, PersonalId, PersonalIdScheme, Refusal, RefusalReason

TODAY = date(2026, 11, 22)
BORN_1984 = date(1984, 5, 17)


@pytest.fixture(scope="module")
def scheme() -> PersonalIdScheme:
    return PersonalIdScheme.load()


def accepted(scheme: PersonalIdScheme, text: str, born: date = BORN_1984) -> PersonalId:
    answer = scheme.parse(text, born, TODAY)
    assert isinstance(answer, PersonalId), answer
    return answer


def refused(scheme: PersonalIdScheme, text: str, born: date = BORN_1984) -> RefusalReason:
    answer = scheme.parse(text, born, TODAY)
    assert isinstance(answer, Refusal), answer
    return answer.reason


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    "text",
    [
        "087084000999",
        " 087084000999\n",
        "087 084 000 999",
        "087.084.000.999",
        "087-084-000-999",
        "087\u2011084\u2013000\u2212999",
        "087\u00a0084\u2009000\u3000999",
        "\u202a087084000999\u202c",
        "\ufeff087084\u200b000999",
        "\t0 8 7 0 8 4 0 0 0 9 9 9",
    ],
)
def test_separators_and_invisible_marks_do_not_matter(scheme: PersonalIdScheme, text: str) -> None:
    assert accepted(scheme, text).number == "087084000999"


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("012345678", RefusalReason.CMND),
        ("012 345 678", RefusalReason.CMND),
        ("012.345.678", RefusalReason.CMND),
        ("", RefusalReason.TOO_SHORT),
        (" - . ", RefusalReason.TOO_SHORT),
        ("12345678", RefusalReason.TOO_SHORT),
        ("1084000999", RefusalReason.TOO_SHORT),
        ("87084000999", RefusalReason.TOO_SHORT),
        ("0870840009990", RefusalReason.TOO_LONG),
        ("0" * 65, RefusalReason.TOO_LONG),
        ("x" * 1000, RefusalReason.TOO_LONG),
        ("087O84000999", RefusalReason.NOT_DIGITS),
        ("B1234567", RefusalReason.NOT_DIGITS),
        ("+87084000999", RefusalReason.NOT_DIGITS),
        ("087084000999\x00", RefusalReason.NOT_DIGITS),
        ("087084,000,999", RefusalReason.NOT_DIGITS),
        ("08708400099\u00b2", RefusalReason.NOT_DIGITS),
        ("\uff10\uff18\uff17\uff10\uff18\uff14\uff10\uff10\uff10\uff19\uff19\uff19", RefusalReason.OTHER_SCRIPT),
        ("\u0660\u0668\u0667\u0660\u0668\u0664\u0660\u0660\u0660\u0669\u0669\u0669", RefusalReason.OTHER_SCRIPT),
        ("08708400099\uff19", RefusalReason.OTHER_SCRIPT),
        ("\uff10\uff11\uff12", RefusalReason.OTHER_SCRIPT),
    ],
)
def test_what_is_not_twelve_ascii_digits_is_refused_with_its_own_reason(
    scheme: PersonalIdScheme, text: str, reason: RefusalReason
) -> None:
    assert refused(scheme, text) is reason


@pytest.mark.rule("R39")
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_an_old_identity_card_number_is_told_when_it_expired(scheme: PersonalIdScheme, locale: str) -> None:
    sentence = scheme.refusal(RefusalReason.CMND).explanation(locale)
    assert {"vi": "31/12/2024", "en": "31 December 2024"}[locale] in sentence


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("001000000001", date(1900, 12, 31)),
        ("001199000001", date(1999, 1, 1)),
        ("001200000001", date(2000, 1, 1)),
        ("001326000001", date(2026, 11, 22)),
    ],
)
def test_a_number_whose_year_is_that_of_the_birth_date_is_accepted(
    scheme: PersonalIdScheme, text: str, born: date
) -> None:
    assert accepted(scheme, text, born).number == text


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("087084000999", date(1985, 5, 17)),
        ("087084000999", date(2084, 5, 17)),
        ("087284000999", date(1984, 5, 17)),
        ("087210000999", date(1910, 5, 17)),
        ("087010000999", date(2010, 5, 17)),
    ],
)
def test_a_number_of_another_birth_year_is_refused(scheme: PersonalIdScheme, text: str, born: date) -> None:
    assert refused(scheme, text, born) in {RefusalReason.BIRTH_YEAR_MISMATCH, RefusalReason.FUTURE_BIRTH_YEAR}


@pytest.mark.rule("R40")
@pytest.mark.parametrize("text", ["001227000001", "001399000001", "001400000001", "001984000001", "001926000001"])
def test_a_number_of_somebody_not_born_yet_is_refused_as_such(scheme: PersonalIdScheme, text: str) -> None:
    assert refused(scheme, text) is RefusalReason.FUTURE_BIRTH_YEAR


@pytest.mark.rule("R40")
def test_a_birth_date_in_the_future_does_not_let_a_future_number_through(scheme: PersonalIdScheme) -> None:
    assert refused(scheme, "001227000001", date(2027, 1, 1)) is RefusalReason.FUTURE_BIRTH_YEAR


def test_a_number_is_accepted_from_the_first_day_of_its_year(scheme: PersonalIdScheme) -> None:
    born = date(2027, 1, 1)
    before = scheme.parse("001227000001", born, date(2026, 12, 31))
    after = scheme.parse("001227000001", born, date(2027, 1, 1))
    assert (type(before), type(after)) == (Refusal, PersonalId)


@pytest.mark.rule("R40")
@pytest.mark.parametrize("code", ["000", "003", "100", "840", "999"])
def test_an_unknown_place_of_registration_only_warns(scheme: PersonalIdScheme, code: str) -> None:
    assert accepted(scheme, f"{code}084000999").warnings == (Doubt.UNKNOWN_PLACE,)


@pytest.mark.rule("R40")
def test_a_known_place_of_registration_does_not_warn(scheme: PersonalIdScheme) -> None:
    assert accepted(scheme, "087084000999").warnings == ()


@pytest.mark.rule("R41")
def test_a_well_formed_number_claims_nothing_but_itself(scheme: PersonalIdScheme) -> None:
    answer = accepted(scheme, "087084000999")
    assert {name for name in dir(answer) if not name.startswith("_")} == {"number", "masked", "warnings"}


def test_numbers_of_men_and_women_are_told_apart_by_nothing(scheme: PersonalIdScheme) -> None:
    assert accepted(scheme, "087084000999").warnings == accepted(scheme, "087184000999").warnings


@pytest.mark.rule("R12")
def test_a_number_prints_masked(scheme: PersonalIdScheme) -> None:
    answer = accepted(scheme, "087084000999")
    assert answer.masked == "********0999"
    assert repr(answer) == str(answer) == "PersonalId(********0999)"


def test_a_number_is_equal_to_itself_however_it_was_written(scheme: PersonalIdScheme) -> None:
    plain, spaced = accepted(scheme, "087084000999"), accepted(scheme, "087 084 000 999")
    assert plain == spaced
    assert hash(plain) == hash(spaced)


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_refusal_tells_the_person_what_to_do_in_both_languages(
    scheme: PersonalIdScheme, reason: RefusalReason
) -> None:
    refusal = scheme.refusal(reason)
    assert refusal.explanation("vi-VN") != refusal.explanation("en-GB")
    assert refusal.explanation("fr") == refusal.explanation("vi")
    assert "Vui lòng" in refusal.vi


@pytest.mark.parametrize("text", ["087O84000999", "087085000999", "870840009990"])
def test_a_refusal_repeats_neither_the_number_nor_the_birth_date(scheme: PersonalIdScheme, text: str) -> None:
    shown = repr(scheme.parse(text, BORN_1984, TODAY))
    assert "000999" not in shown
    assert "1984" not in shown


@pytest.mark.parametrize("reason", [RefusalReason.BIRTH_YEAR_MISMATCH, RefusalReason.FUTURE_BIRTH_YEAR])
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_sentence_for_a_wrong_year_does_not_say_which_digits_to_change(
    scheme: PersonalIdScheme, reason: RefusalReason, locale: str
) -> None:
    sentence = scheme.refusal(reason).explanation(locale)
    assert not any(character.isdigit() for character in sentence)
    assert not [word for word in ("chữ số", "năm", "digit", "year") if word in sentence]
