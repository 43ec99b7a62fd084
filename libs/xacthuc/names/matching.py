"""How alike two names are: one grade, of a closed scale. Owns the scale and its meaning; spelling is `spelling`."""

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from xacthuc.names.spelling import normalised, without_diacritics


class NameMatch(StrEnum):
    """How alike two names are, closest first. Closed. Compare grades with `at_least`, never as strings."""

    EXACT = "EXACT"
    """One name: what differs is in no letter (case, spaces, apostrophes, hyphens, place of the tone mark)."""
    SAME_WITHOUT_DIACRITICS = "SAME_WITHOUT_DIACRITICS"
    """One of the two is written without any diacritics, as on cards, and the letters below them are the same.

    Where both have diacritics that differ, they are two names: Hà is not Hạ, and beside Lê, Thanh is not Thành.
    """
    SAME_WORDS_OTHER_ORDER = "SAME_WORDS_OTHER_ORDER"
    """The same words, with or without diacritics as above, but in another order, as when the surname is put last."""
    PARTIAL = "PARTIAL"
    """Somebody should look: one is part of the other, has initials, or cuts the same letters into other words.

    Covers a missing middle name, a title before the name, and NGUYEN VANAN.
    """
    DIFFERENT = "DIFFERENT"

    def at_least(self, grade: "NameMatch") -> bool:
        """Whether this grade is as close as `grade`, or closer."""
        return _DISTANCE[self] <= _DISTANCE[grade]


_DISTANCE: Final = {grade: distance for distance, grade in enumerate(NameMatch)}


def compare(one: str, other: str) -> NameMatch:
    """Returns how alike two names are, whichever comes first.

    EXACT is the same as equal `normalised` forms. Abbreviations of more than one letter (Ng., Th.) and transliterations
    that add letters (Müller, Mueller) are not seen through. Raises ValueError for a text that `fault` refuses.
    """
    left, right = normalised(one), normalised(other)
    if left == right:
        return NameMatch.EXACT
    plain_left, plain_right = without_diacritics(left), without_diacritics(right)
    if plain_left == left or plain_right == right:
        left, right = plain_left, plain_right
        if left == right:
            return NameMatch.SAME_WITHOUT_DIACRITICS
    shorter, longer = sorted((left.split(), right.split()), key=len)
    if sorted(shorter) == sorted(longer):
        return NameMatch.SAME_WORDS_OTHER_ORDER
    if left.replace(" ", "") == right.replace(" ", "") or _contains(longer, shorter):
        return NameMatch.PARTIAL
    return NameMatch.DIFFERENT


def _contains(longer: Collection[str], shorter: Collection[str]) -> bool:
    """Whether every word of `shorter` has one of its own in `longer`: the same, or its initial, or what it is one of.

    One whole word must be shared: initials alone fit anybody. Counting suffices, since an initial fits any word that
    begins with it; nothing is searched, so 200 characters cost as little as 20.
    """
    shared = Counter(shorter) & Counter(longer)
    if not any(len(word) > 1 for word in shared):
        return False
    short_initials, short_words = _by_first_letter(Counter(shorter) - shared)
    long_initials, long_words = _by_first_letter(Counter(longer) - shared)
    return short_initials <= long_words and short_words <= long_initials


def _by_first_letter(words: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Counts initials, and whole words, by the letter they begin with."""
    initials: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for word, times in words.items():
        (initials if len(word) == 1 else whole)[word[0]] += times
    return initials, whole
