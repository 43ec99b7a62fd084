"""The scheme of personal ID numbers, and the one question it answers: whether a text may be somebody's number.

Owns the clean-up, the check against the declared birth date, and the reading of the scheme. What the answers look like is
`numbers`; every code, century and sentence is data.

Twelve digits: three for the place of birth registration, one for century and sex, two for the year of birth, six at
random (Decree 137/2015/NĐ-CP Art. 13, Circular 07/2016/TT-BCA Art. 7; twelve digits also in Law 26/2023/QH15 Art. 12).
None of them is a check digit, so a slip in the last six goes unseen here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Self
from unicodedata import category

from xacthuc import datafile
from xacthuc.datafile import DataFileError, Source
from xacthuc.personal_id.numbers import Doubt, PersonalId, Refusal, RefusalReason

_BUNDLED = Path(__file__).with_name("scheme.toml")

MAXIMUM_CHARACTERS = 64
"""Longer texts are refused unread. Twelve digits with a separator after each have 23."""

_DIGITS = 12
_CMND_DIGITS = 9
_PLACE = slice(0, 3)
_CENTURY = 3
_YEAR = slice(4, 6)
_ALL_DIGITS = "0123456789"

# The everyday separators, removed in one pass; a text that has others takes the slower way through `_digits`.
_ASCII_SEPARATORS = str.maketrans("", "", " .-")
# Beyond spaces (Zs) and dashes (Pd), which are recognised by their Unicode category.
_SEPARATORS = frozenset(".\u2212\t\r\n")
# Cf: the invisible marks that come along with a number copied from a page.
_SEPARATOR_CATEGORIES = frozenset({"Zs", "Pd", "Cf"})

_UNKNOWN_PLACE = (Doubt.UNKNOWN_PLACE,)


@dataclass(frozen=True, slots=True)
class Place:
    """A province or city that registered births under a code of its own."""

    name: str
    """Its name when the code was made; a code stays with a number for life, whatever becomes of the place."""
    now: str = ""
    """The province or city it belongs to today; empty where nothing changed."""

    @property
    def today(self) -> str:
        """The name of today's province or city."""
        return self.now or self.name


@dataclass(frozen=True, slots=True)
class _Century:
    digits: str
    first_year: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    en: str
    vi: str


@dataclass(frozen=True, slots=True)
class _SchemeFile:
    version: str
    sources: Mapping[str, Source]
    centuries: tuple[_Century, ...]
    places: Mapping[str, Place]
    refusals: Mapping[RefusalReason, _Sentence]


class PersonalIdScheme:
    """A loaded scheme. Immutable; one instance serves a process and any number of tasks and threads."""

    __slots__ = ("_first_years", "_refusals", "places", "sources", "version")

    def __init__(self, file: _SchemeFile) -> None:
        """Indexes the tables; DataFileError when one of them cannot be used. Use `load`."""
        self.version = file.version
        self.sources = file.sources
        self.places = _checked_places(file.places)
        self._first_years = _first_years(file.centuries)
        self._refusals = {
            reason: Refusal(reason, en=sentence.en, vi=sentence.vi) for reason, sentence in file.refusals.items()
        }

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Reads the scheme at `path`, or the bundled one; a new code is a file, not a release.

        DataFileError names the row or key that cannot be used.
        """
        return cls(datafile.decode(_SchemeFile, datafile.read(path or _BUNDLED)))

    def parse(self, text: str, birth_date: date, today: date) -> PersonalId | Refusal:
        """Returns the number that `text` spells, or why it cannot be the number of somebody born on `birth_date`.

        Spaces, dots, dashes and invisible marks are dropped first; digits of other scripts are refused, for a number
        that another system has to look up is typed as it is printed (R39). `birth_date` is one that registration has
        let through, and `today` is the date in Vietnam (R9). Sex is not asked for, so its half of the century digit is
        not checked. Never raises for a bad number.
        """
        number = text if len(text) == _DIGITS and text.isascii() and text.isdigit() else _digits(text)
        if isinstance(number, RefusalReason):
            return self._refusals[number]
        birth_year = self._first_years[number[_CENTURY]] + int(number[_YEAR])
        if birth_year > today.year:
            return self._refusals[RefusalReason.FUTURE_BIRTH_YEAR]
        if birth_year != birth_date.year:
            return self._refusals[RefusalReason.BIRTH_YEAR_MISMATCH]
        return PersonalId(number, () if number[_PLACE] in self.places else _UNKNOWN_PLACE)

    def refusal(self, reason: RefusalReason) -> Refusal:
        """Returns the refusal with the scheme's sentences for `reason`."""
        return self._refusals[reason]


def _digits(text: str) -> str | RefusalReason:
    """Returns the twelve ASCII digits in `text`, or why it has not just these."""
    if len(text) > MAXIMUM_CHARACTERS:
        return RefusalReason.TOO_LONG
    digits = text.translate(_ASCII_SEPARATORS)
    if not (digits.isascii() and digits.isdigit()):
        digits = "".join(character for character in digits if not _separates(character))
        if digits and not digits.isdecimal():
            return RefusalReason.NOT_DIGITS
        if not digits.isascii():
            return RefusalReason.OTHER_SCRIPT
    if len(digits) == _CMND_DIGITS:
        return RefusalReason.CMND
    if len(digits) < _DIGITS:
        return RefusalReason.TOO_SHORT
    return RefusalReason.TOO_LONG if len(digits) > _DIGITS else digits


def _separates(character: str) -> bool:
    return character in _SEPARATORS or category(character) in _SEPARATOR_CATEGORIES


def _checked_places(places: Mapping[str, Place]) -> Mapping[str, Place]:
    for code in places:
        if len(code) != _PLACE.stop or not code.isascii() or not code.isdigit():
            raise DataFileError(f"places.{code}: write a code of three digits, such as 001")
    return MappingProxyType(dict(places))


def _first_years(centuries: tuple[_Century, ...]) -> dict[str, int]:
    """Maps each digit to the first year of its century; every digit stands in exactly one row."""
    first_years = {digit: century.first_year for century in centuries for digit in century.digits}
    if "".join(sorted("".join(century.digits for century in centuries))) != _ALL_DIGITS:
        raise DataFileError("centuries.digits: each of the digits 0 to 9 must stand in exactly one row")
    return first_years
