"""Locking people out of writing: by order, and by the counters of the law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.usecases.lifecycle import carry_out

if TYPE_CHECKING:
    from xacthuc.identity.commands import LockAccount, RecordViolation, UnlockAccount
    from xacthuc.identity.domain.account import AccountView
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
