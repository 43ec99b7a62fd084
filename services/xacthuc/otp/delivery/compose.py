"""From a claim to the message that a person reads or hears. The only place where number and code meet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from xacthuc.ids import encode
from xacthuc.otp.delivery.ports import Channel, Message
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import UnknownKeyVersion
from xacthuc.otp.texts import Autofill, Occasion
from xacthuc.otp.texts.texts import UnusableText
from xacthuc.policy import Purpose
from xacthuc.sealing import UnsealError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.otp.delivery.ports import Claim, Entry
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.code import Deriver
    from xacthuc.otp.texts import Rendered, Texts
    from xacthuc.policy import Policy
    from xacthuc.sealing import Sealer
    from xacthuc.telemetry.metrics import Metrics

PURPOSES: Final = dict(enumerate(Purpose, start=1))
"""By the number of `Challenge.Purpose` in the contract, whose order the policy's vocabulary keeps."""


class Uncomposable(Exception):  # noqa: N818 - says what the message is
    """No message can be made of the entry, now or later. The reason is a short machine word."""

    def __init__(self, reason: str) -> None:
        """Takes the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Secret:
    """What only the recipient may know, for as long as a message takes to make."""

    number: bytes = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Renders messages in the words of their platforms."""

    texts: Texts
    deriver: Deriver
    sealer: Sealer
    number_context: Callable[[str, ChallengeId], bytes]
    """What the sealed number of a challenge is bound to."""
    notice_context: Callable[[str, str], bytes]
    """What the sealed number of a notice is bound to."""
    metrics: Metrics

    @property
    def policy(self) -> Policy:
        """The policy whose texts stand in where a platform wrote none."""
        return self.texts.policy

    def compose(self, entry: Entry, claim: Claim, channel: Channel) -> Message:
        """Returns the message for `channel`; Uncomposable when a key is gone or the text may not be sent (R34)."""
        try:
            return self._notice(entry, claim, channel) if claim.template else self._code(entry, claim, channel)
        except (UnknownKeyVersion, UnsealError):
            raise Uncomposable("key_unknown") from None
        except UnusableText:
            raise Uncomposable("text_refused") from None

    def _code(self, entry: Entry, claim: Claim, channel: Channel) -> Message:
        identity, purpose = challenge_id.parse(entry.id), PURPOSES.get(claim.purpose)
        if purpose is None:
            raise Uncomposable("purpose_unknown")
        secret = _Secret(
            self.sealer.open(claim.sealed_number, self.number_context(claim.platform, identity)),
            self.deriver.code(identity, claim.platform),
        )
        rendered = self._rendered(claim, purpose, channel, secret.code)
        return self._message(entry, claim, channel, rendered, secret)

    def _rendered(self, claim: Claim, purpose: Purpose, channel: Channel, code: str) -> Rendered:
        occasion = _occasion(claim)
        if channel is Channel.VOICE:
            return self.texts.spoken(occasion, purpose, code)
        if channel is Channel.ZALO_ZNS:
            # Zalo's templates stand in the provider's file; an operator's id would mean nothing there.
            return replace(self.texts.code(occasion, purpose, code), text_id="")
        autofill = Autofill.of(claim.autofill)
        rendered = self.texts.code(occasion, purpose, code, autofill=autofill)
        if autofill:
            self.metrics.autofill_lines.add(autofill.name.lower(), "added" if rendered.line else "left_out")
        return rendered

    def _notice(self, entry: Entry, claim: Claim, channel: Channel) -> Message:
        rendered = self.texts.notice(_occasion(claim), claim.template)
        if rendered is None:
            raise Uncomposable("template_unknown")
        number = self.sealer.open(claim.sealed_number, self.notice_context(claim.platform, entry.id))
        return self._message(entry, claim, channel, rendered, _Secret(number))

    def _message(self, entry: Entry, claim: Claim, channel: Channel, rendered: Rendered, secret: _Secret) -> Message:
        parameters = {"brand": rendered.sender}
        if secret.code:
            parameters |= {"code": secret.code, "minutes": str(self.policy.code_minutes)}
        return Message(
            id=message_id(entry),
            to=secret.number.decode(),
            channel=channel,
            text=rendered.text,
            code=secret.code,
            brand=rendered.sender,
            locale=rendered.language,
            operator=claim.operator,
            text_id=rendered.text_id,
            parameters=parameters,
            purpose=PURPOSES[claim.purpose].value if secret.code else "",
            platform=claim.platform,
            challenge="" if entry.bulk else entry.id,
            request=claim.request,
        )


def _occasion(claim: Claim) -> Occasion:
    return Occasion(platform=claim.platform, brand=claim.brand, locale=claim.locale, operator=claim.operator)


def message_id(entry: Entry) -> str:
    """Returns how providers may know the message: 22 characters, the same for every try of one send.

    A digest, since whoever knows a challenge's id has half of what checking it takes.
    """
    return encode(blake2b(f"{entry.id}\0{entry.send}".encode(), digest_size=16).digest())
