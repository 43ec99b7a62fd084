"""How people write the same name: from any spelling to one normal form, and to one without diacritics.

What is folded together, because no paper tells it apart: composed and decomposed letters, upper and lower case, kinds and
numbers of spaces, apostrophes, hyphens, dots and commas, and the two places of a tone mark. What is not:

- i and y (Quý and Quí, Mỹ and Mĩ). Spelling reforms except proper names, so each letter is the one on the birth
  certificate, and papers that differ in it are corrected by the civil registry, not by us.
- Letters of other alphabets that merely look alike. A Cyrillic a in a name is a mistake or a trick, and stays one.
- Titles. Ông and Anh are titles, a surname and a given name; nobody can strip the first without harming the others.
- Diacritics that a card or a keyboard lost. That is a weaker likeness, and `matching` says so.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final
from unicodedata import category, normalize

NORMAL_FORM: Final = 1
"""The version of `normalised`. It goes into a keyed hash beside the name: a changed rule then never meets an old hash."""

MAXIMUM_CHARACTERS = 200
"""Of the composed form; what the contract accepts as `full_name`."""

_LONGEST_DECOMPOSITION = 4
"""No character has more in canonical decomposition (U+1F82; Unicode Standard Annex #15, maximum expansion factors)."""


class NameFault(StrEnum):
    """Why a text cannot be somebody's name. Closed."""

    TOO_LONG = "TOO_LONG"
    CONTROL_CHARACTERS = "CONTROL_CHARACTERS"
    """Holds a control character, a line break, an override of the writing direction, or a code that is no character."""
    NO_LETTERS = "NO_LETTERS"
    """Is empty, or shows no letter."""


# Control characters, line and paragraph separators, and codes that are surrogates, private or not assigned. The last keep
# `normalised` stable: Unicode promises nothing for a code that it has not assigned yet.
_REFUSED_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs", "Co", "Cn"})
# Explicit directional formatting (Unicode Standard Annex #9 section 2): makes an officer read another name than is there.
_DIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Fillers of the Hangul script: letters to Unicode, and nothing at all to the eye.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")

_APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032\uff07"
_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
# An apostrophe parts words as a space does: papers have H'Lan, H' Lan and H Lan for one name, Y-Blim and Y Blim.
_SEPARATORS = dict.fromkeys(f"{_APOSTROPHES}{_HYPHENS}.,", " ")

# The only letters taken for another. In capitals nobody can see them apart from đ, and the eth is what it becomes when
# Windows-1258 is read as Windows-1252, as in many an old list; no two names differ by them.
_DISGUISED_D = {"\u00f0": "\u0111", "\u0256": "\u0111"}
_RESPELLED = str.maketrans(_SEPARATORS | _DISGUISED_D)

_TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook above, dot below: huyền, sắc, ngã, hỏi, nặng."""

# Where the old way puts the tone on the glide and the new way on the main vowel: oa, oe, uy. The old way has two
# exceptions, uê and uơ, which careless typing turns into rules, so they are here too. A syllable has one tone and no two
# words differ by its place, so a pair is safe before a final letter as well (họat for hoạt).
# Sources that agree: lehboi.github.io/kinh-nghiem/chu-viet/ghi-dau-thanh-1 (new); help.launchpad.net/Translations/
# Vietnamese/Spelling (old, with the exceptions); the rimes of viphoneme (oa, oe, uy with either place of five tones).
_GLIDE_AND_VOWEL = (("o", "a"), ("o", "e"), ("u", "y"), ("u", "\u00ea"), ("u", "\u01a1"))
_NEW_PLACEMENT: Final = {
    normalize("NFC", glide + tone) + vowel: glide + normalize("NFC", vowel + tone)
    for glide, vowel in _GLIDE_AND_VOWEL
    for tone in _TONES
}
# A vowel that carries one more mark of its own is another letter.
_OLD_PLACEMENT = re.compile("(?:" + "|".join(_NEW_PLACEMENT) + ")(?![\u0300-\u036f])")

# Letters that cards write without their stroke or apart, and that have no canonical decomposition: ICAO Doc 9303 part 3
# section 6, except that Ø is more often written O than OE.
_STROKES = {
    "\u0111": "d", "\u0180": "b", "\u0142": "l", "\u00f8": "o", "\u0127": "h", "\u0167": "t",
    "\u0131": "i", "\u014b": "n", "\u00e6": "ae", "\u0153": "oe", "\u00fe": "th",
}  # fmt: skip
_MARKS = dict.fromkeys(map(chr, range(0x0300, 0x0370)), "")
_PLAIN = str.maketrans(_STROKES | _MARKS)


def fault(name: str) -> NameFault | None:
    """Returns why `name` cannot be a name, or None. Which letters a name may have is left to the registry office."""
    if len(name) > MAXIMUM_CHARACTERS * _LONGEST_DECOMPOSITION:
        return NameFault.TOO_LONG
    if not name.isprintable() and any(map(_is_refused, name)):
        return NameFault.CONTROL_CHARACTERS
    if len(name) > MAXIMUM_CHARACTERS and len(normalize("NFC", name)) > MAXIMUM_CHARACTERS:
        return NameFault.TOO_LONG
    if name[:1].isalpha() and name[0] not in _BLANK_LETTERS:  # nearly always, and it saves the search
        return None
    if not any(character.isalpha() and character not in _BLANK_LETTERS for character in name):
        return NameFault.NO_LETTERS
    return None


def normalised(name: str) -> str:
    """Returns the one spelling of all that are EXACT to each other: lower case, new tone placement, single spaces.

    For keyed hashes, such as those of "same name and birth date". The answer for a name is the same in every process and
    under every version of Python: the steps are frozen under NORMAL_FORM, and Unicode keeps normalisation and case
    folding of assigned characters stable (unicode.org/policies/stability_policy.html). It is as personal as the name.
    Raises ValueError with the fault of a name that has one.
    """
    faulty = fault(name)
    if faulty is not None:
        # The name itself stays out of the message: messages are logged.
        raise ValueError(f"not a name: {faulty}")
    return " ".join(filter(None, map(_normal_word, name.split(" "))))


@lru_cache(maxsize=4_096)
def _normal_word(word: str) -> str:
    """Returns what becomes of a word, as no step looks across a space; it may part in several, or be nothing.

    Kept, since names of millions are made of a few thousand words.
    """
    # Unicode definition D145, canonical caseless matching.
    folded = normalize("NFC", normalize("NFD", _visible(word)).casefold())
    return " ".join(_OLD_PLACEMENT.sub(_new_placement, folded.translate(_RESPELLED)).split())


def without_diacritics(normal: str) -> str:
    """Returns a normalised name as a card in plain capitals would have it: no tones, no marks, d for đ."""
    return normal if normal.isascii() else normalize("NFC", normalize("NFD", normal).translate(_PLAIN))


def _is_refused(character: str) -> bool:
    return character in _DIRECTIONAL or category(character) in _REFUSED_CATEGORIES


def _visible(name: str) -> str:
    """Drops what nobody sees: joiners, soft hyphens and marks of direction (Cf) that come with pasted text, fillers."""
    if name.isprintable() and _BLANK_LETTERS.isdisjoint(name):
        return name
    return "".join(character for character in name if category(character) != "Cf" and character not in _BLANK_LETTERS)


def _new_placement(pair: re.Match[str]) -> str:
    return _NEW_PLACEMENT[pair[0]]
