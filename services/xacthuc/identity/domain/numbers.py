"""Which accounts may prove a number, and which may put another in its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.identity.domain.claims import claim
from xacthuc.identity.domain.facts import EvidenceKind, Life

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.claims import Bounds, Claim, ClaimRefusal, Held
    from xacthuc.identity.domain.facts import Facts


class NumberRefusal(StrEnum):
    """Why an account's state does not allow it."""

    CLOSED = "CLOSED"
    DETAILS_REQUIRED = "DETAILS_REQUIRED"
    """Name and birth date come first (R10)."""
    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    """The holder is a child, whom only a parent or guardian registers (R15)."""
    OTHER_NUMBER = "OTHER_NUMBER"
    """The account stands on another number; changing it is another purpose, to which the old number has a say."""
    NO_NUMBER = "NO_NUMBER"
    """There is no number that another one could take the place of."""


class RevocationReason(StrEnum):
    """Why a platform takes back what was proven (R31). The contract carries the same names."""

    LOSS_REPORTED = "LOSS_REPORTED"
    NUMBER_CHANGED_HANDS = "NUMBER_CHANGED_HANDS"
    FRAUD = "FRAUD"
    HOLDER_REQUEST = "HOLDER_REQUEST"
    AUTHORITY_ORDER = "AUTHORITY_ORDER"


def bar(facts: Facts, now_ms: int, *, change: bool = False) -> NumberRefusal | None:
    """Returns why an account may prove no number at `now_ms`, or put none in another's place (`change`); None if it may.

    A locked one may: a lock forbids writing, and whoever proves possession meanwhile gains nothing before it ends.
    """
    if facts.life is not Life.OPEN:
        return NumberRefusal.CLOSED
    if facts.is_child(now_ms):
        return NumberRefusal.GUARDIAN_REQUIRED
    if not facts.complete:
        return NumberRefusal.DETAILS_REQUIRED
    return NumberRefusal.NO_NUMBER if change and EvidenceKind.PHONE not in facts.evidence else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """An account whose holder proves a number, and who else stands on it."""

    facts: Facts
    same_number: bool
    """Whether the account stands on this number already."""
    held: Held

    @property
    def stands_on_another(self) -> bool:
        """Whether another number is the account's."""
        return EvidenceKind.PHONE in self.facts.evidence and not self.same_number


def prove(
    claimant: Claimant, verify_time: datetime, bounds: Bounds, now: datetime, *, change: bool
) -> Claim | ClaimRefusal | NumberRefusal:
    """Decides what a proof of `verify_time` does; `change` when it is to take the place of another number."""
    if refusal := bar(claimant.facts, round(now.timestamp() * 1000), change=change):
        return refusal
    if claimant.stands_on_another and not change:
        return NumberRefusal.OTHER_NUMBER
    return claim(claimant.held, verify_time, bounds, now)
