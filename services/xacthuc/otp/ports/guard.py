"""What the use cases need of the fraud guard. The other ports are in `ports.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.otp.domain.guard import GuardDecision, Subject


class Watched(Protocol):
    """One message that the fraud guard has counted."""

    async def decision(self) -> GuardDecision | None:
        """Returns what the guard says of it; None when it could not be asked, and lets the message pass."""
        ...

    def take_back(self) -> None:
        """Forgets it, in the background: it is not sent, or had been counted before."""
        ...


class Guard(Protocol):
    """The fraud guard: counts what is sent and never entered. Other slots than the number's, and than the limits'."""

    def watch(self, operator: str, prefix: str, now_ms: int) -> Watched:
        """Counts a message to a number of an operator's range and of a block. Asks at once, and waits for nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSubject:
    """Something the fraud guard watches, as it stands."""

    subject: Subject
    decision: GuardDecision
    first_ms: int
    exempt_until_ms: int = 0
    """Until when it passes in any case; 0 when it does not."""


class GuardSubjects(Protocol):
    """What operators see and change of the fraud guard."""

    async def all(self, now_ms: int, *, only_exceeding: bool) -> list[GuardSubject]:
        """Returns at most 1 000 subjects, the most suspicious first."""
        ...

    async def exempt(self, subject: Subject, reason: str, until_ms: int, now_ms: int, *, actor: str) -> GuardSubject:
        """Lets a subject pass until then; a time that is past ends it. The change is an outcome too."""
        ...
