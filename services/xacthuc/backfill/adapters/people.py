"""Who samples are made of: names, ages, numbers and dirt as data, with their shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from xacthuc import datafile

_BUNDLED: Final = Path(__file__).with_name("people.toml")


class Dirt(StrEnum):
    """What can be wrong with a row. Closed."""

    SPELLED_OTHERWISE = "SPELLED_OTHERWISE"
    ELEVEN_DIGITS = "ELEVEN_DIGITS"
    NO_NUMBER = "NO_NUMBER"
    LANDLINE = "LANDLINE"
    FOREIGN_NUMBER = "FOREIGN_NUMBER"
    NO_SUCH_NUMBER = "NO_SUCH_NUMBER"
    SHARED_NUMBER = "SHARED_NUMBER"
    """That of another account, as in families."""
    SHOPS_NUMBER = "SHOPS_NUMBER"
    """One number that a seller of accounts used for very many."""
    NO_BIRTH_DATE = "NO_BIRTH_DATE"
    ISO_BIRTH_DATE = "ISO_BIRTH_DATE"
    NO_SUCH_DAY = "NO_SUCH_DAY"
    BORN_TOMORROW = "BORN_TOMORROW"
    NO_NAME = "NO_NAME"
    PLAIN_NAME = "PLAIN_NAME"
    """Without diacritics."""
    SHOUTED_NAME = "SHOUTED_NAME"
    SPACED_NAME = "SPACED_NAME"
    SAME_ACCOUNT = "SAME_ACCOUNT"
    """A whole row twice."""
    NO_ACCOUNT = "NO_ACCOUNT"
    NUMBER_FOR_ACCOUNT = "NUMBER_FOR_ACCOUNT"
    """A phone number where the platform's own id belongs."""


@dataclass(frozen=True, slots=True)
class Names:
    """Parts of names behind the surname."""

    middle: tuple[str, ...]
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ages:
    """A band of ages."""

    first: int
    last: int
    share: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """Ranges of numbers."""

    prefixes: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class People:
    """What a sample is drawn from."""

    as_of: date
    """The day on which everybody has their age: samples are the same on any day."""
    headings: tuple[str, ...]
    proven: float
    sells: float
    no_mobile: float
    surnames: Mapping[str, float]
    women: Names
    men: Names
    ages: tuple[Ages, ...]
    numbers: tuple[Numbers, ...]
    dirt: Mapping[Dirt, float]

    @classmethod
    def load(cls) -> Self:
        """Reads what is bundled."""
        return datafile.decode(cls, datafile.read(_BUNDLED))
