"""What the use cases need of mobile operators. The other ports are in `ports.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge import Question, Verdict
    from xacthuc.otp.domain.network import NetworkAnswer
    from xacthuc.otp.domain.view import ChallengeView


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether an operator may be asked about a challenge: the number to ask about, or what was answered without."""

    outcome: Question | Verdict
    number: str = field(default="", repr=False)
    view: ChallengeView | None = None


class Operator(Protocol):
    """A mobile operator that confirms numbers. Asking changes nothing, so it may be done again."""

    @property
    def name(self) -> str:
        """How platforms, metrics and outcomes call it."""
        ...

    async def confirm(self, number: str, token: str, *, correlator: str, budget_seconds: float) -> NetworkAnswer:
        """Asks about an E.164 number, within its own time or `budget_seconds`, whichever is less. Never raises."""
        ...
