"""What is known of whoever is on air, and what follows for a broadcast: the decision of identity and the rules of this service.

Identity says what its policy lets the account do. Selling asks for more here, whatever that policy says: a personal ID
that was authenticated, and a holder who is no child (R3; Law 122/2025/QH15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xacthuc.policy import Action, Reason, Ruling

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.policy import NextStep, Policy


class Verdict(NamedTuple):
    """Whether the account may do one thing now, with everything a person and an auditor need of it."""

    allowed: bool
    reason: Reason
    next_step: NextStep
    legal_basis: str
    policy_version: str


class Broadcaster(NamedTuple):
    """An account at one instant. Nothing in it is personal."""

    ordinary: Verdict
    """Whether it may be on air."""
    commercial: Verdict
    """Whether it may sell there."""
    is_child: bool
    personal_id_time: datetime | None
    """When its personal ID was authenticated; None when none stands."""
    personal_id_source: str
    """Who authenticated it, such as `eid/vneid`; empty without one."""
    change_time: datetime | None
    """When the answer changes although nothing happens to the account, as at a birthday; None for not within a day."""


class Judgement(NamedTuple):
    """What has to be done about a broadcast, and the verdict it rests on."""

    ruling: Ruling
    verdict: Verdict


def judge(who: Broadcaster, policy: Policy, *, selling: bool) -> Judgement:
    """Returns what becomes of a running broadcast of `who`, in which something is for sale or not."""
    if not selling:
        return Judgement(Ruling.CONTINUE if who.ordinary.allowed else Ruling.CUT, who.ordinary)
    verdict = _selling(who, policy)
    if not who.ordinary.allowed:
        return Judgement(Ruling.CUT, who.ordinary if verdict.allowed else verdict)
    if verdict.allowed:
        return Judgement(Ruling.CONTINUE, verdict)
    rules = policy.livestream
    return Judgement(rules.childs_goods if who.is_child else rules.unproven_goods, verdict)


def _selling(who: Broadcaster, policy: Policy) -> Verdict:
    """Returns the verdict on selling. One of identity's that allows more than this service does is not believed."""
    if not who.commercial.allowed:
        return who.commercial
    if who.is_child:
        return _refusal(Reason.NOT_FOR_CHILDREN, policy)
    return _refusal(Reason.PERSONAL_ID_REQUIRED, policy) if who.personal_id_time is None else who.commercial


def _refusal(reason: Reason, policy: Policy) -> Verdict:
    return Verdict(
        allowed=False,
        reason=reason,
        next_step=policy.reasons[reason].next_step,
        legal_basis=policy.legal_basis(Action.LIVESTREAM_COMMERCE, reason),
        policy_version=policy.version,
    )
