"""Which of a platform's registered texts a client asks for: it writes the text itself, and no other is ever sent (R34)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.otp.texts.texts import LANGUAGES, Occasion, UnusableText
from xacthuc.policy import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.otp.texts.texts import Texts

PLACE: Final = "{{code}}"
"""Where the code stands in a text, as CAMARA writes it."""

_OFFERED: Final = (Purpose.ACCOUNT_VERIFICATION, Purpose.REVERIFICATION, Purpose.NUMBER_CHANGE)
"""Whatever is about a number alone; a guardian's needs a link, which CAMARA does not know."""

_DIGITS: Final = "9075318642"


def offered(texts: Texts, platform: str, brand: str) -> Iterator[tuple[str, Purpose, str]]:
    """Yields each text that may be asked for, with its purpose and language."""
    sample = _DIGITS[: texts.policy.otp.code_digits]
    for purpose in _OFFERED:
        for language in LANGUAGES:
            try:
                made = texts.code(Occasion(platform=platform, brand=brand, locale=language), purpose, sample)
            except UnusableText:
                continue
            yield made.text.replace(sample, PLACE), purpose, language


def asked_for(texts: Texts, platform: str, brand: str, message: str) -> tuple[Purpose, str] | None:
    """Returns purpose and language of the registered text that `message` is; None when it is none."""
    found = offered(texts, platform, brand)
    return next(((purpose, language) for text, purpose, language in found if text == message.strip()), None)
