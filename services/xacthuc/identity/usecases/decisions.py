"""Deciding what accounts may do, from facts of this moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING

from xacthuc.identity.domain.decision import changes_from, decide, keepable
from xacthuc.identity.domain.facts import NOT_REGISTERED, EvidenceKind
from xacthuc.policy import Action, Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.identity.domain.account import Evidence
    from xacthuc.identity.domain.decision import Decision
    from xacthuc.identity.ports.tokens import SignedToken
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.policy import NextStep


@dataclass(frozen=True, slots=True)
class StandingToken:
    """An account's standing as it is answered."""

    signed: SignedToken | None = field(repr=False)
    """None when nothing may be kept."""
    actions: tuple[Action, ...]
    next_step: NextStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcaster:
    """What an account may do on air."""

    livestream: Decision
    commerce: Decision
    is_child: bool
    personal_id: Evidence | None
    """None when none stands."""
    change_ms: int
    """From when a decision may differ by itself; 0 for not within a day."""


async def check_action(identity: Identity, platform: str, account_id: str, action: Action) -> Decision:
    """Decides whether the account may do `action` now. What the law does not gate needs no facts (R6)."""
    policy = identity.policy
    if policy.rule_for(action).requirement is Requirement.NOTHING:
        facts = NOT_REGISTERED
    else:
        facts = await identity.standings.facts(platform, account_id)
    decision = decide(facts, action, identity.clock.now_ms(), policy)
    identity.decided(action, decision.reason, 1)
    return decision


async def check_broadcaster(identity: Identity, platform: str, account_id: str) -> Broadcaster:
    """Decides whether the account may be on air and sell there, from the database and not from what is cached of it (R3)."""
    account = await identity.accounts.get(platform, account_id)
    facts, evidence = (NOT_REGISTERED, ()) if account is None else (account.facts, account.evidence)
    now_ms, policy = identity.clock.now_ms(), identity.policy
    return Broadcaster(
        livestream=decide(facts, Action.LIVESTREAM, now_ms, policy),
        commerce=decide(facts, Action.LIVESTREAM_COMMERCE, now_ms, policy),
        is_child=facts.is_child(now_ms),
        personal_id=next((proven for proven in evidence if proven.kind is EvidenceKind.PERSONAL_ID), None),
        change_ms=changes_from(facts, now_ms),
    )


async def batch_check_actions(
    identity: Identity, platform: str, account_ids: Sequence[str], actions: Sequence[Action]
) -> list[Decision]:
    """Decides about each account and its action, as `check_action` would, all at one instant."""
    policy = identity.policy
    free = {action for action, rule in policy.actions.items() if rule.requirement is Requirement.NOTHING}
    gated = [action not in free for action in actions]
    asked = dict.fromkeys(compress(account_ids, gated))
    known = await identity.standings.facts_of(platform, asked) if asked else {}
    facts = [known[each] if needed else NOT_REGISTERED for each, needed in zip(account_ids, gated, strict=True)]
    now_ms = identity.clock.now_ms()
    # At one instant equal facts decide alike, and most accounts share theirs as one object (`standing_bytes`): known by
    # that identity, some ten decisions of a batch are made, not five hundred.
    keys = list(zip(map(id, facts), actions, strict=True))
    different = dict(zip(keys, facts, strict=True))
    decided = {key: decide(those, key[1], now_ms, policy) for key, those in different.items()}
    for key, number in Counter(keys).items():
        identity.decided(key[1], decided[key].reason, number)
    return [decided[key] for key in keys]


async def issue_standing_token(identity: Identity, platform: str, account_id: str) -> StandingToken:
    """Signs what may be kept of the account's standing, if anything may."""
    facts, now = await identity.standings.facts(platform, account_id), identity.clock.now()
    kept = keepable(facts, int(now.timestamp() * 1000), identity.policy)
    signed = None
    if kept.actions:
        signed = identity.tokens.sign(platform, account_id, kept, identity.policy.version, now)
    return StandingToken(signed, kept.actions if signed else (), kept.next_step)
