"""Which texts are a person's mobile number, and why the others are not."""

import pytest

from xacthuc.phone import Mobile, NumberPlan, Refusal, RefusalReason


@pytest.fixture(scope="module")
def plan() -> NumberPlan:
    return NumberPlan.load()


def accepted(plan: NumberPlan, text: str) -> Mobile:
    answer = plan.parse(text)
    assert isinstance(answer, Mobile), answer
    return answer


def refused(plan: NumberPlan, text: str) -> RefusalReason:
    answer = plan.parse(text)
    assert isinstance(answer, Refusal), answer
    return answer.reason


@pytest.mark.rule("R25")
@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "84912345678",
        "+84912345678",
        "0084912345678",
        "00 84 912 345 678",
        "+840912345678",
        "+84(0)912345678",
        "+84 (0)91 234 5678",
        "840912345678",
        "(+84) 912345678",
        "912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "(091) 234-5678",
        "0912/345/678",
        "0912\u00a0345\u00a0678",
        "0912\u2011345\u2013678",
        "0912\u2212345\u2212678",
        "\u202a+84 91 234 56 78\u202c",
        "  0912345678\n",
        "\uff10\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\uff0b\uff18\uff14\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\u0660\u0669\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "tel:+84-91-234-5678",
        "TEL:0912345678",
        "tel:0912345678;phone-context=+84",
        "tel:+84912345678;verstat=TN-Validation-Passed",
    ],
)
def test_every_spelling_gives_the_same_number(plan: NumberPlan, text: str) -> None:
    assert accepted(plan, text).e164 == "+84912345678"


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("024 3823 4567", RefusalReason.FIXED_LINE),
        ("+842438234567", RefusalReason.FIXED_LINE),
        ("0243823456", RefusalReason.FIXED_LINE),
        ("0140123456", RefusalReason.M2M),
        ("+84160123456", RefusalReason.M2M),
        ("0121012345", RefusalReason.M2M),
        ("1800 1234", RefusalReason.SERVICE),
        ("1900123456", RefusalReason.SERVICE),
        ("+8419001234", RefusalReason.SERVICE),
        ("113", RefusalReason.SERVICE),
        ("156", RefusalReason.SERVICE),
        ("1414", RefusalReason.SERVICE),
        ("5656", RefusalReason.SERVICE),
        ("069123456", RefusalReason.GOVERNMENT),
        ("0801234567", RefusalReason.GOVERNMENT),
        ("0672123456", RefusalReason.SATELLITE),
        ("0671123456", RefusalReason.UNASSIGNED_RANGE),
        ("0541234567", RefusalReason.UNASSIGNED_RANGE),
        ("0501234567", RefusalReason.UNASSIGNED_RANGE),
        ("0711234567", RefusalReason.UNASSIGNED_RANGE),
        ("01611234567", RefusalReason.UNASSIGNED_RANGE),
        ("091234567", RefusalReason.TOO_SHORT),
        ("+84", RefusalReason.TOO_SHORT),
        ("00", RefusalReason.TOO_SHORT),
        ("0", RefusalReason.TOO_SHORT),
        ("09123456789", RefusalReason.TOO_LONG),
        ("0" * 65, RefusalReason.TOO_LONG),
        ("0912345678;ext=2", RefusalReason.EXTENSION),
        ("tel:+84912345678;ext=2", RefusalReason.EXTENSION),
        ("tel:+84912345678;isub=12", RefusalReason.EXTENSION),
        ("0912345678 ext. 12", RefusalReason.EXTENSION),
        ("0912345678x12", RefusalReason.EXTENSION),
        ("0912 345 678 #12", RefusalReason.EXTENSION),
        ("0912345678,,12", RefusalReason.EXTENSION),
        ("0912345678 máy lẻ 12", RefusalReason.EXTENSION),
        ("", RefusalReason.NOT_A_NUMBER),
        ("   ", RefusalReason.NOT_A_NUMBER),
        ("+", RefusalReason.NOT_A_NUMBER),
        ("0O12345678", RefusalReason.NOT_A_NUMBER),
        ("+0912345678", RefusalReason.NOT_A_NUMBER),
        ("0912+345678", RefusalReason.NOT_A_NUMBER),
        ("++84912345678", RefusalReason.NOT_A_NUMBER),
        ("someone@example.vn", RefusalReason.NOT_A_NUMBER),
        ("\u00b2912345678", RefusalReason.NOT_A_NUMBER),
        ("tel:0912345678;phone-context=example.vn", RefusalReason.NOT_A_NUMBER),
    ],
)
def test_what_is_not_a_persons_mobile_is_refused_with_its_own_reason(
    plan: NumberPlan, text: str, reason: RefusalReason
) -> None:
    assert refused(plan, text) is reason


