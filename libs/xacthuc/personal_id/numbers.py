"""What the scheme answers: a well-formed number, or the reason why a text is none. Values only; no table, no parsing."""

from dataclasses import dataclass, field
from enum import StrEnum

_SHOWN_DIGITS = 4
"""The end of the number is drawn at random; the digits before it tell where and when somebody was born."""


class RefusalReason(StrEnum):
    """Why a text is not the personal ID number of whoever declared the birth date. Closed; each has texts in the scheme."""

    CMND = "CMND"
    """Nine digits: the number of the old identity card, worthless since 1 January 2025 (Law 26/2023/QH15 Art. 46(2))."""
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    NOT_DIGITS = "NOT_DIGITS"
    OTHER_SCRIPT = "OTHER_SCRIPT"
    """Digits, but of another script or full width."""
    FUTURE_BIRTH_YEAR = "FUTURE_BIRTH_YEAR"
    """The number belongs to somebody not born yet."""
    BIRTH_YEAR_MISMATCH = "BIRTH_YEAR_MISMATCH"
    """The number belongs to somebody born in another year."""


class Doubt(StrEnum):
    """What is odd about a number and yet no reason to refuse it (R40)."""

    UNKNOWN_PLACE = "UNKNOWN_PLACE"
    """The place of birth registration is in no list we hold; births registered abroad have codes of their own."""


@dataclass(frozen=True, slots=True, repr=False)
class PersonalId:
    """A number that is built as the law says and fits a declared birth year. Declared is not authenticated.

    The scheme has no check digit, and about a million numbers fit any one place, sex and year: being well formed makes
    the evidence `PERSONAL_ID_DECLARED` at most, and only a provider's confirmation makes it `PERSONAL_ID` (R41). A number
    can also be cancelled and issued anew (Decree 58/2026/NĐ-CP), so it is never the key of a person (R42).

    It holds no place, year or sex taken from the digits: nobody asks for them (Law 91/2025/QH15, minimisation). Two are
    equal when they are the same number. It prints masked, so that no log line, exception or debugger shows it by accident.
    """

    number: str
    """Twelve ASCII digits; leading zeros are significant."""
    warnings: tuple[Doubt, ...] = field(default=(), compare=False)
    """What an officer may want to look at. Never a reason to treat the account differently."""

    @property
    def masked(self) -> str:
        """The number as a screen may show it, `********0999`: enough for its owner to recognise, four digits of twelve."""
        return "*" * (len(self.number) - _SHOWN_DIGITS) + self.number[-_SHOWN_DIGITS:]

    def __repr__(self) -> str:
        """Shows the masked number only."""
        return f"PersonalId({self.masked})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was refused, and a sentence that tells the person what to do next. Holds nothing of the text itself."""

    reason: RefusalReason
    en: str
    vi: str

    def explanation(self, locale: str) -> str:
        """Returns the sentence in English for an English BCP 47 `locale`, in Vietnamese for every other."""
        return self.en if locale[:2].lower() == "en" else self.vi
