"""How a campaign begins, stops, goes on and ends. Pure."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.backfill.domain.campaign import CampaignState

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.backfill.domain.campaign import Campaign


class Bar(StrEnum):
    """Why a campaign is not changed."""

    STARTED = "STARTED"
    """It was started already."""
    NOT_RUNNING = "NOT_RUNNING"
    """It does not run."""
    NOT_STOPPED = "NOT_STOPPED"
    """It is not paused, and no wave of it is held."""
    OVER = "OVER"
    """Its deadline is over, or an operator ended it."""
    EMPTY = "EMPTY"
    """It has no accounts."""
    NOT_STARTED = "NOT_STARTED"
    """Nobody was asked anything yet."""


class Change(NamedTuple):
    """What becomes of a campaign."""

    state: CampaignState
    plan: Campaign
    opens_held: bool = False
    """Whether its waves that are held are opened."""


OVER: Final = frozenset({CampaignState.KILLED, CampaignState.ENDED})
"""States in which nothing is done any more."""


def start(state: CampaignState, plan: Campaign, accounts: int, now: datetime) -> Change | Bar:
    """Begins a campaign: its first wave is counted from now."""
    if state is not CampaignState.PREPARED:
        return Bar.OVER if state in OVER else Bar.STARTED
    if now >= plan.end:
        return Bar.OVER
    return Change(CampaignState.RUNNING, replace(plan, begin=now)) if accounts else Bar.EMPTY


def pause(state: CampaignState, plan: Campaign) -> Change | Bar:
    """Stops a campaign for a while."""
    if state is CampaignState.RUNNING:
        return Change(CampaignState.PAUSED, plan)
    return Bar.OVER if state in OVER else Bar.NOT_RUNNING


def resume(state: CampaignState, plan: Campaign, *, held: bool) -> Change | Bar:
    """Lets a campaign go on that was paused, or of which a wave is held."""
    if state in OVER:
        return Bar.OVER
    if state is CampaignState.PAUSED or (state is CampaignState.RUNNING and held):
        return Change(CampaignState.RUNNING, plan, opens_held=True)
    return Bar.NOT_STOPPED


def kill(state: CampaignState, plan: Campaign) -> Change | Bar:
    """Ends a campaign for good."""
    return Bar.OVER if state in OVER else Change(CampaignState.KILLED, plan)


def may_add(state: CampaignState) -> Bar | None:
    """Tells why no accounts may be added; None when they may."""
    if state is CampaignState.PREPARED:
        return None
    return Bar.OVER if state in OVER else Bar.STARTED
