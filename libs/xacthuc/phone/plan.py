"""The numbering plan of Vietnam as a table, and the one question it answers: whether a text is a person's mobile.

Owns the reading of the plan and the lookup. How people spell numbers is `spelling`; what the answers look like is
`numbers`; every range, reason and sentence is data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.phone.numbers import UNKNOWN_OPERATOR, Mobile, NumberRange, Refusal, RefusalReason
from xacthuc.phone.spelling import Spelled, spelled

_BUNDLED = Path(__file__).with_name("numbering_plan.toml")

_NSN_DIGITS = 9
"""Every mobile number of Vietnam since 15 September 2018."""
_OLD_NSN_DIGITS = 10
"""The mobile numbers that were converted on that day."""
_KEPT_DIGITS = 7
"""The digits at the end of a number that the conversion left as they were."""
_INDEX_DIGITS = 3
"""The plan tells ranges apart by at most this many digits after the trunk prefix, such as 0559."""


@dataclass(frozen=True, slots=True)
class _MobileRow:
    prefixes: tuple[str, ...]
    owner: str
    confirmed: bool
    source: str


@dataclass(frozen=True, slots=True)
class _RefusedRow:
    prefixes: tuple[str, ...]
    reason: RefusalReason
    fewest_digits: int
    most_digits: int
    source: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    en: str
    vi: str


@dataclass(frozen=True, slots=True)
class _PlanFile:
    version: str
    mobile: tuple[_MobileRow, ...]
    refused: tuple[_RefusedRow, ...]
    short_codes: tuple[_RefusedRow, ...]
    converted_2018: Mapping[str, str]
    refusals: Mapping[RefusalReason, _Sentence]


class NumberPlan:
    """A loaded numbering plan. Immutable; one instance serves a process and any number of tasks and threads."""

    __slots__ = ("_converted", "_mobile", "_refusals", "_refused", "_short_codes", "version")

    def __init__(self, file: _PlanFile) -> None:
        """Indexes the rows; DataFileError when two of them contradict each other. Use `load`."""
        self.version = file.version
        self._mobile = _mobile_index(file.mobile)
        self._converted = _converted_index(file.converted_2018, self._mobile)
        self._refused = _longest_first(file.refused)
        self._short_codes = _longest_first(file.short_codes)
        self._refusals = {
            reason: Refusal(reason, en=sentence.en, vi=sentence.vi) for reason, sentence in file.refusals.items()
        }

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Reads the plan at `path`, or the bundled one; a newer plan is a file, not a release (R28).

        DataFileError names the row or key that cannot be used.
        """
        return cls(datafile.decode(_PlanFile, datafile.read(path or _BUNDLED)))

    def parse(self, text: str) -> Mobile | Refusal:
        """Returns the mobile number that `text` spells, or why it spells none. Never raises for a bad number."""
        e164 = self.plain(text)
        return self._parse_any(text) if e164 is None else Mobile(e164, self._mobile[e164[3:6]])

    def plain(self, text: str) -> str | None:
        """Returns the E.164 of a mobile number in one of the two spellings that platforms send, None for anything else.

        That is about all of the traffic. `parse` gives the same answer, and says what anything else is.
        """
        if len(text) == 12 and text.startswith("+84"):  # noqa: PLR2004 - the length of an E.164 mobile of Vietnam
            e164 = text
        elif len(text) == 10 and text[0] == "0":  # noqa: PLR2004 - the length of its national form
            e164 = "+84" + text[1:]
        else:
            return None
        return e164 if e164[3:6] in self._mobile and e164.isascii() and e164[3:].isdigit() else None

    @property
    def operators(self) -> frozenset[str]:
        """All that `Mobile.operator` can say: the closed set of that label."""
        return frozenset({UNKNOWN_OPERATOR, *(found.operator for found in self._mobile.values())})

    def refusal(self, reason: RefusalReason) -> Refusal:
        """Returns the refusal with the plan's sentences for `reason`."""
        return self._refusals[reason]

    def _parse_any(self, text: str) -> Mobile | Refusal:
        number = spelled(text)
        if isinstance(number, RefusalReason):
            return self._refusals[number]
        return self._mobile_of(number.nsn) or self._refusals[self._reason(number)]

    def _mobile_of(self, nsn: str) -> Mobile | None:
        new_prefix = self._converted.get(nsn[:-_KEPT_DIGITS]) if len(nsn) == _OLD_NSN_DIGITS else None
        if new_prefix:
            nsn = new_prefix + nsn[-_KEPT_DIGITS:]
        found = self._mobile.get(nsn[:_INDEX_DIGITS])
        if found is None or len(nsn) != _NSN_DIGITS:
            return None
        return Mobile("+84" + nsn, found, converted_from_2018=new_prefix is not None)

    def _reason(self, number: Spelled) -> RefusalReason:
        nsn, digits = number.nsn, len(number.nsn)
        for row in (*(self._short_codes if number.as_dialled else ()), *self._refused):
            if nsn.startswith(row.prefixes) and row.fewest_digits <= digits <= row.most_digits:
                return row.reason
        if digits < _NSN_DIGITS:
            return RefusalReason.TOO_SHORT
        return RefusalReason.TOO_LONG if digits > _NSN_DIGITS else RefusalReason.UNASSIGNED_RANGE


