"""What the verbs work with, and what several of them need: reading a number, a name, an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.starter import network_of
from xacthuc.phone import Refusal
from xacthuc.phone.sandbox import is_reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.domain.challenge import Verdict
    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.otp.domain.code import Deriver
    from xacthuc.otp.domain.rules import Rules
    from xacthuc.otp.domain.starter import Digests
    from xacthuc.otp.ports import Challenges, Limits
    from xacthuc.otp.ports.guard import Guard
    from xacthuc.otp.ports.network import Operator
    from xacthuc.phone import Mobile, NumberPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Otp:
    """What the verbs work with. Built once, in `main.py`."""

    clock: Clock
    plan: NumberPlan
    rules: Rules
    deriver: Deriver
    digests: Digests
    number_key: bytes
    challenges: Challenges
    limits: Limits
    guard: Guard
    brand_of: Callable[[str], str]
    """The name a platform puts in front of its messages."""
    channels: tuple[int, ...]
    """Channels the providers serve, best first, as numbers of Challenge.Channel."""
    has_notice: Callable[[str, str], bool]
    """Tells whether a platform has the notice of that name: its own, or one of the policy's."""
    operators: Mapping[str, Operator]
    """Mobile operators that confirm numbers, by name; none: NETWORK is not offered."""
    started: Callable[[str, int], None]
    """Told of each new challenge: the operator of the number's range, and the channel."""
    checked: Callable[[Verdict], None]
    """Told of each answer to a code."""
    development: bool
    """Whether the sandbox's reserved numbers are served."""


def mobile(otp: Otp, text: str, locale: str) -> Mobile:
    """Reads a number or says why it is none, to the developer and to the person."""
    number = otp.plan.parse(text)
    if isinstance(number, Refusal):
        language = locale or "vi"
        told = number.explanation(language)
        raise InvalidRequest(FieldFault("phone_number", number.en, number.reason.value, language, told))
    if is_reserved(number.e164) and not otp.development:
        raise FailedPrecondition(
            Reason.SANDBOX_ONLY, "this number is reserved for the sandbox, which only a development environment serves"
        )
    return number


def network(otp: Otp, address: str) -> str:
    try:
        return network_of(address, otp.rules.ipv6_block_bits)
    except ValueError:
        raise InvalidRequest(FieldFault("client.ip", "must be an IPv4 or IPv6 address", "STRING_IP")) from None


def identity_of(name: str) -> ChallengeId:
    try:
        return challenge_id.parse(name.removeprefix("challenges/"))
    except ValueError:
        raise not_found() from None


def not_found() -> NotFound:
    return NotFound(Reason.CHALLENGE_NOT_FOUND, "this platform has no such challenge; start a new one")


def ended() -> FailedPrecondition:
    return FailedPrecondition(Reason.CHALLENGE_CLOSED, "the challenge has ended; start a new one")


def blocked() -> FailedPrecondition:
    return FailedPrecondition(
        Reason.NUMBER_BLOCKED, "this number receives no codes at present; offer the person another way to verify"
    )
