"""How others want Vietnamese names and dates written: their records are older than Unicode, or not."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Final

_STROKES: Final = str.maketrans("đĐ", "dD")
"""The one letter of the Vietnamese alphabet that Unicode does not decompose (UAX 15)."""


class NameSpelling(StrEnum):
    """How names are sent."""

    DIACRITICS = "diacritics"
    """As they are written, composed (NFC)."""
    PLAIN = "plain"
    """Without diacritics, as machines wrote names for decades."""


class DateFormat(StrEnum):
    """How birth dates are written."""

    ISO = "YYYY-MM-DD"
    COMPACT = "YYYYMMDD"
    SLASHED = "DD/MM/YYYY"
    """As cards have it."""


_PATTERNS: Final = {DateFormat.ISO: "%Y-%m-%d", DateFormat.COMPACT: "%Y%m%d", DateFormat.SLASHED: "%d/%m/%Y"}


def spelled(name: str, spelling: NameSpelling, *, capitals: bool) -> str:
    """Returns a name as it is wanted, with single spaces."""
    written = unicodedata.normalize("NFC", " ".join(name.split()))
    if spelling is NameSpelling.PLAIN:
        parts = unicodedata.normalize("NFD", written.translate(_STROKES))
        written = unicodedata.normalize("NFC", "".join(part for part in parts if not unicodedata.combining(part)))
    return written.upper() if capitals else written


def dated(day: date, form: DateFormat) -> str:
    """Returns a day as it is wanted."""
    year = f"{day.year:04d}"  # strftime pads years below 1000 on some platforms only
    return day.strftime(_PATTERNS[form].replace("%Y", year))


def date_of(text: str, form: DateFormat) -> date | None:
    """Returns the day behind `dated`; None when `text` is not the one spelling of a day."""
    try:
        day = datetime.strptime(text, _PATTERNS[form]).date()  # noqa: DTZ007 - a day of the calendar has no zone
    except ValueError:
        return None
    return day if dated(day, form) == text else None
