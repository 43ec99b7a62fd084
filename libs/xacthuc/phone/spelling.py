"""How people write phone numbers: from any spelling to the digits after the country code. Knows no ranges.

Follows RFC 3966 for `tel:` and the dialling rules of Vietnam: trunk prefix 0, international prefix 00, country code 84
(ITU-T E.164 and E.164.1 national numbering plan of Viet Nam).
"""

import re
from typing import NamedTuple
from unicodedata import category, decimal

from xacthuc.phone.numbers import RefusalReason

MAXIMUM_CHARACTERS = 64
"""Longer texts are refused unread. The longest honest spelling, a `tel:` URI with a context, has about 40."""

COUNTRY_CODE = "84"
_INTERNATIONAL_PREFIX = "00"
_TRUNK_PREFIX = "0"
_NSN_DIGITS = 9

# The everyday separators, removed in one pass; a text that has others takes the slower way through `_digits`.
_ASCII_SEPARATORS = str.maketrans("", "", " -().[]/")
# Beyond spaces (Zs) and dashes (Pd), which are recognised by their Unicode category.
_SEPARATORS = frozenset("()[].\uff08\uff09\uff3b\uff3d\uff0e/\uff0f\u2212\t")
_PLUSES = frozenset("+\uff0b")


class _Meanings(dict[int, str | None]):
    """What a character is in a number: a digit, a plus, nothing at all (None), or itself, which no number has.

    A table for `str.translate` that learns. It keeps what may stand in a number, some 900 characters of Unicode; whatever
    else texts bring is looked up again each time, so that nobody can make it grow.
    """

    def __missing__(self, point: int) -> str | None:
        character = chr(point)
        digit = decimal(character, None)
        # Cf: the invisible direction marks and joiners that address books wrap around a copied number.
        if digit is not None:
            meaning: str | None = str(digit)
        elif character in _PLUSES:
            meaning = "+"
        elif character in _SEPARATORS or category(character) in {"Zs", "Pd", "Cf"}:
            meaning = None
        else:
            return character
        self[point] = meaning
        return meaning


_MEANINGS = _Meanings()

# What offices write between a number and an extension. It needs a whole number before it, and digits after it.
_EXTENSION = re.compile(r"(?:\d\D{0,4}){9,}?(?:ext(?:ension|n)?|x|#|~|,|;|máy lẻ|số lẻ|nhánh)[\s.:=]*\d{1,7}#?$")
_EXTENSION_MARKS = frozenset("xX#~,;ẻẺhH")
"""Each of its words has one of these: a text without them, which most are, need not be searched."""


class Spelled(NamedTuple):
    """The digits of a Vietnamese number."""

    nsn: str
    """What follows the country code or the trunk prefix: any number of ASCII digits, perhaps none."""
    as_dialled: bool
    """Whether neither stood before it, so that it may be a short code such as 113."""


def spelled(text: str) -> Spelled | RefusalReason:
    """Returns the national digits in `text`, or why there are none.

    Reasons: TOO_LONG beyond MAXIMUM_CHARACTERS, EXTENSION, FOREIGN (R1), TOO_SHORT for a bare prefix, NOT_A_NUMBER for
    whatever has other characters than digits, separators and one leading plus.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        return RefusalReason.TOO_LONG
    if text.isascii():
        digits = text.translate(_ASCII_SEPARATORS)
        if digits[digits[:1] == "+" :].isdigit():
            return _national(digits)
    return _uncommon(text.strip())


def _uncommon(text: str) -> Spelled | RefusalReason:
    """Reads what has more than ASCII digits and everyday separators: URIs, extensions, other scripts, pasted marks."""
    number = text[4:] if text[:4].lower() == "tel:" else text
    if not _EXTENSION_MARKS.isdisjoint(number) and _EXTENSION.search(number.lower()):
        return RefusalReason.EXTENSION
    number, *parameters = number.split(";")
    refused = _refused_parameter(parameters)
    if refused:
        return refused
    digits = _digits(number)
    return _national(digits) if digits else RefusalReason.NOT_A_NUMBER


def _refused_parameter(parameters: list[str]) -> RefusalReason | None:
    """Reads the parameters of a `tel:` URI (RFC 3966 section 3); those it does not know are ignored, as section 4 asks."""
    for parameter in parameters:
        name, _, value = parameter.strip().lower().partition("=")
        if name in {"ext", "isub"}:
            return RefusalReason.EXTENSION
        if name == "phone-context" and value.lstrip("+") != COUNTRY_CODE:
            return RefusalReason.FOREIGN if value.startswith("+") else RefusalReason.NOT_A_NUMBER
    return None


def _digits(number: str) -> str | None:
    """Returns ASCII digits, after a `+` when one leads; None when anything else than separators stands between them."""
    digits = number.translate(_MEANINGS)
    after_plus = digits[digits[:1] == "+" :]
    return digits if after_plus.isascii() and after_plus.isdigit() else None


def _national(digits: str) -> Spelled | RefusalReason:
    if digits[0] == "+":
        return _after_country_code(digits[1:])
    if digits.startswith(_INTERNATIONAL_PREFIX):
        return _after_country_code(digits[2:])
    if digits[0] == _TRUNK_PREFIX:
        return Spelled(digits[1:], as_dialled=False)
    # Nine digits are a whole number whose leading zero was lost, as spreadsheets do; 084 is a mobile range too.
    if digits.startswith(COUNTRY_CODE) and len(digits) != _NSN_DIGITS:
        return _after_country_code(digits)
    return Spelled(digits, as_dialled=True)


def _after_country_code(digits: str) -> Spelled | RefusalReason:
    if not digits.startswith(COUNTRY_CODE):
        if COUNTRY_CODE.startswith(digits):
            return RefusalReason.TOO_SHORT
        # No country code begins with 0 (ITU-T E.164 annex to the list of assigned codes).
        return RefusalReason.NOT_A_NUMBER if digits[0] == "0" else RefusalReason.FOREIGN
    return Spelled(digits[2:].removeprefix(_TRUNK_PREFIX), as_dialled=False)
