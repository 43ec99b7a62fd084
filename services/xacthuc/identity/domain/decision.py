"""Whether an account may do something now, why, and what to do about it (R3 to R7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.domain.account import needs_reverification
from xacthuc.identity.domain.facts import HORIZON_MS, EvidenceKind, Life
from xacthuc.policy import Action, NextStep, Reason, Requirement
from xacthuc.policy.dates import DAY_MS, minute_of_day

if TYPE_CHECKING:
    from xacthuc.identity.domain.facts import Facts, Supervision
    from xacthuc.policy import Policy

LONGEST_REUSE_SECONDS: Final = 60
"""How long a platform may reuse an answer at most: what one revocation may cost, against a call per page view."""

_MINUTE_MS: Final = 60_000
_DAY_MINUTES: Final = DAY_MS // _MINUTE_MS
_ALLOWING: Final = frozenset({Reason.ACTION_NOT_GATED, Reason.VERIFIED, Reason.TRANSITION})
_PROVIDER_DECIDES: Final = frozenset({Reason.NOT_VERIFIED, Reason.REVERIFICATION_REQUIRED, Reason.PERSONAL_ID_REQUIRED})


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
    reason = _reason(facts, action, now_ms, policy)
    allowed = reason in _ALLOWING
    # Nobody is sent through a second proof while a provider is being asked about the first.
    waits = facts.asked and reason in _PROVIDER_DECIDES
    return Decision(
        allowed=allowed,
        reason=reason,
        next_step=NextStep.WAIT if waits else policy.reasons[reason].next_step,
        legal_basis=_legal_basis(facts, action, reason, policy),
        policy_version=policy.version,
        reuse_seconds=_reuse_seconds(facts, action, reason, now_ms) if allowed else 0,
    )


def changes_from(facts: Facts, now_ms: int) -> int:
    """Returns from when what is decided of an account may differ although nothing happens to it; 0 for not within a day."""
    supervision, later = facts.supervision, now_ms + HORIZON_MS
    edges = [facts.child_until_ms, facts.locked_until_ms, facts.transition_until_ms, facts.reverify_from_ms]
    edges.append(supervision.guarded_until_ms)
    if supervision.quiet_from != supervision.quiet_to:
        edges += (_next_ms(supervision.quiet_from, now_ms), _next_ms(supervision.quiet_to, now_ms))
    return min((edge_ms for edge_ms in edges if now_ms < edge_ms <= later), default=0)


class Kept(NamedTuple):
    """What a platform may keep of an account's standing."""

    actions: tuple[Action, ...]
    """What is allowed; empty when nothing that is gated may be kept."""
    reuse_seconds: int
    """How long all of it may be kept."""
    next_step: NextStep


def keepable(facts: Facts, now_ms: int, policy: Policy) -> Kept:
    """Returns which actions may be kept as allowed, for as long as each of them may."""
    decisions = {action: decide(facts, action, now_ms, policy) for action in Action}
    kept = {action: decision.reuse_seconds for action, decision in decisions.items() if decision.reuse_seconds > 0}
    if any(decisions[action].reason is not Reason.ACTION_NOT_GATED for action in kept):
        return Kept(tuple(kept), min(kept.values()), NextStep.NONE)
    # What is asked of whoever wants to post stands for the rest.
    return Kept((), 0, decisions[Action.POST].next_step)


def _legal_basis(facts: Facts, action: Action, reason: Reason, policy: Policy) -> str:
    article = policy.legal_basis(action, reason)
    return f"{article}; {facts.lock_basis}" if reason is Reason.LOCKED and facts.lock_basis else article


def _reason(facts: Facts, action: Action, now_ms: int, policy: Policy) -> Reason:
    requirement = policy.rule_for(action).requirement
    if requirement is Requirement.NOTHING:
        return Reason.ACTION_NOT_GATED
    if bar := _bar(facts, now_ms):
        return bar
    if requirement is Requirement.PERSONAL_ID:
        return _personal_id_reason(facts, child=facts.is_child(now_ms))
    if facts.is_child(now_ms):
        return _childs_reason(facts, action, now_ms, policy)
    return _adults_reason(facts, now_ms)


