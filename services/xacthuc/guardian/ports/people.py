"""What other services know of people: identity of children and guardians, otp of numbers and devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.guardian.commands import Person
    from xacthuc.guardian.domain.disputes import DisputeCause
    from xacthuc.guardian.domain.life import Holder
    from xacthuc.guardian.domain.links import Declaration, Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Possession of a number, redeemed."""

    proof_id: str
    number: str = field(repr=False)
    """E.164."""
    verify_time: datetime
    channel: int
    """As otp's contract numbers it: it is handed on to identity."""
    device: str = field(repr=False)
    """The digest of the device that the code was asked for from; empty where the platform did not name one."""


class Unfit(StrEnum):
    """Why somebody cannot answer for a child, as identity says."""

    SELF = "SELF"
    UNKNOWN = "UNKNOWN"
    CLOSED = "CLOSED"
    CHILD = "CHILD"
    NOT_VERIFIED = "NOT_VERIFIED"
    TOO_MANY_CHILDREN = "TOO_MANY_CHILDREN"
    NOT_ASSURED = "NOT_ASSURED"
    LOCKED = "LOCKED"
    OTHER = "OTHER"
    """Something that a newer identity knows."""


class Check(NamedTuple):
    """Whether somebody may answer for a child, and what an officer has to look at."""

    unfit: Unfit | None
    suspicions: frozenset[DisputeCause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Who is to be registered as somebody who answers for a child."""

    link: str
    account_id: str | None = field(repr=False)
    """None where they have no account on the platform."""
    person: Person
    declaration: Declaration
    proof: Proof


class Proofs(Protocol):
    """The one-time-code service."""

    async def redeem(self, token: str, link: str, request_id: str, call: Call) -> Proof:
        """Redeems a proof that was made for a link, once; the same `request_id` gets it again. Raises what otp says."""
        ...

    async def device(self, device_id: str, call: Call) -> str:
        """Returns what stands for a device in a proof."""
        ...


class People(Protocol):
    """The identity service."""

    async def ward(self, account_id: str, call: Call) -> Holder:
        """Returns what is known of who is to be answered for. NotFound for nobody."""
        ...

    async def register(self, newcomer: Newcomer, request_id: str, call: Call) -> str:
        """Has a guardian registered with their own information; returns the account or record. Raises what identity says."""
        ...

    async def check(self, link: Link, guardian_id: str, devices: Collection[str], call: Call) -> Check:
        """Returns whether somebody may answer for the child of a link, and what both have in common."""
        ...
