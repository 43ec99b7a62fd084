"""Ending the grace that lets accounts go on although nothing is proven, and giving it back. Pure.

`decision.decide` stays as it is: without a grace, the same rules allow an account that is not verified only to read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.identity.domain.facts import Life

if TYPE_CHECKING:
    from xacthuc.identity.domain.facts import Facts


class Ended(StrEnum):
    """What becomes of an account whose grace is to end. The contract carries the same names."""

    ENDED = "ENDED"
    NONE = "NONE"
    """None is running."""
    VERIFIED = "VERIFIED"
    GONE = "GONE"
    """Nothing is allowed to it, whatever is proven."""


class Restored(StrEnum):
    """What becomes of an account that is to have its grace back. The contract carries the same names."""

    RESTORED = "RESTORED"
    NONE = "NONE"
    """It was not ended by that approval, or is restored already."""
    VERIFIED = "VERIFIED"
    """It needs none."""
    GONE = "GONE"


class TransitionBar(StrEnum):
    """Why nothing is ended by an approval."""

    NOT_EXECUTED = "NOT_EXECUTED"
    """It is another platform's, of another kind, or was not granted."""
    UNDONE = "UNDONE"
    TOO_MANY = "TOO_MANY"
    """It is about fewer accounts."""


def ending(facts: Facts, *, by_this: bool, now_ms: int) -> Ended:
    """Returns what becomes of an account whose grace is to end; `by_this`: the same approval ended it already."""
    if not _is_there(facts):
        return Ended.GONE
    if by_this:
        return Ended.ENDED
    if _is_verified(facts, now_ms):
        return Ended.VERIFIED
    return Ended.ENDED if facts.transition_until_ms > now_ms else Ended.NONE


def restoring(facts: Facts, *, by_this: bool, now_ms: int) -> Restored:
    """Returns what becomes of an account that is to have back what an approval ended, if `by_this` one."""
    if not _is_there(facts):
        return Restored.GONE
    if not by_this:
        return Restored.NONE
    return Restored.VERIFIED if _is_verified(facts, now_ms) else Restored.RESTORED


def _is_there(facts: Facts) -> bool:
    return facts.registered and facts.life is Life.OPEN and facts.readable


def _is_verified(facts: Facts, now_ms: int) -> bool:
    """Whether it needs no grace, locked or not: of a child nobody asks for a name (R15)."""
    return (facts.complete or facts.is_child(now_ms)) and facts.is_authenticated(now_ms)