def _bar(facts: Facts, now_ms: int) -> Reason | None:
    """Returns what stands before everything that is gated, whatever is proven; None when nothing does."""
    if not facts.registered:
        return Reason.NOT_REGISTERED
    if facts.life is not Life.OPEN:
        return Reason.CLOSED
    if facts.locked_until_ms > now_ms:
        return Reason.LOCKED
    return None if facts.readable else Reason.UNREADABLE


def _adults_reason(facts: Facts, now_ms: int) -> Reason:
    if facts.complete and facts.is_authenticated(now_ms):
        return Reason.VERIFIED
    if facts.transition_until_ms > now_ms:
        return Reason.TRANSITION
    if not facts.complete:
        return Reason.DETAILS_REQUIRED
    return Reason.REVERIFICATION_REQUIRED if needs_reverification(facts, now_ms) else Reason.NOT_VERIFIED


def _personal_id_reason(facts: Facts, *, child: bool) -> Reason:
    """No grace covers selling live (R3). A number is not asked for: a personal ID serves for both."""
    if child:
        return Reason.NOT_FOR_CHILDREN
    if not facts.complete:
        return Reason.DETAILS_REQUIRED
    return Reason.VERIFIED if EvidenceKind.PERSONAL_ID in facts.evidence else Reason.PERSONAL_ID_REQUIRED


def _childs_reason(facts: Facts, action: Action, now_ms: int, policy: Policy) -> Reason:
    """A child does what its guardians allow, once there are any (R15, R19)."""
    if not facts.is_authenticated(now_ms):
        covered = policy.grace.covers_children and facts.transition_until_ms > now_ms
        return Reason.TRANSITION if covered else Reason.GUARDIAN_REQUIRED
    supervision = facts.supervision
    if supervision.suspended:
        return Reason.SUSPENDED
    if action not in supervision.actions:
        return Reason.SUPERVISED
    return Reason.QUIET_HOURS if is_quiet(supervision, minute_of_day(now_ms)) else Reason.VERIFIED


def is_quiet(supervision: Supervision, minute: int) -> bool:
    """Whether `minute` of the day lies in the child's quiet hours, which may go over midnight."""
    begin, end = supervision.quiet_from, supervision.quiet_to
    return begin <= minute < end if begin <= end else minute >= begin or minute < end


def _reuse_seconds(facts: Facts, action: Action, reason: Reason, now_ms: int) -> int:
    """Selling live is asked anew each time; nothing outlives an instant at which the answer changes by itself.

    A refusal is not reused at all (see `decide`): whoever has just verified must be able to post at once.
    """
    if action is Action.LIVESTREAM_COMMERCE:
        return 0
    if reason is Reason.ACTION_NOT_GATED:
        return LONGEST_REUSE_SECONDS
    ends: tuple[int, ...] = (facts.child_until_ms, facts.reverify_from_ms)
    if reason is Reason.TRANSITION:
        ends = (facts.child_until_ms, facts.transition_until_ms)
    elif facts.child_until_ms > now_ms:
        supervision = facts.supervision
        ends = (facts.child_until_ms, supervision.guarded_until_ms, _quiet_start_ms(supervision, now_ms))
    nearest_ms = now_ms + LONGEST_REUSE_SECONDS * 1000
    for end_ms in ends:
        if now_ms < end_ms < nearest_ms:
            nearest_ms = end_ms
    return (nearest_ms - now_ms) // 1000


def _quiet_start_ms(supervision: Supervision, now_ms: int) -> int:
    """Returns when the quiet hours begin next; 0 when there are none."""
    return 0 if supervision.quiet_from == supervision.quiet_to else _next_ms(supervision.quiet_from, now_ms)


def _next_ms(minute: int, now_ms: int) -> int:
    """Returns when a minute of the day begins next, or has begun in this one."""
    minutes = (minute - minute_of_day(now_ms)) % _DAY_MINUTES
    return (now_ms // _MINUTE_MS + minutes) * _MINUTE_MS
