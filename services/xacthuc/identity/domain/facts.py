"""What is known of an account when something is to be decided: facts, never conclusions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from xacthuc.policy import Action

HORIZON_MS: Final = 86_400_000
"""A day: far longer than facts are believed once they were read."""

_PAST_MS: Final = 60_000
"""What lies further back than this is over by every clock of the deployment."""

FOREVER_MS: Final = 253_402_300_799_000
"""The end of the year 9999, the last instant the contract's times can hold: never, as a number."""


class EvidenceKind(StrEnum):
    """What can be proven of an account. The contract carries the same names."""

    PHONE = "PHONE"
    """Possession of a Vietnamese mobile number."""
    PERSONAL_ID_DECLARED = "PERSONAL_ID_DECLARED"
    """A well-formed personal ID number, confirmed by nobody."""
    PERSONAL_ID = "PERSONAL_ID"
    """A personal ID number that an electronic-identification provider confirmed."""
    GUARDIAN = "GUARDIAN"
    """A parent or guardian registered and supervises the account."""


class Life(StrEnum):
    """Whether an account is in use. It only ever moves down this list."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    """The holder left; data is kept for the statutory time."""
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    """Its key is destroyed; what the law orders kept waits for the end of that time under another."""
    ERASED = "ERASED"


class Supervision(NamedTuple):
    """What a child's guardians allow. Times of day are minutes since midnight in Vietnam."""

    guarded_until_ms: int
    """Until when somebody who may answer for the child stands; 0 when nobody does."""
    suspended: bool
    actions: frozenset[Action]
    quiet_from: int
    quiet_to: int
    """Smaller than `quiet_from` when the quiet hours go over midnight; equal to it when there are none."""


UNSUPERVISED: Final = Supervision(0, suspended=False, actions=frozenset(), quiet_from=0, quiet_to=0)
"""Of everybody without a guardian here."""


class Facts(NamedTuple):
    """What decisions are made from: small, free of anything personal, and cached.

    Instants are milliseconds since the Unix epoch: 0 is long past, `FOREVER_MS` never comes.
    """

    registered: bool
    evidence: frozenset[EvidenceKind] = frozenset()
    """What is proven and stands."""
    lapsed: bool = False
    """Whether something was proven once and stands no longer."""
    child_until_ms: int = 0
    """When the holder turns 16; 0 for who was 16 at registration."""
    complete: bool = True
    """Whether name and birth date are known, as the law demands before anything is proven (R10)."""
    asked: bool = False
    """Whether a provider is being asked about the holder's personal ID."""
    life: Life = Life.OPEN
    locked_until_ms: int = 0
    lock_basis: str = ""
    """What the lock that holds longest rests on."""
    transition_until_ms: int = 0
    """Until when a grace of the law covers the account although nothing is proven."""
    reverify_from_ms: int = FOREVER_MS
    """When possession of the number is to be proven again (R31)."""
    supervision: Supervision = UNSUPERVISED
    readable: bool = True
    """Whether what is sealed of it opens: of who is neither known to be a child nor not, nothing can be decided."""

    def is_child(self, now_ms: int) -> bool:
        """Whether a parent or guardian must answer for the account at `now_ms` (R15)."""
        return self.child_until_ms > now_ms

    def is_authenticated(self, now_ms: int) -> bool:
        """Whether the account is authenticated at `now_ms`.

        A child's account by its guardian alone, anybody else's by their own number or personal ID: a number says
        nothing about age (R24), and a guardian answers until the 16th birthday (R22).
        """
        if self.child_until_ms > now_ms:
            return EvidenceKind.GUARDIAN in self.evidence and self.supervision.guarded_until_ms > now_ms
        if EvidenceKind.PERSONAL_ID in self.evidence:
            return True
        return EvidenceKind.PHONE in self.evidence and self.reverify_from_ms > now_ms


def foreseeable(facts: Facts, read_ms: int) -> Facts:
    """Returns facts that decide as `facts` do for a day after `read_ms`, less the minute that an answer may be reused.

    What comes later is told apart from never by nobody who decides, and what is over from what never was. So most
    accounts have the same facts, whichever day they verified a number and whenever a child turns 16.
    """

    def near(instant_ms: int) -> int:
        if instant_ms > read_ms + HORIZON_MS:
            return FOREVER_MS
        return instant_ms if instant_ms > read_ms - _PAST_MS else 0

    supervision = facts.supervision
    if supervision.guarded_until_ms:
        supervision = supervision._replace(guarded_until_ms=near(supervision.guarded_until_ms))
    return facts._replace(
        child_until_ms=near(facts.child_until_ms),
        locked_until_ms=near(facts.locked_until_ms),
        transition_until_ms=near(facts.transition_until_ms),
        reverify_from_ms=near(facts.reverify_from_ms),
        supervision=supervision,
    )


NOT_REGISTERED: Final = Facts(registered=False)
