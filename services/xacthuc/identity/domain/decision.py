"""Whether an account may do something now, why, and what to do about it (R4 to R7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.domain.account import EvidenceKind
from xacthuc.policy import Action, NextStep, Reason, Requirement

if TYPE_CHECKING:
    from xacthuc.identity.domain.account import Facts
    from xacthuc.policy import Policy

LONGEST_REUSE_SECONDS: Final = 60
"""How long a platform may reuse an answer at most: what one revocation may cost, against a call per page view."""


class Decision(NamedTuple):
    """A decision with everything a person and an auditor need of it."""

    allowed: bool
    reason: Reason
    next_step: NextStep
    legal_basis: str
    policy_version: str
    reuse_seconds: int
    """How long the platform may reuse it."""


def decide(facts: Facts, action: Action, now_ms: int, policy: Policy) -> Decision:
    """Decides from an account's facts at `now_ms`."""
    reason = _reason(facts, policy.rule_for(action).requirement, now_ms)
    allowed = reason is Reason.VERIFIED or reason is Reason.ACTION_NOT_GATED
    return Decision(
        allowed=allowed,
        reason=reason,
        next_step=policy.reasons[reason].next_step,
        legal_basis=policy.legal_basis(action, reason),
        policy_version=policy.version,
        reuse_seconds=_reuse_seconds(facts, action, now_ms) if allowed else 0,
    )


def _reason(facts: Facts, requirement: Requirement, now_ms: int) -> Reason:
    if requirement is Requirement.NOTHING:
        return Reason.ACTION_NOT_GATED
    if not facts.registered:
        return Reason.NOT_REGISTERED
    if not facts.is_authenticated(now_ms) and facts.is_child(now_ms):
        return Reason.GUARDIAN_REQUIRED
    # Before the number: a personal ID serves for both, so that nobody is sent through two steps.
    if requirement is Requirement.PERSONAL_ID and EvidenceKind.PERSONAL_ID not in facts.evidence:
        return Reason.PERSONAL_ID_REQUIRED
    if facts.is_authenticated(now_ms):
        return Reason.VERIFIED
    return Reason.REVERIFICATION_REQUIRED if facts.lapsed else Reason.NOT_VERIFIED


def _reuse_seconds(facts: Facts, action: Action, now_ms: int) -> int:
    """Selling live is asked anew each time; nothing outlives the 16th birthday.

    A refusal is not reused at all (see `decide`): whoever has just verified must be able to post at once.
    """
    if action is Action.LIVESTREAM_COMMERCE:
        return 0
    if facts.child_until_ms > now_ms:
        return min(LONGEST_REUSE_SECONDS, (facts.child_until_ms - now_ms) // 1000)
    return LONGEST_REUSE_SECONDS
