"""Samples: accounts as a Vietnamese platform has them, dirt included, for trials and measurements. Nobody's data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.backfill.adapters.memo import Memo
from xacthuc.backfill.adapters.people import Dirt
from xacthuc.names.spelling import without_diacritics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xacthuc.backfill.adapters.people import Names, People

    Row = list[str]

T = TypeVar("T")

_ROWS_AT_ONCE: Final = 2_000
_YEAR_DAYS: Final = 365.2425
_FIRST_PROOF: Final = datetime(2019, 1, 1, tzinfo=UTC)
_ACCOUNT, _NAME, _BORN, _NUMBER = range(4)
"""Places of columns."""


class Sample:
    """An endless sample, of which any number of rows is the beginning: 10 are the first 10 of a million."""

    def __init__(self, people: People, seed: int) -> None:
        """The same seed gives the same rows."""
        self._people, self._seed = people, seed
        self._today = people.as_of.toordinal()
        self._days: Memo[int, str] = Memo(lambda day: f"{date.fromordinal(day):%d/%m/%Y}")
        self._shop = f"0399{Random(seed).randrange(10**6):06}"
        self._proofs = (datetime.combine(people.as_of, datetime.min.time(), UTC) - _FIRST_PROOF) // timedelta(minutes=1)

    def rows(self, count: int) -> Iterator[Sequence[Row]]:
        """Yields rows of the people's headings, some thousands at a time."""
        for first in range(0, count, _ROWS_AT_ONCE):
            yield self._block(first)[: count - first]

    def _block(self, first: int) -> list[Row]:
        people, size = self._people, _ROWS_AT_ONCE
        chance = Random(f"{self._seed}/{first}")
        proven = [each < people.proven for each in _chances(chance, size)]
        columns = (
            [f"u{number:09}" for number in range(first, first + size)],
            self._names(chance, size),
            self._birth_dates(chance, size),
            self._numbers(chance, size),
            [self._proof(chance) if each else "" for each in proven],
            ["sms_code" if each else "" for each in proven],
            ["có" if each < people.sells else "" for each in _chances(chance, size)],
            ["có" if each < people.no_mobile else "" for each in _chances(chance, size)],
        )
        rows = [list(row) for row in zip(*columns, strict=True)]
        for row in rows:
            if row[-1]:
                row[_NUMBER] = ""
        self._soil(rows, chance)
        return rows

    def _names(self, chance: Random, size: int) -> list[str]:
        surnames = _drawn(chance, self._people.surnames, size)
        women, men = (_given(chance, each, size) for each in (self._people.women, self._people.men))
        both = zip(_chances(chance, size), surnames, women, men, strict=True)
        return [f"{surname} {her if each < 0.5 else his}" for each, surname, her, his in both]  # noqa: PLR2004 - half of all

    def _birth_dates(self, chance: Random, size: int) -> list[str]:
        bands = _drawn(chance, {each: each.share for each in self._people.ages}, size)
        spread = zip(bands, _chances(chance, size), strict=True)
        ages = (band.first + (band.last + 1 - band.first) * each for band, each in spread)
        return [self._days[self._today - int(age * _YEAR_DAYS)] for age in ages]

    def _numbers(self, chance: Random, size: int) -> list[str]:
        shares = {
            prefix: ranges.share / len(ranges.prefixes) for ranges in self._people.numbers for prefix in ranges.prefixes
        }
        prefixes = zip(_drawn(chance, shares, size), _chances(chance, size), strict=True)
        return [(prefix + f"{int(each * 10**7):07}")[:10] for prefix, each in prefixes]

    def _proof(self, chance: Random) -> str:
        at = _FIRST_PROOF + timedelta(minutes=int(chance.random() * self._proofs))
        return at.strftime("%Y-%m-%d %H:%M:00")

    def _soil(self, rows: list[Row], chance: Random) -> None:
        dirt = self._people.dirt
        share = sum(dirt.values())
        soiled = (at for at, each in enumerate(_chances(chance, len(rows))) if each < share)
        for at in soiled:
            self._spoil(rows, at, _drawn(chance, dirt, 1)[0], chance)

    def _spoil(self, rows: list[Row], at: int, kind: Dirt, chance: Random) -> None:
        row, other = rows[at], rows[int(chance.random() * (at + 1))]
        if kind is Dirt.SAME_ACCOUNT:
            row[:] = other
        elif kind is Dirt.SHARED_NUMBER:
            row[_NUMBER] = other[_NUMBER]
        elif kind is Dirt.SHOPS_NUMBER:
            row[_NUMBER] = self._shop
        elif kind is Dirt.BORN_TOMORROW:
            row[_BORN] = f"{self._people.as_of + timedelta(days=400):%d/%m/%Y}"
        elif kind is Dirt.NUMBER_FOR_ACCOUNT:
            row[_ACCOUNT] = row[_NUMBER]
        else:
            place, spoilt = _SPOILT[kind]
            row[place] = spoilt(row[place], chance)


