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


def bar(facts: Facts, now_ms: int) -> NumberRefusal | None:
    """Returns why an account may prove no number at `now_ms`, or None.

    A locked one may: a lock forbids writing, and whoever proves possession meanwhile gains nothing before it ends.
    """
    if facts.life is not Life.OPEN:
        return NumberRefusal.CLOSED
    if facts.is_child(now_ms):
        return NumberRefusal.GUARDIAN_REQUIRED
    return None if facts.complete else NumberRefusal.DETAILS_REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """An account whose holder proves a number, and who else stands on it."""

    facts: Facts
    same_number: bool
    """Whether the account stands on this number already."""
    held: Held


def prove(
    claimant: Claimant, verify_time: datetime, bounds: Bounds, now: datetime, *, change: bool
) -> Claim | ClaimRefusal | NumberRefusal:
    """Decides what a proof of `verify_time` does; `change` when it is to take the place of another number."""
    facts = claimant.facts
    if refusal := bar(facts, round(now.timestamp() * 1000)):
        return refusal
    proven = EvidenceKind.PHONE in facts.evidence
    if change and not proven:
        return NumberRefusal.NO_NUMBER
    if proven and not change and not claimant.same_number:
        return NumberRefusal.OTHER_NUMBER
    return claim(claimant.held, verify_time, bounds, now)
