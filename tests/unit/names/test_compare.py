"""Golden pairs: how alike a reader of Vietnamese papers takes two names to be. All names are made up."""

import unicodedata

import pytest

from xacthuc.names import NameMatch, compare


def grade(one: str, other: str) -> NameMatch:
    """Compares both ways round, so that every pair below proves symmetry too."""
    answer = compare(one, other)
    assert compare(other, one) is answer
    return answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Văn Hòa", "Nguyễn Văn Hòa"),
        ("Nguyễn Văn Hòa", "NGUYỄN VĂN HÒA"),
        ("Nguyễn Văn Hòa", "nguyễn văn hòa"),
        ("Nguyễn Văn Hòa", unicodedata.normalize("NFD", "Nguyễn Văn Hòa")),
        ("Nguyễn Văn Hòa", "  Nguyễn  Văn\u00a0Hòa "),
        ("Nguyễn Văn Hòa", "Nguyễn Văn Hoà"),
        ("Phan Thị Thúy", "PHAN THỊ THUÝ"),
        ("Đoàn Khỏe", "Đoàn Khoẻ"),
        ("Lê Quý", "Lê Qúy"),
        ("Trần Thị Huệ", "Trần Thị Hụê"),
        ("Đỗ Hoạt", "Đỗ Họat"),
        ("Đặng Thuở", "Đặng Thủơ"),
        ("Đỗ Đức", "\u00d0ỗ \u00d0ức"),
        ("H'Lan Niê", "H\u2019Lan Niê"),
        ("H'Lan Niê", "H` Lan Niê"),
        ("H'Lan Niê", "H Lan Niê"),
        ("Y-Blim Êban", "Y Blim Êban"),
        ("Y-Blim Êban", "Y\u2013Blim Êban"),
        ("Kpă K'Brơi", "KPĂ K\u02bcBRƠI"),
        ("O'Connor Sean", "O\u2019CONNOR SEAN"),
        ("Anne-Marie Dubois", "ANNE MARIE DUBOIS"),
        ("Nguyễn, Văn An", "Nguyễn Văn An"),
        ("Nguyễn\u200b Văn \ufeffAn", "Nguyễn Văn An"),
        ("Jürgen Groß", "JÜRGEN GROSS"),
    ],
)
def test_what_differs_in_no_letter_is_one_name(one: str, other: str) -> None:
    assert grade(one, other) is NameMatch.EXACT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Thủy", "NGUYEN THI THUY"),
        ("Nguyễn Thị Thuỷ", "nguyen thi thuy"),
        ("Đỗ Đình Đức", "DO DINH DUC"),
        ("Vũ Ngọc Ánh", "Vu Ngoc Anh"),
        ("H'Răng Êñuôl", "H RANG ENUOL"),
        ("Y Ƀhiăo Kbuôr", "Y BHIAO KBUOR"),
        ("Kim Ánh", "Kim Anh"),
        ("Søren Łukasz Müller", "SOREN LUKASZ MULLER"),
        ("Guðrún Þóra", "GUDRUN THORA"),
        ("İpek Işık", "IPEK ISIK"),
    ],
)
def test_a_name_without_any_diacritics_has_only_lost_them(one: str, other: str) -> None:
    assert grade(one, other) is NameMatch.SAME_WITHOUT_DIACRITICS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Văn An", "An Nguyễn Văn"),
        ("Nguyễn Văn An", "VAN AN NGUYEN"),
        ("Nguyễn Văn Hòa", "Hoà Nguyễn Văn"),
        ("H'Lan Niê", "Niê H'Lan"),
        ("John Smith", "SMITH, JOHN"),
    ],
)
def test_the_same_words_in_another_order_are_told_apart_from_the_same_name(one: str, other: str) -> None:
    assert grade(one, other) is NameMatch.SAME_WORDS_OTHER_ORDER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Thanh Hà", "Nguyễn Thanh Hà"),
        ("Nguyễn Thị Thanh Hà", "NGUYEN THANH HA"),
        ("Nguyễn Thanh Hà", "Hà Nguyễn"),
        ("Nguyễn Văn An", "An"),
        ("Nguyễn Văn An", "Nguyễn V. An"),
        ("Nguyễn Văn An", "N. Văn An"),
        ("Nguyễn V. An", "N. Văn An"),
        ("Nguyễn Văn An", "N V An"),
        ("John Fitzgerald Smith", "John F Smith"),
        ("Ông Trần Bình", "Trần Bình"),
        ("Mr John Smith", "John Smith"),
        ("Nguyễn Văn An", "Nguyễn VănAn"),
        ("NGUYEN VANAN", "Nguyễn Văn An"),
        ("HLan Niê", "H'Lan Niê"),
        ("O'Connor Sean", "OCONNOR SEAN"),
        ("Ma-ri-a Trần", "Maria Trần"),
        ("Nguyễn Thu Ý", "Nguyễn Thuý"),
    ],
)
def test_a_part_of_a_name_its_initials_or_another_cut_want_a_look(one: str, other: str) -> None:
    assert grade(one, other) is NameMatch.PARTIAL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lê Thị Hà", "Lê Thị Hạ"),
        ("Lê Thị Thanh", "Lê Thị Thành"),
        ("Nguyễn Đức", "Nguyễn Dức"),
        ("Nguyễn Văn An", "Nguyễn Thị An"),
        ("Nguyễn Văn An", "Trần Văn An"),
        ("Nguyễn Văn An An", "Nguyễn Văn Văn An"),
        ("Đinh Văn Quý", "Đinh Văn Quí"),
        ("Lý Mỹ", "Lí Mĩ"),
        ("Vũ Thúy", "Vũ Thúi"),
        ("N. V. A.", "Nguyễn Văn An"),
        ("N", "Nguyễn"),
        ("Ng. Văn An", "Nguyễn Văn An"),
        ("Nguyễn V. An", "Nguyễn Thị An"),
        ("Hans Müller", "HANS MUELLER"),
        ("Trần Văn An", "Trần Văn \u0410n"),
        ("Trần Văn An", "Trần Văn \uff21\uff4e"),
        ("Trần Văn Long", "Trần Văn L0ng"),
    ],
)
def test_other_letters_are_another_name(one: str, other: str) -> None:
    assert grade(one, other) is NameMatch.DIFFERENT


def test_a_grade_is_at_least_itself_and_whatever_stands_after_it() -> None:
    for place, grade in enumerate(NameMatch):
        assert [other for other in NameMatch if grade.at_least(other)] == list(NameMatch)[place:]


@pytest.mark.parametrize("bad", ["", "x" * 300, "Nguyễn\x00An"])
def test_a_text_that_is_no_name_is_not_compared(bad: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        compare("Nguyễn Văn An", bad)
