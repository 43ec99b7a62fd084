"""What the numbering plan answers: a mobile number, or the reason why a text is none. Values only; no table, no parsing."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

_SUBSCRIBER_DIGITS = 4
"""Digits cut off for the prefix limit: a block of 10 000 neighbouring numbers, the unit in which SIM farms buy."""

UNKNOWN_OPERATOR = "unknown"
"""The label of ranges of which nobody says to whom they were given."""


class RefusalReason(StrEnum):
    """Why a text is not a mobile number that a person can receive a code on. Closed; each has its texts in the plan."""

    FIXED_LINE = "FIXED_LINE"
    M2M = "M2M"
    SERVICE = "SERVICE"
    GOVERNMENT = "GOVERNMENT"
    SATELLITE = "SATELLITE"
    FOREIGN = "FOREIGN"
    UNASSIGNED_RANGE = "UNASSIGNED_RANGE"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    EXTENSION = "EXTENSION"
    NOT_A_NUMBER = "NOT_A_NUMBER"


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A row of the numbering plan that a mobile number fell into."""

    owner: str
    """The operator the range was first given to; empty where nobody says. Never the carrier of a number of it."""
    confirmed: bool
    """Whether the plan's sources agree that the range is in use. Otherwise only a delivered code can tell."""

    @property
    def operator(self) -> str:
        """The owner as a label, `viettel` or `indochina_telecom`; UNKNOWN_OPERATOR where nobody says."""
        return re.sub(r"[^a-z0-9]+", "_", self.owner.lower()) or UNKNOWN_OPERATOR


@dataclass(frozen=True, slots=True, repr=False)
class Mobile:
    """A number that the plan takes for a person's mobile. Two are equal when they are the same number, however spelled.

    It prints masked, so that no log line, exception or debugger shows it by accident.
    """

    e164: str
    """`+84` and nine digits (ITU-T E.164)."""
    range: NumberRange = field(compare=False)
    """The row of the plan that decided."""
    converted_from_2018: bool = field(default=False, compare=False)
    """Whether it was given with the eleven digits in use before 15 September 2018 (R27)."""

    @property
    def nsn(self) -> str:
        """The national significant number: nine digits, without `+84` or the leading zero."""
        return self.e164[3:]

    @property
    def confirmed(self) -> bool:
        """Whether the range is confirmed; False is the `unconfirmed_range` of R28: accept, warn, let the code decide."""
        return self.range.confirmed

    @property
    def range_owner(self) -> str:
        """A routing hint: whom the range was first given to.

        Numbers move between operators (Decree 174/2026/NĐ-CP Art. 28), so this is never today's carrier, is never shown
        as a fact and decides nothing (R29).
        """
        return self.range.owner

    @property
    def operator(self) -> str:
        """`range_owner` as a label, `viettel` or `indochina_telecom`; `unknown` where nobody says. As little a fact."""
        return self.range.operator

    @property
    def prefix(self) -> str:
        """The number without its last four digits, `+8491234`: the key of the limit per block of numbers."""
        return self.e164[:-_SUBSCRIBER_DIGITS]

    @property
    def masked(self) -> str:
        """The number as a screen may show it, `+84 91 *** **78`: enough for its owner to recognise, four digits of nine."""
        return f"+84 {self.e164[3:5]} *** **{self.e164[-2:]}"

    def __repr__(self) -> str:
        """Shows the masked number only."""
        return f"Mobile({self.masked})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was refused, and a sentence that tells the person what to do next. Holds nothing of the text itself."""

    reason: RefusalReason
    en: str
    vi: str

    def explanation(self, locale: str) -> str:
        """Returns the sentence in English for an English BCP 47 `locale`, in Vietnamese for every other."""
        return self.en if locale[:2].lower() == "en" else self.vi
