"""What a guardian is to a child, and who may guard one together (Civil Code Art. 46 to 54, 136; R17, R18)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Relation(StrEnum):
    """What a guardian is to the child. The contract carries the same names."""

    FATHER = "FATHER"
    MOTHER = "MOTHER"
    GUARDIAN_NATURAL = "GUARDIAN_NATURAL"
    GUARDIAN_APPOINTED = "GUARDIAN_APPOINTED"
    GUARDIAN_COURT = "GUARDIAN_COURT"
    GUARDIAN_LEGAL_PERSON = "GUARDIAN_LEGAL_PERSON"
    GRANDPARENT = "GRANDPARENT"


class WardGround(StrEnum):
    """Why somebody other than a parent guards a child (Civil Code Art. 47(1)). The contract carries the same names."""

    PARENTS_DEAD_OR_UNKNOWN = "PARENTS_DEAD_OR_UNKNOWN"
    PARENTS_UNABLE = "PARENTS_UNABLE"


PARENTS: Final = frozenset({Relation.FATHER, Relation.MOTHER})


def may_share(one: Relation, other: Relation) -> bool:
    """Whether two people may answer for one child together: father and mother, or two grandparents (Art. 47(2))."""
    return {one, other} == PARENTS or one is other is Relation.GRANDPARENT
