"""Locking people out of writing: by order, and by the counters of the law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.usecases.accounts import not_found
from xacthuc.identity.usecases.lifecycle import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.identity.commands import LockAccount, OnRecord, RecordViolation, UnlockAccount, WithdrawViolation
    from xacthuc.identity.domain.account import AccountView
    from xacthuc.identity.domain.locks import LockRecord
    from xacthuc.identity.domain.violations import ViolationRecord
    from xacthuc.identity.usecases.identity import Identity


async def lock_account(identity: Identity, command: LockAccount) -> AccountView:
    """Forbids a person to write, by one of their accounts."""
    now = identity.clock.now()
    if command.expire_time is not None and command.expire_time <= now:
        raise InvalidRequest(
            FieldFault("expire_time", "must be in the future; leave it out to lock without end", "IN_PAST")
        )
    work = identity.locks.lock(command.order, command.account_id, command.basis, command.expire_time, now)
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def unlock_account(identity: Identity, command: UnlockAccount) -> AccountView:
    """Lifts every lock that binds the account, wherever it binds."""
    work = identity.locks.unlock(command.order, command.account_id, command.basis, identity.clock.now())
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def record_violation(identity: Identity, command: RecordViolation) -> AccountView:
    """Counts a violation, and locks when it is one too many (R46)."""
    now = identity.clock.now()
    if command.violate_time > now:
        raise InvalidRequest(FieldFault("violate_time", "must not be in the future", "IN_FUTURE"))
    work = identity.violations.record(command.order, command.account_id, command.removal, command.violate_time, now)
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def withdraw_violation(identity: Identity, command: WithdrawViolation) -> AccountView:
    """Takes a mistake off the record, with the lock that nothing else carries (R46)."""
    work = identity.violations.withdraw(
        command.order, command.account_id, command.violation_id, command.basis, identity.clock.now()
    )
    return await identity.shield.finish(carry_out(identity, command.order, work))


async def list_locks(identity: Identity, asked: OnRecord, *, ended: bool) -> tuple[Sequence[LockRecord], str, datetime]:
    """Returns a page of the locks that bind an account, what to ask the next page with, and when that was."""
    now = identity.clock.now()
    page = await identity.lock_list.locks(asked, ended=ended, now=now)
    if page is None:
        raise not_found()
    return *page, now


async def list_violations(identity: Identity, asked: OnRecord) -> tuple[Sequence[ViolationRecord], str]:
    """Returns a page of the violations of an account, and what to ask the next page with."""
    page = await identity.lock_list.violations(asked)
    if page is None:
        raise not_found()
    return page
