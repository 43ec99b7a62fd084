"""Agreeing to end transitions of a campaign's accounts: the executor of TRANSITION_END.

Which accounts a campaign is about is known by the backfill service, which asks what was agreed to and has their transitions
ended, some at a time (`sql_transitions`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.domain.approvals import Executed, Failed

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.identity.domain.approvals import Act, Approval


class TransitionEnd:
    """The port `Executor`."""

    def __init__(self, clock: Clock) -> None:
        """Takes the time."""
        self._clock = clock

    async def check(self, act: Act) -> None:
        """Refuses campaigns of other platforms, and accounts that nobody can have counted yet."""
        if act.text("campaign").split("/")[1] != act.platform:
            fault = "must be a campaign of the platform whose accounts it is about"
            raise InvalidRequest(FieldFault("act.transition_end.campaign", fault, "OTHER_PLATFORM"))
        if datetime.fromisoformat(act.text("as_of_time")) > self._clock.now():
            fault = "must not be in the future: it is when the accounts were counted"
            raise InvalidRequest(FieldFault("act.transition_end.as_of_time", fault, "IN_FUTURE"))

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Does nothing here: that two people agreed is what the backfill service asks for."""
        return Executed({"campaign": approval.act.text("campaign")})
