"""The fraud guard's part in sending, and what operators do about it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.otp.domain.guard import Subject

if TYPE_CHECKING:
    from xacthuc.otp.domain.guard import GuardDecision
    from xacthuc.otp.ports.guard import GuardSubject, GuardSubjects, Watched
    from xacthuc.otp.usecases.otp import Otp


@dataclass(slots=True)
class Guarding:
    """One message under the guard's eyes, forgotten at the end unless it was `sent`."""

    watched: Watched | None
    sent: bool = False
    judged: bool = False
    """Whether the guard has spoken: what comes next sends the message."""

    @classmethod
    def of(cls, otp: Otp, operator: str, prefix: str, now_ms: int, *, message: bool = True) -> Self:
        """Counts a message, in the trip of whatever else is asked in this tick; not when there is no `message`."""
        return cls(otp.guard.watch(operator, prefix, now_ms) if message and operator else None)

    async def said(self) -> str:
        """Returns what the guard says, as the record of the message keeps it; empty when it was not asked."""
        decision = await self._decision()
        return decision.text if decision else ""

    async def noted(self) -> str:
        """Returns the same for a message that nobody has to prove anything for."""
        decision = await self._decision()
        return decision.recorded().text if decision else ""

    async def _decision(self) -> GuardDecision | None:
        decision = await self.watched.decision() if self.watched else None
        self.judged = True
        return decision

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, fault: type[BaseException] | None, *_: object) -> None:
        """Forgets the message unless it was sent: it was refused elsewhere, or the caller went away.

        A caller who goes away while it is being sent is no reason: whoever hangs up in time would pump uncounted.
        """
        unknown = self.judged and fault is not None and issubclass(fault, asyncio.CancelledError)
        if self.watched is not None and not self.sent and not unknown:
            self.watched.take_back()


async def list_subjects(otp: Otp, subjects: GuardSubjects, *, only_exceeding: bool) -> list[GuardSubject]:
    """Returns what the guard watches, the most suspicious first."""
    return await subjects.all(otp.clock.now_ms(), only_exceeding=only_exceeding)


async def exempt_subject(
    otp: Otp, subjects: GuardSubjects, name: str, reason: str, duration_ms: int, *, actor: str
) -> GuardSubject:
    """Lets a subject pass for a time, or no longer."""
    now_ms = otp.clock.now_ms()
    try:
        subject = Subject.parse(name)
    except ValueError:
        raise InvalidRequest(
            FieldFault("subject", "must be operator:, prefix: or provider: and a name, as listed", "SUBJECT")
        ) from None
    until_ms = now_ms + duration_ms if duration_ms else 0
    return await subjects.exempt(subject, reason, until_ms, now_ms, actor=actor)
