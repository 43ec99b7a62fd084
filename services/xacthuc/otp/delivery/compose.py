"""From a claim to the message that a person reads. The only place where number and code meet."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from xacthuc.ids import encode
from xacthuc.otp.delivery.ports import Channel, Message
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import UnknownKeyVersion
from xacthuc.policy import Purpose
from xacthuc.sealing import UnsealError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.otp.delivery.ports import Claim, Entry
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.code import Deriver
    from xacthuc.policy import Policy
    from xacthuc.sealing import Sealer

PURPOSES: Final = dict(enumerate(Purpose, start=1))
"""By the number of `Challenge.Purpose` in the contract, whose order the policy's vocabulary keeps."""


class Uncomposable(Exception):  # noqa: N818 - says what the message is
    """No message can be made of the entry, now or later. The reason is a short machine word."""

    def __init__(self, reason: str) -> None:
        """Takes the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Renders messages by the policy's texts."""

    policy: Policy
    deriver: Deriver
    sealer: Sealer
    number_context: Callable[[str, ChallengeId], bytes]
    """What the sealed number of a challenge is bound to."""
    notice_context: Callable[[str, str], bytes]
    """What the sealed number of a notice is bound to."""

    def compose(self, entry: Entry, claim: Claim) -> Message:
        """Returns the message; Uncomposable when a key is gone or the text may not be sent (R34)."""
        try:
            return self._notice(entry, claim) if claim.template else self._code(entry, claim)
        except (UnknownKeyVersion, UnsealError):
            raise Uncomposable("key_unknown") from None

    def _code(self, entry: Entry, claim: Claim) -> Message:
        identity = challenge_id.parse(entry.id)
        code = self.deriver.code(identity, claim.platform)
        text = self.policy.code_message(PURPOSES[claim.purpose], claim.locale, brand=claim.brand, code=code)
        number = self.sealer.open(claim.sealed_number, self.number_context(claim.platform, identity))
        return self._message(entry, claim, number, text, code)

    def _notice(self, entry: Entry, claim: Claim) -> Message:
        if claim.template not in self.policy.notices:
            raise Uncomposable("template_unknown")
        text = self.policy.notice_message(claim.template, claim.locale, brand=claim.brand)
        number = self.sealer.open(claim.sealed_number, self.notice_context(claim.platform, entry.id))
        return self._message(entry, claim, number, text, "")

    def _message(self, entry: Entry, claim: Claim, number: bytes, text: str, code: str) -> Message:
        if self.policy.message_fault(text):
            raise Uncomposable("text_refused")
        return Message(
            id=message_id(entry),
            to=number.decode(),
            channel=Channel(entry.channel),
            text=text,
            code=code,
            brand=claim.brand,
            challenge="" if entry.bulk else entry.id,
            request=claim.request,
        )


def message_id(entry: Entry) -> str:
    """Returns how providers may know the message: 22 characters, the same for every try of one send.

    A digest, since whoever knows a challenge's id has half of what checking it takes.
    """
    return encode(blake2b(f"{entry.id}\0{entry.send}".encode(), digest_size=16).digest())
