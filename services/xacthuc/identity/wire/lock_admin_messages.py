"""Locks and violations, as officers ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import lock_admin_pb2 as pb2
from xacthuc.api.identity.v1 import locks_pb2
from xacthuc.identity.commands import LockAccount, OnRecord, UnlockAccount, WithdrawViolation
from xacthuc.identity.domain.locks import LockState
from xacthuc.identity.domain.violations import ViolationState
from xacthuc.identity.wire.common import instant, optional_timestamp, order, spaced, timestamp
from xacthuc.identity.wire.lock_messages import AUTHORITY_NUMBERS
from xacthuc.identity.wire.retention_messages import account_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.locks import LockRecord
    from xacthuc.identity.domain.violations import ViolationRecord

_LOCK_STATES: Final = {state: locks_pb2.LockRecord.State.Value(state.value) for state in LockState}
_VIOLATION_STATES: Final = {state: locks_pb2.Violation.State.Value(state.value) for state in ViolationState}


def on_record(request: pb2.ListLocksRequest | pb2.ListViolationsRequest, limit: int) -> OnRecord:
    """Reads which part to show."""
    platform, account_id = account_of(request.parent)
    return OnRecord(
        platform=platform,
        account_id=account_id,
        before=int(request.page_token) if request.page_token else None,
        limit=limit,
    )


def place_lock(request: pb2.PlaceLockRequest, call: Call) -> LockAccount:
    """Reads a lock; InvalidRequest when its end is not a time."""
    platform, account_id = account_of(request.name)
    return LockAccount(
        order=order(request, call, platform),
        account_id=account_id,
        basis=spaced(request.basis),
        expire_time=instant(request.expire_time, "expire_time") if request.HasField("expire_time") else None,
    )


def lift_locks(request: pb2.LiftLocksRequest, call: Call) -> UnlockAccount:
    """Reads the end of all locks."""
    platform, account_id = account_of(request.name)
    return UnlockAccount(order=order(request, call, platform), account_id=account_id, basis=spaced(request.basis))


def withdraw_violation(request: pb2.WithdrawViolationRequest, call: Call) -> WithdrawViolation:
    """Reads which violation was a mistake."""
    parent, _, violation_id = request.name.partition("/violations/")
    platform, account_id = account_of(parent)
    return WithdrawViolation(
        order=order(request, call, platform),
        account_id=account_id,
        violation_id=int(violation_id),
        basis=spaced(request.basis),
    )


def locks(platform: str, page: Sequence[LockRecord], following: str, now: datetime) -> pb2.ListLocksResponse:
    """Renders locks as they are at `now`."""
    return pb2.ListLocksResponse(locks=[_lock(platform, each, now) for each in page], next_page_token=following)


def violations(platform: str, page: Sequence[ViolationRecord], following: str) -> pb2.ListViolationsResponse:
    """Renders violations."""
    return pb2.ListViolationsResponse(
        violations=[_violation(platform, each) for each in page], next_page_token=following
    )


def _lock(platform: str, record: LockRecord, now: datetime) -> locks_pb2.LockRecord:
    return locks_pb2.LockRecord(
        name=_lock_name(platform, record.id),
        state=_LOCK_STATES[record.state_at(now)],
        basis=record.basis,
        account=f"accounts/{record.account_id}",
        bound_accounts=[f"accounts/{each}" for each in record.bound],
        create_time=timestamp(record.create_time),
        expire_time=optional_timestamp(record.expire_time),
        lift_time=optional_timestamp(record.lift_time),
        lift_basis=record.lift_basis,
        approval=_approval_name(record.approval),
    )


def _violation(platform: str, record: ViolationRecord) -> locks_pb2.Violation:
    removal = record.removal
    return locks_pb2.Violation(
        name=f"platforms/{platform}/accounts/{record.account_id}/violations/{record.id}",
        state=_VIOLATION_STATES[record.state],
        removal_order=locks_pb2.RemovalOrder(
            authority=AUTHORITY_NUMBERS[removal.authority],
            order_number=removal.order_number,
            national_security=removal.national_security,
        ),
        violate_time=timestamp(record.violate_time),
        record_time=timestamp(record.record_time),
        lock="" if record.lock_id is None else _lock_name(platform, record.lock_id),
        approval=_approval_name(record.approval),
        withdraw_time=optional_timestamp(record.withdraw_time),
        withdraw_basis=record.withdraw_basis,
    )


def _approval_name(approval_id: str) -> str:
    return approval_id and f"approvals/{approval_id}"


def _lock_name(platform: str, lock_id: str) -> str:
    return f"platforms/{platform}/locks/{lock_id}"
