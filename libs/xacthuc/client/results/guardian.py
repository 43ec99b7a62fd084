"""What calls of GuardianService return, and what they are told in parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.client.enums import LinkState

if TYPE_CHECKING:
    from datetime import datetime, time

    from xacthuc.client.enums import Action, ActivityKind, EndCause, LinkEventKind, Relation, WardGround


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a guardian declares when taking a child on, under the text that the policy names."""

    text_version: str
    """Version of the text that was shown."""

    accept_time: datetime
    """When the guardian accepted it; aware."""

    affirmed: bool
    """That the guardian acted and nothing was pre-selected. No default: a program must not say it for the person."""

    ward_ground: WardGround | None = None
    """Why the parents do not answer for the child; of everybody but a parent (Civil Code Art. 47(1))."""

    def __post_init__(self) -> None:
        if self.accept_time.tzinfo is None:
            raise ValueError("accept_time has no time zone; give it one, such as datetime.now(UTC)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One person who answers, or is asked to answer, for one child."""

    name: str
    child: str = field(repr=False)
    guardian: str = field(repr=False)
    """`accounts/{account}` of the platform, or the record of who has no account there. Empty until it is known."""

    relation: Relation
    state: LinkState
    expire_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    end_cause: EndCause | None
    declaration: Declaration | None
    dispute: str
    """What an officer has to decide first, `disputes/{dispute}`. Empty without it."""

    create_time: datetime
    update_time: datetime

    @property
    def active(self) -> bool:
        """Whether the guardian answers for the child."""
        return self.state == LinkState.ACTIVE


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in Vietnam's time in which nothing is allowed; over midnight when they end before they start."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What the guardians of a child allow."""

    name: str = field(repr=False)
    suspended: bool
    allowed_actions: frozenset[Action]
    quiet_hours: QuietHours | None
    version: int
    update_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildAssent:
    """Consent to a feature that publishes private information of a child."""

    child: str = field(repr=False)
    feature: str
    complete: bool
    """Whether everybody consented who has to."""

    child_accept_time: datetime | None
    guardian_accept_time: datetime | None
    guardian_link: str

    def __bool__(self) -> bool:
        """Whether the feature may be used."""
        return self.complete


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something a child published: which and when, never what it says."""

    kind: ActivityKind
    content_id: str = field(repr=False)
    occur_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent:
    """One thing that happened to a link. It says that something changed; `get_link` says what is true now."""

    name: str
    """`events/{event}`, the same however often it is told: what repetitions are known by."""

    kind: LinkEventKind
    child: str = field(repr=False)
    link: str
    """What it happened to, or by which it was done; empty where the child did it."""

    occur_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEventBatch:
    """What happened, in order, and where to go on; false when nothing did and the stream only says that it lives."""

    events: tuple[LinkEvent, ...]
    cursor: str
    """Keep it once the events are dealt with."""

    def __bool__(self) -> bool:
        return bool(self.events)
