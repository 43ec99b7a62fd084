"""What the fraud guard says, to operators and to services that watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2
from xacthuc.otp.domain.guard import GuardDecision, Verdict
from xacthuc.otp.wire.common import timestamp

if TYPE_CHECKING:
    from xacthuc.otp.ports.guard import GuardSubject

_Decision = internal_pb2.GuardDecision

VERDICTS = {
    Verdict.PASSED: _Decision.PASSED,
    Verdict.RECORDED: _Decision.RECORDED,
    Verdict.CHALLENGED: _Decision.CHALLENGED,
    Verdict.EXEMPTED: _Decision.EXEMPTED,
}


def decision(said: GuardDecision) -> internal_pb2.GuardDecision:
    """Renders a decision."""
    return _Decision(
        verdict=VERDICTS[said.verdict],
        subject="" if said.verdict is Verdict.PASSED else said.subject,
        unverified_day_count=said.day_count,
        unverified_day_limit=said.day_limit,
        unverified_hour_count=said.hour_count,
        unverified_hour_limit=said.hour_limit,
    )


def recorded(text: str) -> internal_pb2.GuardDecision | None:
    """Renders the decision in the record of a message; None where the guard was not asked."""
    return decision(GuardDecision.parse(text)) if text else None


def subject(standing: GuardSubject) -> admin_pb2.GuardSubject:
    """Renders something that the guard watches."""
    return admin_pb2.GuardSubject(
        subject=str(standing.subject),
        decision=decision(standing.decision),
        first_seen_time=timestamp(standing.first_ms),
        exempt_until_time=timestamp(standing.exempt_until_ms) if standing.exempt_until_ms else None,
    )


def subjects(found: list[GuardSubject]) -> admin_pb2.ListGuardSubjectsResponse:
    """Renders a list of them."""
    return admin_pb2.ListGuardSubjectsResponse(subjects=map(subject, found))
