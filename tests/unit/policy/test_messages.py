"""What a text message and its sender name may look like."""

import pytest

from xacthuc.policy import gsm7_length, message_fault, sender_name_fault
from xacthuc.policy.messages import CODE_FIELDS, speech_fault, template_fault


@pytest.mark.parametrize(
    ("text", "length"),
    [("", 0), ("abc", 3), ("[1]", 5), ("a" * 160, 160), ("xác thực", None), ("`", None), ("\t", None)],
)
def test_a_message_is_measured_in_septets(text: str, length: int | None) -> None:
    assert gsm7_length(text) == length


@pytest.mark.rule("R34")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("VOZ: 123456 https://voz", "link"),
        ("VOZ: 123456 www.voz", "link"),
        ("VOZ: 123456 tai voz.vn", "link"),
        ("VOZ: 123456 bit.ly/abc", "link"),
        ("VOZ: 123456 x_voz.vn", "link"),
        ("VOZ: 123456 @voz.vn", "link"),
        ("VOZ: 123456 10.0.0.1", "link"),
        ("VOZ: 123456 " + "a" * 160, "172 characters, 12 too many"),
        ("VOZ: Mã 123456", "diacritics"),
        ("VOZ: 123456. Khuyen mai lon", "khuyen mai"),
        ("VOZ: 123456. Khuyen  mai lon", "khuyen mai"),
    ],
)
def test_a_message_with_a_code_carries_nothing_else(text: str, complaint: str) -> None:
    assert complaint in (message_fault(text, ["khuyen mai"]) or "")


@pytest.mark.parametrize(
    "text", ["VOZ: Ma 123456, hieu luc 5 phut. Khong chia se.", "VOZ: 1.5 phut", "VOZ: wholesale 123456"]
)
def test_a_plain_message_has_no_fault(text: str) -> None:
    assert message_fault(text, ["sale"]) is None


@pytest.mark.rule("R34")
@pytest.mark.parametrize("wording", ["Khuyến mãi lớn", "KHUYẾN MÃI", "khuyê\u0301n ma\u0303i"])
def test_what_is_read_out_is_held_to_the_same_words_whatever_its_diacritics(wording: str) -> None:
    assert "khuyen mai" in (speech_fault(f"{{brand}}: {{code}}, {{code}}. {wording}", ["khuyen mai"]) or "")


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{brand}: {code} {code!r}", "only {brand}, {code}, {minutes}"),
        ("{brand}: {code:d}", "only {brand}, {code}, {minutes}"),
        ("{brand}: {0} {code}", "only {brand}, {code}, {minutes}"),
        ("{brand}: {code}\r", "line break"),
        ("Ma {code} cua {brand}", "begin with {brand}"),
        ("{brand}: }{code}", "stray brace"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_told_why(template: str, complaint: str) -> None:
    assert complaint in (template_fault(template, CODE_FIELDS) or "")


@pytest.mark.rule("R35")
@pytest.mark.parametrize("name", ["VOZ", "Tin_Te-1.0", "A B", "12345678 9A", "ABCDEFGHIJK"])
def test_a_lawful_sender_name_has_no_fault(name: str) -> None:
    assert sender_name_fault(name) is None


@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "empty"),
        (" VOZ", "space"),
        ("VOZ\n", "space"),
        ("ABCDEFGHIJKL", "12 characters"),
        ("Xác Thực", "Latin letters"),
        ("VOZ!", "Latin letters"),
        ("12345", "digits alone"),
    ],
)
def test_an_unlawful_sender_name_is_told_why(name: str, complaint: str) -> None:
    assert complaint in (sender_name_fault(name) or "")