def _national_prefix(prefix: str, where: str) -> str:
    """Prefixes stand in the file as people write them, with the trunk zero where one is dialled."""
    if not prefix.isascii() or not prefix.isdigit():
        raise DataFileError(f"{where}: {prefix!r} is not a prefix; write digits such as 091")
    return prefix.removeprefix("0")


def _mobile_index(rows: tuple[_MobileRow, ...]) -> dict[str, NumberRange]:
    """Maps every three digits after the trunk prefix to their row; a longer prefix wins over the shorter around it."""
    by_prefix: dict[str, NumberRange] = {}
    for number, row in enumerate(rows):
        for prefix in row.prefixes:
            national = _national_prefix(prefix, f"mobile[{number}].prefixes")
            if not 1 < len(national) <= _INDEX_DIGITS:
                raise DataFileError(f"mobile[{number}].prefixes: {prefix} must have 3 or 4 digits, such as 091 or 0559")
            if national in by_prefix:
                raise DataFileError(f"mobile[{number}].prefixes: {prefix} stands in two rows")
            by_prefix[national] = NumberRange(row.owner, row.confirmed)
    index: dict[str, NumberRange] = {}
    for national in sorted(by_prefix, key=len):
        missing = _INDEX_DIGITS - len(national)
        index |= {
            f"{national}{tail:0{missing}}" if missing else national: by_prefix[national] for tail in range(10**missing)
        }
    return index


def _converted_index(rows: Mapping[str, str], mobile: Mapping[str, NumberRange]) -> dict[str, str]:
    converted = {
        _national_prefix(old, f"converted_2018.{old}"): _national_prefix(new, f"converted_2018.{old}")
        for old, new in rows.items()
    }
    for old, new in converted.items():
        lengths = (len(old) + _KEPT_DIGITS, len(new) + _KEPT_DIGITS)
        if lengths != (_OLD_NSN_DIGITS, _NSN_DIGITS) or f"{new}0" not in mobile:
            raise DataFileError(f"converted_2018.0{old}: must lead from 4 digits to a mobile prefix of 3")
    return converted


def _longest_first(rows: tuple[_RefusedRow, ...]) -> tuple[_RefusedRow, ...]:
    """Orders rows so that the first that fits is the most exact; a row is split where its prefixes differ in length."""
    single = [
        _RefusedRow(
            (_national_prefix(prefix, "refused.prefixes"),), row.reason, row.fewest_digits, row.most_digits, row.source
        )
        for row in rows
        for prefix in row.prefixes
    ]
    return tuple(sorted(single, key=lambda row: -len(row.prefixes[0])))
