"""What a name may not hold, and the form of it that is hashed."""

import unicodedata

import pytest

from xacthuc.names import NORMAL_FORM, NameFault, fault, normalised


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", NameFault.NO_LETTERS),
        ("   ", NameFault.NO_LETTERS),
        ("- ' .", NameFault.NO_LETTERS),
        ("12345", NameFault.NO_LETTERS),
        ("\u0301\u0323", NameFault.NO_LETTERS),
        ("\u200b\u200d", NameFault.NO_LETTERS),
        ("\u3164\uffa0", NameFault.NO_LETTERS),
        ("a" * 201, NameFault.TOO_LONG),
        ("ế" * 201, NameFault.TOO_LONG),
        ("a" * 300, NameFault.TOO_LONG),
        ("a" * 1_000_000, NameFault.TOO_LONG),
        ("Nguyễn\x00 An", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\nAn", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\tAn", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\x85An", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\u2028An", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\u202enA", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\u2067nA", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\ud800An", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\ue000An", NameFault.CONTROL_CHARACTERS),
        ("Nguyễn\uffffAn", NameFault.CONTROL_CHARACTERS),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_its_own_reason(name: str, expected: NameFault) -> None:
    assert fault(name) is expected


@pytest.mark.parametrize(
    "name",
    [
        "Ý",
        "Nguyễn Văn An",
        "H'Lan Niê",
        "a" * 200,
        "ế" * 200,
        unicodedata.normalize("NFD", "ế" * 200),
        "Nguyễn\u00a0Văn\u3000An",
        "Nguyễn\u200bAn",
        "Анна",
        "김민준",
    ],
)
def test_a_name_of_any_script_up_to_200_characters_has_no_fault(name: str) -> None:
    assert fault(name) is None


def test_length_is_that_of_the_composed_form_however_the_name_is_sent() -> None:
    composed = "ế" * 201
    assert fault(composed) is fault(unicodedata.normalize("NFD", composed)) is NameFault.TOO_LONG


def test_a_refused_name_is_not_repeated_in_the_message() -> None:
    with pytest.raises(ValueError, match=r"^not a name: CONTROL_CHARACTERS$"):
        normalised("Nguyễn\x00 An")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("NGUYỄN  VĂN HÒA", "nguyễn văn hoà"),
        ("Phan Thị Thúy Hằng", "phan thị thuý hằng"),
        ("Lê Qúy Họat", "lê quý hoạt"),
        ("Trần Thị Hụê", "trần thị huệ"),
        ("H' Lan Niê", "h lan niê"),
        ("Y-Blim Êban", "y blim êban"),
        ("\u00d0ỗ Đức", "đỗ đức"),
        ("Groß, Jürgen", "gross jürgen"),
        ("\u041dГУЕН Ан", "нгуен ан"),
    ],
)
def test_the_first_normal_form_never_changes(name: str, normal: str) -> None:
    """A failure here means that every stored hash of a name is void: the change needs a NORMAL_FORM of its own."""
    assert (NORMAL_FORM, normalised(name)) == (1, normal)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("õa", "oã"), ("ọa", "oạ"),
        ("òe", "oè"), ("óe", "oé"), ("ỏe", "oẻ"), ("õe", "oẽ"), ("ọe", "oẹ"),
        ("ùy", "uỳ"), ("úy", "uý"), ("ủy", "uỷ"), ("ũy", "uỹ"), ("ụy", "uỵ"),
        ("ùê", "uề"), ("úê", "uế"), ("ủê", "uể"), ("ũê", "uễ"), ("ụê", "uệ"),
        ("ùơ", "uờ"), ("úơ", "uớ"), ("ủơ", "uở"), ("ũơ", "uỡ"), ("ụơ", "uợ"),
    ],
)  # fmt: skip
def test_either_place_of_a_tone_is_one_spelling(old: str, new: str) -> None:
    assert normalised(f"Th{old}") == normalised(f"Th{new}") == f"th{new}"


@pytest.mark.parametrize("word", ["của", "mía", "tùa", "thúi", "hào", "tỏi", "hòá", "quà", "già"])
def test_a_tone_elsewhere_stays_where_it_is(word: str) -> None:
    assert normalised(word) == word
