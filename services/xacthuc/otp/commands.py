"""What a platform asks for, freed from its wire format."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from xacthuc.ids import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChallenge:
    """A wish to prove a number."""

    platform: str
    phone_number: str = field(repr=False)
    purpose: int
    subject: str = field(repr=False)
    locale: str
    channel: int
    ip: str = field(default="", repr=False)
    device_id: str = field(default="", repr=False)
    captcha_solved: bool = False
    request_id: str
    trace: str = ""

    def fingerprint(self, e164: str) -> str:
        """Returns a digest of what the request means. The person's side may change between tries: it is left out."""
        return _digest(e164, str(self.purpose), self.subject, self.locale, str(self.channel))


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """A wish to tell a person something, without code and URL."""

    platform: str
    phone_number: str = field(repr=False)
    template: str
    locale: str
    request_id: str

    def fingerprint(self, e164: str) -> str:
        """Returns a digest of what the request means."""
        return _digest(e164, self.template, self.locale)


def _digest(*parts: str) -> str:
    return encode(blake2b("\0".join(parts).encode(), digest_size=12).digest())
