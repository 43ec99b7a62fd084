"""Consent to publishing a child's private information (R20; Law 91/2025 Art. 24(2), Decree 56/2017 Art. 36). Pure.

It takes that of who represents the child and, from the age of 7 on, the child's own: neither alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.guardian.domain.life import AgeBand

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.guardian.domain.life import Holder


class AssentRefusal(StrEnum):
    """Why a consent is not taken."""

    NOT_A_CHILD = "NOT_A_CHILD"
    """The holder is 16 or older and consents alone, where everybody else does."""
    TOO_YOUNG = "TOO_YOUNG"
    """Under 7 the guardian consents alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assent:
    """What stands of one feature."""

    child: str = field(repr=False)
    feature: str
    child_accept_time: datetime | None = None
    guardian_accept_time: datetime | None = None
    guardian_link: str = ""
    """Of who consented."""

    def is_complete(self, holder: Holder, *, represented: bool) -> bool:
        """Whether everybody consented who has to; `represented` tells whether `guardian_link` still stands.

        Of who is 16 or older or has left, and of a child of unknown age, nothing that was said here counts any more.
        """
        if not holder.in_use or holder.band is None or not holder.is_child:
            return False
        if self.guardian_accept_time is None or not represented:
            return False
        return holder.band is AgeBand.BELOW_ASSENT or self.child_accept_time is not None


def refusal(holder: Holder, *, by_child: bool) -> AssentRefusal | None:
    """Returns why a consent is not taken, or None. What is taken back is never refused."""
    if not holder.in_use or not holder.is_child:
        return AssentRefusal.NOT_A_CHILD
    if by_child and holder.band is AgeBand.BELOW_ASSENT:
        return AssentRefusal.TOO_YOUNG
    return None
