"""What takes two people: who may propose and who may decide, and the life of an approval as a pure machine.

PROPOSED ──grant──▶ GRANTED ──execute──▶ EXECUTED
   ├── refuse ───▶ REFUSED     └──fail──▶ FAILED
   ├── withdraw ─▶ WITHDRAWN
   └── expire ───▶ EXPIRED

What a rule of law calls for, the service proposes itself. It is not a person: an operator adopts the proposal, and only
then another one may grant it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.staff import BREAK_GLASS, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from xacthuc.credentials.staff import Operator


SERVICE: Final = "peer:identity"
"""Who proposes what a rule of law calls for: nobody of the staff."""


class ApprovalKind(StrEnum):
    """What kind of act it is. If you add one, add it to the contract and to both tables below."""

    MASS_UNLOCK = "MASS_UNLOCK"
    PERMANENT_LOCK = "PERMANENT_LOCK"
    AUTHORITY_RELEASE = "AUTHORITY_RELEASE"
    KEY_DESTRUCTION = "KEY_DESTRUCTION"
    RESTRICT_ACCOUNTS = "RESTRICT_ACCOUNTS"
    BROADCAST_EXPORT = "BROADCAST_EXPORT"
    TRANSITION_END = "TRANSITION_END"


class ApprovalState(StrEnum):
    """How far an approval has come."""

    PROPOSED = "PROPOSED"
    GRANTED = "GRANTED"
    EXECUTED = "EXECUTED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Step(StrEnum):
    """What happens to an approval."""

    ADOPT = "ADOPT"
    GRANT = "GRANT"
    REFUSE = "REFUSE"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"
    EXECUTE = "EXECUTE"
    FAIL = "FAIL"


class ApprovalBar(StrEnum):
    """Why a step is not taken."""

    STATE = "STATE"
    """It is decided already, or its time is over."""
    ROLE = "ROLE"
    """Another role decides acts of this kind."""
    SAME_PERSON = "SAME_PERSON"
    """Nobody decides what they proposed."""
    NOBODY = "NOBODY"
    """The break-glass account is nobody in particular: its holder could be the first person again."""
    NOT_PROPOSER = "NOT_PROPOSER"
    """Nobody takes back what another one proposed."""
    ADOPTED = "ADOPTED"
    """Somebody stands for it already."""
    NOT_ADOPTED = "NOT_ADOPTED"
    """The service proposed it, so that a grant would be one person's alone."""


NEXT: Final[Mapping[tuple[ApprovalState, Step], ApprovalState]] = MappingProxyType(
    {
        (ApprovalState.PROPOSED, Step.ADOPT): ApprovalState.PROPOSED,
        (ApprovalState.PROPOSED, Step.GRANT): ApprovalState.GRANTED,
        (ApprovalState.PROPOSED, Step.REFUSE): ApprovalState.REFUSED,
        (ApprovalState.PROPOSED, Step.WITHDRAW): ApprovalState.WITHDRAWN,
        (ApprovalState.PROPOSED, Step.EXPIRE): ApprovalState.EXPIRED,
        (ApprovalState.GRANTED, Step.EXECUTE): ApprovalState.EXECUTED,
        (ApprovalState.GRANTED, Step.FAIL): ApprovalState.FAILED,
    }
)
"""Every step there is; any other pair is none."""

PROPOSERS: Final[Mapping[ApprovalKind, frozenset[Role]]] = MappingProxyType(
    {
        ApprovalKind.MASS_UNLOCK: frozenset({Role.OFFICER, Role.OPS}),
        ApprovalKind.PERMANENT_LOCK: frozenset({Role.OFFICER}),
        ApprovalKind.AUTHORITY_RELEASE: frozenset({Role.OFFICER}),
        ApprovalKind.KEY_DESTRUCTION: frozenset({Role.OFFICER, Role.ADMIN}),
        ApprovalKind.RESTRICT_ACCOUNTS: frozenset({Role.OFFICER, Role.OPS}),
        ApprovalKind.BROADCAST_EXPORT: frozenset({Role.OFFICER}),
        ApprovalKind.TRANSITION_END: frozenset({Role.OFFICER}),
    }
)
"""Who may propose an act, or adopt it: any of these roles."""