def _chances(chance: Random, size: int) -> list[float]:
    return [chance.random() for _ in range(size)]


def _drawn(chance: Random, shares: Mapping[T, float], size: int) -> list[T]:
    return chance.choices(list(shares), cum_weights=list(accumulate(shares.values())), k=size)


def _given(chance: Random, parts: Names, size: int) -> list[str]:
    drawn = zip(chance.choices(parts.middle, k=size), chance.choices(parts.given, k=size), strict=True)
    return [f"{middle} {given}" for middle, given in drawn]


def _spelled_otherwise(number: str, chance: Random) -> str:
    """Spells a number as forms, people and spreadsheets do."""
    shapes = (
        f"+84{number[1:]}",
        f"84{number[1:]}",
        f"0084{number[1:]}",
        f"{number[:4]} {number[4:7]} {number[7:]}",
        f"{number[:4]}.{number[4:7]}.{number[7:]}",
        f"+84 (0){number[1:3]}-{number[3:6]}-{number[6:]}",
        number[1:],  # a spreadsheet took it for a figure
        f"'{number}",
    )
    return shapes[int(chance.random() * len(shapes))] if number else ""


def _digits(chance: Random, count: int) -> str:
    return f"{int(chance.random() * 10**count):0{count}}"


def _iso(born: str, _: Random) -> str:
    day, month, year = born.split("/")
    return f"{year}-{month}-{day}"


_OLD_PREFIXES: Final = ("0162", "0165", "0168", "0169", "0120", "0122", "0126", "0123", "0125", "0188", "0199")
_SPOILT: Final[Mapping[Dirt, tuple[int, Callable[[str, Random], str]]]] = {
    Dirt.SPELLED_OTHERWISE: (_NUMBER, _spelled_otherwise),
    Dirt.ELEVEN_DIGITS: (_NUMBER, lambda _, chance: chance.choice(_OLD_PREFIXES) + _digits(chance, 7)),
    Dirt.NO_NUMBER: (_NUMBER, lambda _, chance: chance.choice(("", "", "NULL", "N/A", "không có"))),
    Dirt.LANDLINE: (_NUMBER, lambda _, chance: chance.choice(("0243", "0283", "0236")) + _digits(chance, 7)),
    Dirt.FOREIGN_NUMBER: (_NUMBER, lambda _, chance: chance.choice(("+8210", "+1415", "+8170")) + _digits(chance, 8)),
    Dirt.NO_SUCH_NUMBER: (
        _NUMBER,
        lambda number, chance: chance.choice((number[:-1], "9.12346E+08", "xxxxxxxxxx", "113")),
    ),
    Dirt.NO_BIRTH_DATE: (_BORN, lambda _, chance: chance.choice(("", "", "NULL"))),
    Dirt.ISO_BIRTH_DATE: (_BORN, _iso),
    Dirt.NO_SUCH_DAY: (_BORN, lambda _, chance: chance.choice(("31/02/1995", "00/00/0000", "1992", "12/5/94"))),
    Dirt.NO_NAME: (_NAME, lambda _, chance: chance.choice(("", "NULL", "."))),
    Dirt.PLAIN_NAME: (_NAME, lambda name, _: without_diacritics(name)),
    Dirt.SHOUTED_NAME: (_NAME, lambda name, _: name.upper()),
    Dirt.SPACED_NAME: (_NAME, lambda name, _: f"  {name.replace(' ', '  ')} "),
    Dirt.NO_ACCOUNT: (_ACCOUNT, lambda _, __: ""),
}
