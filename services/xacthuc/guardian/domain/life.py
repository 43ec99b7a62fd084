"""What the years and the lives of people change about who answers for a child (R19, R21, R22). Pure.

Identity decides by the day and the hour, from birth dates and standings that never leave it, so a gate is shut on time
whether or not anybody looks here. What is here ends what has no reason to stand any more.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from xacthuc.guardian.domain.links import EndCause
from xacthuc.policy.dates import local_date, start_of_day

if TYPE_CHECKING:
    from datetime import datetime

_HOUR_SECONDS: Final = 3600


class AgeBand(StrEnum):
    """How old a holder is, as far as a law asks. Coarse on purpose: it is no birth date. Identity says the same words."""

    BELOW_ASSENT = "BELOW_ASSENT"
    """Under 7: the guardian consents alone."""
    BELOW_INDEPENDENCE = "BELOW_INDEPENDENCE"
    """From 7 on the child's own consent is asked for as well (Law 91/2025 Art. 24(2))."""
    BELOW_CAPACITY = "BELOW_CAPACITY"
    """From 16 on the holder's own number or personal ID counts (Law 102/2016 Art. 1)."""
    ADULT = "ADULT"
    """From 18 on nobody represents the holder, who may answer for others (Civil Code Art. 20, 49)."""


class Assurance(StrEnum):
    """What is proven of who somebody is. Identity says the same words."""

    PHONE = "PHONE"
    PERSONAL_ID = "PERSONAL_ID"


class Holder(NamedTuple):
    """What identity says of an account when it is asked."""

    in_use: bool
    """Whether it is registered, and neither closed nor erased."""
    band: AgeBand | None
    """On that day; None when it is not known."""
    assurance: Assurance | None = None
    """None when nothing that stands is proven."""
    locked: bool = False

    @property
    def is_child(self) -> bool:
        """Whether somebody has to answer for the holder; who is not known to be one is treated as one."""
        return self.band is None or self.band in _CHILDREN


def ending(child: Holder, guardian: Holder, *, legal_person: bool) -> EndCause | None:
    """Returns why nobody answers by a link any more, or None. What is not known ends nothing: identity shuts the gate.

    A guardian's birth date may be corrected, and was never that of an adult (R17).
    """
    if not child.in_use:
        return EndCause.CHILD_CLOSED
    if not child.is_child:
        return EndCause.CAME_OF_AGE
    too_young = not legal_person and guardian.band not in {None, AgeBand.ADULT}
    return EndCause.GUARDIAN_STANDING if too_young or not guardian.in_use else None


_CHILDREN: Final = frozenset({AgeBand.BELOW_ASSENT, AgeBand.BELOW_INDEPENDENCE})


def next_look(now: datetime, ward: str) -> datetime:
    """Returns when a child is looked at again: after the next midnight in Vietnam, when its age may be another (R22).

    Some time within the first hour, the same for the same `ward`, so that a country's children do not come at once.
    """
    midnight = start_of_day(local_date(now) + timedelta(days=1))
    return midnight + timedelta(seconds=crc32(ward.encode()) % _HOUR_SECONDS)