DECIDERS: Final[Mapping[ApprovalKind, frozenset[Role]]] = MappingProxyType(
    {
        ApprovalKind.MASS_UNLOCK: frozenset({Role.OFFICER}),
        ApprovalKind.PERMANENT_LOCK: frozenset({Role.OFFICER}),
        ApprovalKind.AUTHORITY_RELEASE: frozenset({Role.OFFICER}),
        ApprovalKind.KEY_DESTRUCTION: frozenset({Role.ADMIN}),
        ApprovalKind.RESTRICT_ACCOUNTS: frozenset({Role.OFFICER}),
        ApprovalKind.BROADCAST_EXPORT: frozenset({Role.OFFICER}),
        ApprovalKind.TRANSITION_END: frozenset({Role.OFFICER}),
    }
)
"""Who may grant or refuse it. What is destroyed comes back by nobody's hand, so those who keep the keys decide it."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done to accounts of a platform."""

    kind: ApprovalKind
    platform: str
    parameters: Mapping[str, object] = field(repr=False)
    """Of the kind's message in the contract, as its JSON spells them; ids, orders and times, nothing personal."""

    def text(self, name: str) -> str:
        """Returns a parameter that is one text."""
        return str(self.parameters[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """Returns a parameter that is a list of texts."""
        listed = self.parameters[name]
        return tuple(map(str, listed)) if isinstance(listed, list) else ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody said of a proposal."""

    operator: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Adoption:
    """Who made a proposal of the service their own."""

    operator: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Executed:
    """An act was done."""

    result: Mapping[str, str] = field(default_factory=dict)
    """What came of it, by facts the kind names; nothing personal."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An act cannot be done, however often it is tried."""

    reason: str
    """UPPER_SNAKE, such as `ACCOUNT_OPEN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An act that one operator, or the service, proposed, and what became of it."""

    id: str
    act: Act
    reason: str
    proposer: str
    """An operator's id, or SERVICE."""
    state: ApprovalState
    create_time: datetime
    expire_time: datetime
    due_time: datetime | None = None
    """By when the law wants it decided; None where it does not say."""
    adoption: Adoption | None = None
    decision: Decision | None = None
    end_time: datetime | None = None
    """When it was over, whatever came of it."""
    outcome: Executed | Failed | None = None

    @property
    def sponsor(self) -> str | None:
        """The first of the two people; None while nobody has adopted what the service proposed."""
        if self.proposer != SERVICE:
            return self.proposer
        return None if self.adoption is None else self.adoption.operator

    def state_at(self, now: datetime) -> ApprovalState:
        """Returns its state at `now`: a proposal is over at its time, whether or not that was written down yet."""
        over = self.state is ApprovalState.PROPOSED and now >= self.expire_time
        return ApprovalState.EXPIRED if over else self.state


def bar_to_proposing(kind: ApprovalKind, operator: Operator) -> ApprovalBar | None:
    """Returns why the operator may not propose acts of this kind; None when they may."""
    if operator.id == BREAK_GLASS.id:
        return ApprovalBar.NOBODY
    return ApprovalBar.ROLE if operator.roles.isdisjoint(PROPOSERS[kind]) else None


def adopted(approval: Approval, operator: Operator, now: datetime) -> Approval | ApprovalBar:
    """Returns the proposal of the service as an operator's own, or why it does not become that."""
    if bar := bar_to_proposing(approval.act.kind, operator):
        return bar
    if (approval.state_at(now), Step.ADOPT) not in NEXT:
        return ApprovalBar.STATE
    if approval.sponsor is not None:
        return ApprovalBar.ADOPTED
    return replace(approval, adoption=Adoption(operator.id, now))


def decided(approval: Approval, step: Step, operator: Operator, reason: str, now: datetime) -> Approval | ApprovalBar:
    """Returns the approval after an operator's step, or why it is not taken. Who may is settled before what is possible."""
    if bar := _bar_to_deciding(approval, step, operator):
        return bar
    after = NEXT.get((approval.state_at(now), step))
    if after is None:
        return ApprovalBar.STATE
    if step is Step.GRANT and approval.sponsor is None:
        return ApprovalBar.NOT_ADOPTED
    end = None if after is ApprovalState.GRANTED else now
    return replace(approval, state=after, decision=Decision(operator.id, reason, now), end_time=end)


def retracted(approval: Approval, reason: str, now: datetime) -> Approval | ApprovalBar:
    """Returns a proposal of the service after nothing calls for it any more; what an operator adopted is theirs."""
    if approval.sponsor is not None or approval.state_at(now) is not ApprovalState.PROPOSED:
        return ApprovalBar.STATE
    after = NEXT[approval.state, Step.WITHDRAW]
    return replace(approval, state=after, decision=Decision(SERVICE, reason, now), end_time=now)


def expired(approval: Approval, now: datetime) -> Approval | ApprovalBar:
    """Returns the approval once its time is over and nobody answered."""
    if approval.state is not ApprovalState.PROPOSED or now < approval.expire_time:
        return ApprovalBar.STATE
    return replace(approval, state=NEXT[approval.state, Step.EXPIRE], end_time=approval.expire_time)


def ended(approval: Approval, outcome: Executed | Failed, now: datetime) -> Approval | ApprovalBar:
    """Returns the approval after it was carried out, or could not be; what ended before stays as it is."""
    after = NEXT.get((approval.state, Step.EXECUTE if isinstance(outcome, Executed) else Step.FAIL))
    if after is None:
        return ApprovalBar.STATE
    return replace(approval, state=after, end_time=now, outcome=outcome)


def _bar_to_deciding(approval: Approval, step: Step, operator: Operator) -> ApprovalBar | None:
    if operator.id == BREAK_GLASS.id:
        return ApprovalBar.NOBODY
    if step is Step.WITHDRAW:
        return None if approval.proposer == operator.id else ApprovalBar.NOT_PROPOSER
    if approval.sponsor == operator.id:
        return ApprovalBar.SAME_PERSON
    return ApprovalBar.ROLE if operator.roles.isdisjoint(DECIDERS[approval.act.kind]) else None
