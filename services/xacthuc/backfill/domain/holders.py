"""Where identity says that an account stands, and what that makes of it in a campaign. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.backfill.domain.campaign import TargetState
from xacthuc.backfill.domain.classes import AccountClass

if TYPE_CHECKING:
    from collections.abc import Collection


class Holder(NamedTuple):
    """What identity knows of an account."""

    state: str
    """As the contract of identity names it; one that this service does not know is none of those below."""
    personal_id: bool
    """Whether a provider of electronic identification confirmed who holds it."""
    child: bool = False
    """Whether who holds it needs a guardian, as is known by now: the export may not have said so."""


GONE: Final[Collection[str]] = frozenset({"LOCKED", "CLOSED", "ERASURE_SCHEDULED", "ERASED"})
VERIFIED: Final = "VERIFIED"
"""As identity says it."""
_STAYS_OPEN: Final = frozenset({TargetState.OPEN, TargetState.ASKED, TargetState.RESTRICTED})


def standing(account_class: AccountClass, holder: Holder | None) -> TargetState:
    """Returns whether an account lacks nothing any more, is gone, or is OPEN. Who is not registered is gone."""
    if holder is None or holder.state in GONE:
        return TargetState.GONE
    # Of a seller a number is not enough (R3).
    enough = holder.personal_id or account_class is not AccountClass.NEEDS_PERSONAL_ID
    return TargetState.VERIFIED if holder.state == VERIFIED and enough else TargetState.OPEN


def reviewed(before: TargetState, seen: TargetState) -> TargetState:
    """Returns where an account stands in its campaign once identity was asked.

    Whoever lapsed is asked again where the ladder was left.
    """
    return before if seen is TargetState.OPEN and before in _STAYS_OPEN else seen
