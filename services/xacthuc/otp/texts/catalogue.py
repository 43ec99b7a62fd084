"""Every text of a platform as a person will read or hear it, with an invented code: for whoever registers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.otp.texts.autofill import Autofill, room_of
from xacthuc.otp.texts.review import LINES
from xacthuc.otp.texts.texts import LANGUAGES, Occasion, last_line
from xacthuc.policy import Purpose, gsm7_length
from xacthuc.policy.messages import SEGMENT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xacthuc.otp.texts.platform_file import OwnText
    from xacthuc.otp.texts.texts import Texts

_DIGITS: Final = "1234567890"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One text as it will be read."""

    key: str
    """Where it can be written: `messages.<purpose>.<language>`, `speech...` or `notices...`."""
    line: Autofill = Autofill.NONE
    text: str
    own: bool
    """Whether the platform wrote it; else the policy did."""
    room: int | None
    """How many characters it may have; None for a call."""
    text_id: str = ""

    @property
    def length(self) -> int:
        """Characters, as an operator counts those of a text message."""
        return gsm7_length(self.text) or len(self.text)


def samples(texts: Texts, platform: str) -> Iterator[Sample]:
    """Yields every text of a platform that has a file."""
    for language in LANGUAGES:
        occasion = Occasion(platform=platform, brand="", locale=language)
        yield from _messages(texts, occasion)
        yield from _speech(texts, occasion)
        yield from _notices(texts, occasion)


def _messages(texts: Texts, occasion: Occasion) -> Iterator[Sample]:
    own = texts.platforms[occasion.platform]
    for purpose in Purpose:
        for kind in (Autofill.NONE, *(kind for kind in LINES if last_line(own, kind, ""))):
            made = texts.code(occasion, purpose, _sample_code(texts), autofill=kind)
            if made.line is kind:
                yield Sample(
                    key=f"messages.{purpose}.{occasion.language}",
                    line=kind,
                    text=made.text,
                    own=_is_own(own.messages, purpose, occasion),
                    room=room_of(kind),
                    text_id=made.text_id,
                )


def _speech(texts: Texts, occasion: Occasion) -> Iterator[Sample]:
    own = texts.platforms[occasion.platform]
    for purpose in Purpose:
        made = texts.spoken(occasion, purpose, _sample_code(texts))
        is_own = _is_own(own.speech, purpose, occasion)
        yield Sample(key=f"speech.{purpose}.{occasion.language}", text=made.text, own=is_own, room=None)


def _notices(texts: Texts, occasion: Occasion) -> Iterator[Sample]:
    own = texts.platforms[occasion.platform]
    for name in sorted({*texts.policy.notices, *own.notices}):
        made = texts.notice(occasion, name)
        if made is not None:
            yield Sample(
                key=f"notices.{name}.{occasion.language}",
                text=made.text,
                own=_is_own(own.notices, name, occasion) or name not in texts.policy.notices,
                room=SEGMENT_CHARACTERS,
                text_id=made.text_id,
            )


def _is_own(texts: Mapping[str, OwnText], name: str, occasion: Occasion) -> bool:
    own = texts.get(name)
    return own is not None and bool(own.in_language(occasion.language))


def _sample_code(texts: Texts) -> str:
    return _DIGITS[: texts.policy.otp.code_digits]
