"""The texts of all platforms: what a message says, from the platform's own words where it has some, else the policy's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from xacthuc.otp.texts.autofill import Autofill, android_line, excess, web_line
from xacthuc.otp.texts.speech import digits_aloud

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.otp.texts.platform_file import OwnText, PlatformFile
    from xacthuc.policy import Policy, Purpose, Text


LANGUAGES: Final = ("vi", "en")


class UnusableText(Exception):  # noqa: N818 - says what the text is
    """The brand at hand makes the text one that may not be sent (R34). Cannot happen to a platform with a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """For whom a message is made."""

    platform: str
    brand: str
    """What is put in front when the platform's file names no sender: its display name."""
    locale: str
    """BCP 47. Whatever is not English is answered in Vietnamese."""
    operator: str = "unknown"
    """Whose registration of the text counts."""

    @property
    def language(self) -> str:
        """The language of the text: `vi` or `en`."""
        return "en" if self.locale[:2].lower() == "en" else "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message as the person gets it."""

    text: str = field(repr=False)
    sender: str
    language: str
    text_id: str = ""
    """Under which it is registered; empty when it is not."""
    line: Autofill = Autofill.NONE
    """Which last line it has; NONE too when the one asked for was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All texts of one process. Immutable; `loading.load` makes it of files that were checked."""

    policy: Policy
    platforms: Mapping[str, PlatformFile]

    def code(self, occasion: Occasion, purpose: Purpose, code: str, *, autofill: Autofill = Autofill.NONE) -> Rendered:
        """Returns the text message with `code`, and with the last line when it fits and is registered.

        UnusableText when the brand does not do.
        """
        own, language = self.platforms.get(occasion.platform), occasion.language
        plain = Rendered(
            text=self._written(self._code_template(own, purpose, language), occasion, code),
            sender=self.sender(occasion),
            language=language,
            text_id=own.text_id(purpose, language, occasion.operator) if own else "",
        )
        if own is None or autofill is Autofill.NONE:
            return plain
        text_id = own.text_id(purpose, language, occasion.operator, autofill)
        return _with_line(plain, autofill, last_line(own, autofill, code), text_id)

    def spoken(self, occasion: Occasion, purpose: Purpose, code: str) -> Rendered:
        """Returns what a call says. UnusableText when the brand does not do."""
        own, language = self.platforms.get(occasion.platform), occasion.language
        template = _pick(own.speech.get(purpose) if own else None, self.policy.speech[purpose], language)
        sender = self.sender(occasion)
        text = template.format(brand=sender, code=digits_aloud(code, language), minutes=self.policy.code_minutes)
        if self.policy.wording_fault(text):
            raise UnusableText
        return Rendered(text=text, sender=sender, language=language)

    def notice(self, occasion: Occasion, template: str) -> Rendered | None:
        """Returns the notice of that name; None when this platform has none. UnusableText when the brand does not do."""
        own = self.platforms.get(occasion.platform)
        language = self._notice_language(own, template, occasion.language)
        found = self._notice_template(own, template, language)
        if found is None:
            return None
        return Rendered(
            text=self._written(found, occasion, ""),
            sender=self.sender(occasion),
            language=language,
            text_id=own.text_id(template, language, occasion.operator) if own else "",
        )

    def has_notice(self, platform: str, template: str) -> bool:
        """Tells whether a platform may send the notice of that name."""
        own = self.platforms.get(platform)
        return template in self.policy.notices or (own is not None and template in own.notices)

    def sender(self, occasion: Occasion) -> str:
        """Returns the registered sender name, or what stands in for it."""
        own = self.platforms.get(occasion.platform)
        return own.sender if own else occasion.brand

    def _code_template(self, own: PlatformFile | None, purpose: Purpose, language: str) -> str:
        return _pick(own.messages.get(purpose) if own else None, self.policy.messages[purpose], language)

    def _notice_template(self, own: PlatformFile | None, template: str, language: str) -> str | None:
        mine, common = own.notices.get(template) if own else None, self.policy.notices.get(template)
        if common:
            return _pick(mine, common, language)
        return mine.in_language(language) if mine else None

    def _notice_language(self, own: PlatformFile | None, template: str, language: str) -> str:
        """Returns the language that a notice is in: Vietnamese where neither platform nor policy wrote the one wanted."""
        mine = own.notices.get(template) if own else None
        written = template in self.policy.notices or (mine is not None and mine.in_language(language))
        return language if written else "vi"

    def _written(self, template: str, occasion: Occasion, code: str) -> str:
        body = template.format(brand=self.sender(occasion), code=code, minutes=self.policy.code_minutes)
        if self.policy.message_fault(body):
            raise UnusableText
        return body


def _pick(mine: OwnText | None, common: Text, language: str) -> str:
    """Prefers the language over the author: who reads no Vietnamese is not helped by the platform's own words in it."""
    return (mine.in_language(language) if mine else "") or common.in_locale(language)


def last_line(own: PlatformFile, kind: Autofill, code: str) -> str:
    """Returns the line that this platform registered for who reads codes; empty when it registered none."""
    if kind is Autofill.WEB and own.autofill.domain:
        return web_line(own.autofill.domain, code)
    if kind is Autofill.ANDROID and own.autofill.android_hash:
        return android_line(own.autofill.android_hash)
    return ""


def _with_line(plain: Rendered, kind: Autofill, line: str, text_id: str) -> Rendered:
    if not line or excess(plain.text + line, kind) > 0:
        return plain
    # An operator that knows the text without the line would drop the message with it: typing six digits is better.
    if plain.text_id and not text_id:
        return plain
    return replace(plain, text=plain.text + line, text_id=text_id, line=kind)
