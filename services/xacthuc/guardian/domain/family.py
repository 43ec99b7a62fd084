"""What may become of a link, and who may answer for one child together (R16 to R18). Pure.

The rules against hijack are here: the first guardian answers at once, a later one only when one who answers already
approves, and nobody while an officer has a reason to look.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import PARENTS, may_share

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.guardian.domain.relations import Relation, WardGround

MOST_GUARDIANS: Final = 2
"""Both parents, or both grandparents (Civil Code Art. 47(2))."""


class Act(StrEnum):
    """What is done to a link."""

    CONFIRM = "CONFIRM"
    """The person who was invited takes the child on."""
    APPROVE = "APPROVE"
    """Somebody who answers already agrees to another guardian."""
    ALLOW = "ALLOW"
    """An officer finds nothing that speaks against it."""
    REFUSE = "REFUSE"
    """An officer does."""
    DECLINE = "DECLINE"
    EXPIRE = "EXPIRE"
    END = "END"
    OUTLIVE = "OUTLIVE"
    """One of those between whom it is, is gone, or of age."""


MOVES: Final = {
    (State.INVITED, Act.CONFIRM): frozenset({State.ACTIVE, State.PENDING_APPROVAL, State.HELD}),
    (State.INVITED, Act.DECLINE): frozenset({State.DECLINED}),
    (State.INVITED, Act.EXPIRE): frozenset({State.EXPIRED}),
    (State.PENDING_APPROVAL, Act.APPROVE): frozenset({State.ACTIVE}),
    (State.PENDING_APPROVAL, Act.DECLINE): frozenset({State.DECLINED}),
    (State.PENDING_APPROVAL, Act.EXPIRE): frozenset({State.EXPIRED}),
    (State.HELD, Act.ALLOW): frozenset({State.ACTIVE, State.PENDING_APPROVAL}),
    (State.HELD, Act.REFUSE): frozenset({State.DECLINED}),
    (State.ACTIVE, Act.END): frozenset({State.ENDED}),
    (State.INVITED, Act.OUTLIVE): frozenset({State.EXPIRED}),
    (State.PENDING_APPROVAL, Act.OUTLIVE): frozenset({State.EXPIRED}),
    (State.HELD, Act.OUTLIVE): frozenset({State.EXPIRED}),
    (State.ACTIVE, Act.OUTLIVE): frozenset({State.ENDED}),
}
"""Where each act may lead. What is not here is refused."""


class Objection(StrEnum):
    """Why somebody cannot come to answer for a child beside those who do."""

    ALREADY = "ALREADY"
    """The same person answers for the child by another link."""
    TOO_MANY = "TOO_MANY"
    RELATIONS = "RELATIONS"
    """Two answer together only as both parents or both grandparents (R18)."""
    TOO_MANY_CHILDREN = "TOO_MANY_CHILDREN"


class Answering(NamedTuple):
    """Somebody who answers for the child now."""

    guardian_id: str
    relation: Relation


def may(state: State, act: Act) -> bool:
    """Whether a link that stands at `state` can be acted on so."""
    return (state, act) in MOVES


def objection(answering: Collection[Answering], relation: Relation, guardian_id: str | None) -> Objection | None:
    """Returns why nobody of `relation` can come to answer beside these, or None. `guardian_id` is None while unknown."""
    if guardian_id is not None and any(one.guardian_id == guardian_id for one in answering):
        return Objection.ALREADY
    if len(answering) >= MOST_GUARDIANS:
        return Objection.TOO_MANY
    if not all(may_share(one.relation, relation) for one in answering):
        return Objection.RELATIONS
    return None


def declares_enough(relation: Relation, ground: WardGround | None) -> bool:
    """Whether a parent declares no ground of wardship, and everybody else one (R17; Civil Code Art. 47(1))."""
    return (relation in PARENTS) == (ground is None)
