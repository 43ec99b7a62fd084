"""Making the accounts of a campaign read-only that are unverified still: whom that is about, and how far it has come. Pure.

What two people agree to is a count at an instant. It stands for the accounts that were unverified then: one that verifies later
leaves and does not come back, also when it lapses, and no account is added to a campaign that was started. So there are
never more than were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.domain.campaign import CampaignState, TargetState
from xacthuc.backfill.domain.lifecycle import Bar

if TYPE_CHECKING:
    from datetime import datetime

UNVERIFIED: Final = frozenset({TargetState.OPEN, TargetState.ASKED})
"""Where accounts stand that can be restricted."""


class RestrictionState(StrEnum):
    """How far it has come. The contract carries the same names."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    UNDOING = "UNDOING"
    UNDONE = "UNDONE"


class Ended(StrEnum):
    """What identity says of an account whose transition was to end. Its contract carries the same names."""

    ENDED = "ENDED"
    NONE = "NONE"
    """None was running."""
    VERIFIED = "VERIFIED"
    GONE = "GONE"


class Restored(StrEnum):
    """What identity says of an account that was to have it back. Its contract carries the same names."""

    RESTORED = "RESTORED"
    NONE = "NONE"
    """It has it back already, or that approval ended none of it."""
    VERIFIED = "VERIFIED"
    GONE = "GONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What two people agreed to."""

    campaign: str
    """`platforms/{platform}/campaigns/{campaign}`"""
    accounts: int
    as_of: datetime


def bar_to_restricting(state: CampaignState) -> Bar | None:
    """Returns why nobody of a campaign is restricted; None when they may be."""
    return Bar.NOT_STARTED if state is CampaignState.PREPARED else None


def after_ending(state: TargetState, ended: Ended) -> TargetState:
    """Returns where an account stands after identity was told to end its transition."""
    return TargetState.RESTRICTED if ended is Ended.ENDED and state in UNVERIFIED else state


def after_restoring(state: TargetState) -> TargetState:
    """Returns where an account stands that has its transition back: it is asked on where the ladder was left."""
    return TargetState.OPEN if state is TargetState.RESTRICTED else state
