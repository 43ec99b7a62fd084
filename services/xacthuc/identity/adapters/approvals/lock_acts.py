"""Locking and unlocking many accounts, or one for good: the executors of MASS_UNLOCK, RESTRICT_ACCOUNTS, PERMANENT_LOCK.

Each account is a change of its own, in a commit of its own with its audit entry and its events, known by the approval and
the place of the account in it. So a run that is killed half-way is taken up by another one, which finds what was done.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import select

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.tables import accounts
from xacthuc.identity.commands import Order
from xacthuc.identity.domain.approvals import ApprovalKind, Executed, Failed
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.lifecycle import Bar
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from typing import TypeAlias

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.domain.approvals import Act, Approval
    from xacthuc.identity.ports.locks import Locks
    from xacthuc.identity.ports.numbers import Settled

    _Follow: TypeAlias = Callable[[str, Collection[str]], Awaitable[None]]

_NAME: Final = len("accounts/")
_TOLD: Final = 20
"""How many accounts a refusal names: all of a thousand would not fit into a call's trailers."""
_NOT_FOUND: Final = "ACCOUNT_NOT_FOUND"
_ENDED: Final = "ACCOUNT_ENDED"
_BARS: Final = {
    None: _NOT_FOUND,
    Bar.ENDED: _ENDED,
    Bar.ERASED: _ENDED,
    Bar.NOT_LOCKED: "ACCOUNT_NOT_LOCKED",
}


class _Step(Protocol):
    """Does what was granted to one account."""

    def __call__(self, order: Order, account_id: str, approval: Approval) -> Awaitable[Settled | Bar | None]: ...


class LockActs:
    """The port `Executor`."""

    def __init__(self, engine: AsyncEngine, clock: Clock, step: _Step, done: str, follow: _Follow) -> None:
        """Takes what does it to one account, what that is called in the result, and who is told of each commit."""
        self._engine = engine
        self._clock = clock
        self._step = step
        self._done = done
        self._follow = follow

    async def check(self, act: Act) -> None:
        """Refuses accounts that are not there or have ended, and an end that is over."""
        end = _expire_time(act)
        if end is not None and end <= self._clock.now():
            field = f"act.{act.kind.value.lower()}.expire_time"
            raise InvalidRequest(
                FieldFault(field, "must be in the future; leave it out to lock without end", "IN_PAST")
            )
        account_ids, lives = _accounts(act), await self._lives(act)
        if act.kind is ApprovalKind.PERMANENT_LOCK:
            _check_one(lives.get(account_ids[0]))
            return
        faults = [
            FieldFault(f"act.{act.kind.value.lower()}.accounts[{place}]", description, reason)
            for place, account_id in enumerate(account_ids)
            for description, reason in _faults(lives.get(account_id))
        ]
        if faults:
            raise InvalidRequest(*faults[:_TOLD])

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Takes one account after the other. Failed when nothing could be done to any of them."""
        platform, became = approval.act.platform, Counter[str]()
        for place, account_id in enumerate(_accounts(approval.act)):
            outcome = await self._step(_order(approval, place, account_id), account_id, approval)
            if outcome is None or isinstance(outcome, Bar):
                became[_BARS[outcome]] += 1
            else:
                became[self._done] += 1
                await self._follow(platform, outcome.changed)
        if not became[self._done]:
            return Failed(became.most_common(1)[0][0])
        return Executed({what.lower(): str(count) for what, count in sorted(became.items())})

    async def _lives(self, act: Act) -> Mapping[str, str]:
        of = accounts.c
        query = select(of.account, of.life).where(of.platform == act.platform, of.account.in_(_accounts(act)))
        async with transaction(self._engine) as connection:
            return {row.account: row.life for row in await connection.execute(query)}


def lock_acts(engine: AsyncEngine, clock: Clock, locks: Locks, follow: _Follow) -> dict[ApprovalKind, LockActs]:
    """Returns the executors, by what they carry out."""
    lock = LockActs(engine, clock, _locking(locks, clock), "locked", follow)
    unlock = LockActs(engine, clock, _unlocking(locks, clock), "unlocked", follow)
    return {
        ApprovalKind.PERMANENT_LOCK: lock,
        ApprovalKind.RESTRICT_ACCOUNTS: lock,
        ApprovalKind.MASS_UNLOCK: unlock,
    }


def _locking(locks: Locks, clock: Clock) -> _Step:
    """Returns what locks an account, until the act's end if it has one."""

    def step(order: Order, account_id: str, approval: Approval) -> Awaitable[Settled | Bar | None]:
        act = approval.act
        return locks.lock(order, account_id, act.text("basis"), _expire_time(act), clock.now(), approval=approval.id)

    return step


def _unlocking(locks: Locks, clock: Clock) -> _Step:
    """Returns what lifts whatever bound an account when that was granted: of a later lock nobody knew."""

    def step(order: Order, account_id: str, approval: Approval) -> Awaitable[Settled | Bar | None]:
        granted = approval.decision.time if approval.decision else approval.create_time
        return locks.unlock(order, account_id, approval.act.text("basis"), clock.now(), grant_time=granted)

    return step


def _order(approval: Approval, place: int, account_id: str) -> Order:
    return Order(
        platform=approval.act.platform,
        method=approval.act.kind.value,
        request_id=f"{approval.id}-{place}",
        payload=account_id,
        actor=f"approval:{approval.id}",
        trace_id="",
    )


def _accounts(act: Act) -> Sequence[str]:
    names = (act.text("account"),) if "account" in act.parameters else act.texts("accounts")
    return [name[_NAME:] for name in names]


def _expire_time(act: Act) -> datetime | None:
    return datetime.fromisoformat(act.text("expire_time")) if "expire_time" in act.parameters else None


def _check_one(life: str | None) -> None:
    if life is None:
        raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform")
    if life != Life.OPEN:
        raise FailedPrecondition(Reason.ACCOUNT_STATE, "the account is closed or erased", metadata={"state": life})


def _faults(life: str | None) -> Sequence[tuple[str, str]]:
    if life is None:
        return [("must be registered on this platform; leave it out", _NOT_FOUND)]
    return [] if life == Life.OPEN else [("must be open; this one is closed or erased: leave it out", _ENDED)]
