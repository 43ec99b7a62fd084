"""What holds for every pair of names: neither order nor spelling matters, and other letters never bring names closer."""

import time
import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from xacthuc.names import NameMatch, compare, fault, normalised

LETTERS = "abcdeghiklmnopqrstuvxyđăâêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữự"
OLD_AND_NEW = ["òa oà", "ọe oẹ", "úy uý", "ủê uể", "ụơ uợ"]

words = st.one_of(
    st.sampled_from(
        ["Nguyễn", "Trần", "Thị", "Văn", "An", "Hòa", "Hoà", "Thủy", "Thuỷ", "Quý", "Niê", "H'Lan", "Y-Blim"]
    ),
    st.text(LETTERS, min_size=1, max_size=7),
)
names = st.lists(words, min_size=1, max_size=6).map(" ".join)
texts = st.text(max_size=60).filter(lambda text: fault(text) is None)
any_names = names | texts
spaces = st.sampled_from([" ", "  ", "\u00a0", "\u3000", " \u200b"])
joints = st.sampled_from(["'", "\u2019", "\u02bc", "-", "\u2011", " ", "' ", ". "])


def base(letter: str) -> str:
    """The letter of the English alphabet below the marks, found without the code under test."""
    return "d" if letter in "đĐ" else unicodedata.normalize("NFD", letter)[0].lower()


@given(any_names, any_names)
def test_two_names_are_as_alike_whichever_comes_first(one: str, other: str) -> None:
    assert compare(one, other) is compare(other, one)


@given(any_names)
def test_every_name_is_itself(name: str) -> None:
    assert compare(name, name) is NameMatch.EXACT


@given(any_names, any_names)
def test_exact_means_one_normal_form(one: str, other: str) -> None:
    assert (compare(one, other) is NameMatch.EXACT) == (normalised(one) == normalised(other))


@given(any_names)
def test_a_normal_form_is_its_own(name: str) -> None:
    normal = normalised(name)
    assume(fault(normal) is None)
    assert normalised(normal) == normal


@given(any_names, any_names)
def test_decomposition_changes_no_grade(one: str, other: str) -> None:
    expected = compare(one, other)
    for form in ("NFC", "NFD"):
        assert compare(unicodedata.normalize(form, one), other) is expected


@given(names, names, spaces)
def test_case_and_spaces_change_no_grade(one: str, other: str, space: str) -> None:
    expected = compare(one, other)
    for respelled in (one.upper(), one.title(), space.join(one.split(" ")), f"{space}{one}{space}"):
        assert compare(respelled, other) is expected


@given(names, st.sampled_from(OLD_AND_NEW), st.text("bchnt", max_size=2), st.sampled_from(["", "n", "nh", "i"]), names)
def test_the_place_of_a_tone_changes_no_grade(before: str, pair: str, onset: str, coda: str, other: str) -> None:
    old, new = (f"{before} {onset}{rime}{coda}" for rime in pair.split())
    assert compare(old, other) is compare(new, other)
    assert compare(old, new) is NameMatch.EXACT


@given(names, joints, joints, names)
def test_how_a_marker_is_joined_changes_no_grade(name: str, one: str, other: str, third: str) -> None:
    assert compare(f"H{one}Lan {name}", f"H{other}Lan {name}") is NameMatch.EXACT
    assert compare(f"H{one}Lan {name}", third) is compare(f"H{other}Lan {name}", third)


@given(names, names, st.integers(0, 60))
def test_a_letter_that_neither_name_has_never_brings_them_closer(one: str, other: str, place: int) -> None:
    # A letter without a mark: taking a mark away makes a name plainer, and plain names are forgiven more.
    assume(place < len(one) and one[place].isascii() and one[place].isalpha())
    changed = f"{one[:place]}w{one[place + 1 :]}"
    assert compare(one, other).at_least(compare(changed, other))


@given(names, st.integers(0, 60), st.sampled_from(LETTERS))
def test_a_name_with_another_letter_below_the_marks_is_no_longer_the_same(name: str, place: int, letter: str) -> None:
    assume(place < len(name) and name[place].isalpha() and base(name[place]) != base(letter))
    changed = f"{name[:place]}{letter}{name[place + 1 :]}"
    assert not compare(name, changed).at_least(NameMatch.SAME_WITHOUT_DIACRITICS)


@given(names, st.sampled_from(["à á", "e ê", "ở ợ", "ư ứ", "đ d"]))
def test_two_names_with_marks_that_differ_are_never_the_same(name: str, letters: str) -> None:
    one, other = (f"{name} Lê {letter}m" for letter in letters.split())
    assert not compare(one, other).at_least(NameMatch.SAME_WITHOUT_DIACRITICS)


@given(names)
def test_a_name_on_a_card_has_only_lost_its_diacritics(name: str) -> None:
    card = "".join(base(letter) for letter in name).upper()
    assert compare(name, card).at_least(NameMatch.SAME_WITHOUT_DIACRITICS)


@given(st.lists(words, min_size=2, max_size=6), st.integers(1, 5))
def test_another_order_keeps_the_words(parts: list[str], turn: int) -> None:
    turned = parts[turn:] + parts[:turn]
    assert compare(" ".join(parts), " ".join(turned)).at_least(NameMatch.SAME_WORDS_OTHER_ORDER)


@given(st.lists(words, min_size=3, max_size=6), st.integers(0, 5))
def test_a_missing_word_leaves_a_part(parts: list[str], place: int) -> None:
    left = [word for number, word in enumerate(parts) if number != place]
    assume(any(len(word) > 1 and word.isalpha() for word in left))
    assert compare(" ".join(parts), " ".join(left)).at_least(NameMatch.PARTIAL)


@given(st.text(max_size=900))
def test_a_text_either_has_a_fault_or_a_normal_form(text: str) -> None:
    expected = fault(text)
    try:
        normal = normalised(text)
    except ValueError as error:
        assert str(error) == f"not a name: {expected}"
    else:
        assert expected is None
        assert normal


@given(
    st.text("ab 'o\u0300\u0323\u0301òy", min_size=150, max_size=200),
    st.text("ba '\u0301ùoê", min_size=150, max_size=200),
)
def test_the_longest_names_are_compared_at_once(one: str, other: str) -> None:
    assume(fault(one) is None and fault(other) is None)
    started = time.process_time()
    compare(one, other)
    # It takes some 50 µs; a search for the best pairs of words would not end.
    assert time.process_time() - started < 0.5
