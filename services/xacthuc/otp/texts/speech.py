"""A code as a voice reads it: each digit a word of its own, with pauses a person can write along to."""

from __future__ import annotations

from typing import Final

VIETNAMESE: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
ENGLISH: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

PAUSE: Final = ", "
"""Speech engines stop for about a third of a second at a comma. Digits would be read as one large number."""


def digits_aloud(code: str, language: str) -> str:
    """Returns the decimal `code` as words in the language `vi` or `en`."""
    words = ENGLISH if language == "en" else VIETNAMESE
    return PAUSE.join(words[int(digit)] for digit in code)