@pytest.mark.rule("R1")
@pytest.mark.parametrize("text", ["+14155550100", "0014155550100", "+85512345678", "tel:0912345678;phone-context=+1"])
def test_a_number_of_another_country_is_refused_as_foreign(plan: NumberPlan, text: str) -> None:
    assert refused(plan, text) is RefusalReason.FOREIGN


@pytest.mark.rule("R27")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("01621234567", "+84321234567"),
        ("+841691234567", "+84391234567"),
        ("841201234567", "+84701234567"),
        ("0121 0123456", "+84790123456"),
        ("01861234567", "+84561234567"),
        ("01881234567", "+84581234567"),
        ("01991234567", "+84591234567"),
    ],
)
def test_an_eleven_digit_number_is_converted_and_says_so(plan: NumberPlan, old: str, new: str) -> None:
    answer = accepted(plan, old)
    assert (answer.e164, answer.converted_from_2018) == (new, True)


@pytest.mark.rule("R27")
def test_all_twenty_one_old_prefixes_are_converted(plan: NumberPlan) -> None:
    pairs = {
        old: accepted(plan, f"{old}1234567").e164
        for old in (f"0{number}" for number in range(120, 200))
        if isinstance(plan.parse(f"{old}1234567"), Mobile)
    }
    assert len(pairs) == len(set(pairs.values())) == 21


def test_the_same_leading_digits_with_one_digit_less_are_a_machine(plan: NumberPlan) -> None:
    assert accepted(plan, "01210123456").e164 == "+84790123456"
    assert refused(plan, "0121012345") is RefusalReason.M2M


@pytest.mark.rule("R28")
@pytest.mark.parametrize(
    "text", ["0571234567", "0301234567", "0311234567", "0511234567", "0551234567", "0521234567", "0951234567"]
)
def test_a_range_nobody_confirms_is_accepted_with_a_warning(plan: NumberPlan, text: str) -> None:
    assert not accepted(plan, text).confirmed


@pytest.mark.parametrize(
    "text", ["0912345678", "0321234567", "0891234567", "0559123456", "0522123456", "0871234567", "0993123456"]
)
def test_a_range_of_the_published_lists_is_confirmed(plan: NumberPlan, text: str) -> None:
    assert accepted(plan, text).confirmed


def test_the_block_of_test_numbers_reads_as_an_unconfirmed_mobile(plan: NumberPlan) -> None:
    answer = accepted(plan, "+84992000001")
    assert (answer.e164, answer.confirmed, answer.range_owner) == ("+84992000001", False, "")


@pytest.mark.rule("R29")
def test_the_owner_of_a_range_is_a_hint_beside_the_number_not_part_of_it(plan: NumberPlan) -> None:
    answer = accepted(plan, "0912345678")
    assert answer.range_owner == "VinaPhone"
    assert not hasattr(answer, "carrier")


@pytest.mark.rule("R24")
def test_a_number_says_nothing_of_its_holder(plan: NumberPlan) -> None:
    answer = accepted(plan, "0912345678")
    public = {name for name in dir(answer) if not name.startswith("_")}
    assert public == {
        "e164", "nsn", "prefix", "masked", "range", "range_owner", "operator", "confirmed", "converted_from_2018",
    }  # fmt: skip


def test_nine_bare_digits_beginning_with_84_are_a_number_that_lost_its_zero(plan: NumberPlan) -> None:
    assert accepted(plan, "849123456").e164 == "+84849123456"


def test_the_prefix_is_the_block_of_ten_thousand_numbers(plan: NumberPlan) -> None:
    assert accepted(plan, "0912345678").prefix == "+8491234"


def test_a_number_prints_masked(plan: NumberPlan) -> None:
    answer = accepted(plan, "0912345678")
    assert answer.masked == "+84 91 *** **78"
    assert repr(answer) == str(answer) == "Mobile(+84 91 *** **78)"


def test_a_number_is_equal_to_itself_however_it_was_spelled(plan: NumberPlan) -> None:
    old, new = accepted(plan, "01621234567"), accepted(plan, "+84321234567")
    assert old == new
    assert hash(old) == hash(new)


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_refusal_tells_the_person_what_to_do_in_both_languages(plan: NumberPlan, reason: RefusalReason) -> None:
    refusal = plan.refusal(reason)
    assert refusal.explanation("vi-VN") != refusal.explanation("en-GB")
    assert refusal.explanation("fr") == refusal.explanation("vi")


def test_a_refusal_does_not_repeat_the_text(plan: NumberPlan) -> None:
    assert "912345678" not in repr(plan.parse("0912345678x12"))
