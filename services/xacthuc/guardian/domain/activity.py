"""What of a child's posts and shares is kept for its guardians: which and when, never what (R19). Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from xacthuc.policy import Policy

AHEAD: Final = timedelta(minutes=1)
"""How far a platform's clocks may be ahead of ours."""


class ActivityKind(StrEnum):
    """What was published. The contract carries the same names."""

    POST = "POST"
    COMMENT = "COMMENT"
    SHARE = "SHARE"
    LIVESTREAM = "LIVESTREAM"


class Activity(NamedTuple):
    """One thing that a child published. Kind and id are one thing, however often it is told."""

    kind: ActivityKind
    content_id: str
    occur_time: datetime


def kept_from(now: datetime, policy: Policy) -> datetime:
    """Returns before when nothing is kept any more."""
    return now - timedelta(days=policy.supervision.activity_days)


def from_the_future(told: Sequence[Activity], now: datetime) -> Iterator[int]:
    """Yields the places of what cannot have happened yet."""
    return (at for at, each in enumerate(told) if each.occur_time > now + AHEAD)


def worth_keeping(told: Sequence[Activity], now: datetime, policy: Policy) -> list[Activity]:
    """Returns what is young enough to be kept, each thing once, as it was told last; in one order for every caller."""
    newest = {(each.kind, each.content_id): each for each in told if each.occur_time >= kept_from(now, policy)}
    return [newest[key] for key in sorted(newest)]
