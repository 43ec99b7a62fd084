"""What a platform asks for, freed from its wire format."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    autofill: int = 0
    request_id: str
    trace: str = ""

    def meaning(self, e164: str) -> str:
        """Returns what the request asks for. The person's side may change between tries: it is left out."""
        return "\0".join((e164, str(self.purpose), self.subject, self.locale, str(self.channel)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """A wish to tell a person something, without code and URL."""

    platform: str
    phone_number: str = field(repr=False)
    template: str
    locale: str
    request_id: str

    def meaning(self, e164: str) -> str:
        """Returns what the request asks for."""
        return f"{e164}\0{self.template}\0{self.locale}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnrequested:
    """The word of a person who got a code without asking for it."""

    platform: str
    phone_number: str = field(repr=False)
    code: str = field(repr=False)
    ip: str = field(default="", repr=False)
    device_id: str = field(default="", repr=False)
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNetwork:
    """A wish to have the phone's own operator confirm the number."""

    platform: str
    name: str
    operator: str
    network_token: str = field(repr=False)
    request_id: str
    correlator: str
    """The trace id, by which an operator's engineers and ours find the same request."""
    budget_seconds: float
    """Time left for the operator's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemProof:
    """Another service's wish to use up a proof."""

    platform: str
    proof_token: str = field(repr=False)
    subject: str = field(repr=False)
    """For whom it must have been made."""
    purposes: frozenset[int]
    """What it may have been made for."""
    request_id: str
