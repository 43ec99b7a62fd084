"""What a link between a guardian and a child is (R16 to R18)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.guardian.domain.relations import Relation, WardGround


class State(StrEnum):
    """Where a link stands. The contract carries the same names."""

    INVITED = "INVITED"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    HELD = "HELD"
    ACTIVE = "ACTIVE"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    ENDED = "ENDED"


OVER: Final = frozenset({State.DECLINED, State.EXPIRED, State.ENDED})
"""Nothing comes after these."""

LOOKED_AT: Final = frozenset({State.ACTIVE, State.HELD})
"""These have no time of their own: they stand for as long as those do between whom they are."""


class EndCause(StrEnum):
    """Why a link ended. The contract carries the same names."""

    REVOKED = "REVOKED"
    CAME_OF_AGE = "CAME_OF_AGE"
    GUARDIAN_STANDING = "GUARDIAN_STANDING"
    DISPUTE = "DISPUTE"
    CHILD_CLOSED = "CHILD_CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a guardian declared."""

    text_version: str
    accept_time: datetime
    ward_ground: WardGround | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One person who answers, or is asked to answer, for one child."""

    link: str
    child_id: str = field(repr=False)
    guardian_id: str | None = field(repr=False)
    """None until it is known."""
    relation: Relation
    state: State
    end_cause: EndCause | None = None
    declaration: Declaration | None = None
    dispute: str = ""
    expire_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    create_time: datetime
    update_time: datetime

    def answers_beside(self, other: Link) -> bool:
        """Whether somebody answers by it for the child of another link."""
        return self.state is State.ACTIVE and self.link != other.link and self.child_id == other.child_id

    def as_of(self, now: datetime) -> Link:
        """Returns it as it is to be shown at `now`."""
        if self.standing(now) is self.state:
            return self
        return replace(self, state=self.standing(now), end_time=self.expire_time)

    def standing(self, now: datetime) -> State:
        """Returns where it stands at `now`: what waited too long is over, whether or not a job has said so yet."""
        waits = self.state in {State.INVITED, State.PENDING_APPROVAL}
        return State.EXPIRED if waits and self.expire_time <= now else self.state
