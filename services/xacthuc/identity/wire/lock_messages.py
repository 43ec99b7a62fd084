"""Locks, and what causes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import locks_pb2
from xacthuc.identity.commands import LockAccount, RecordViolation, UnlockAccount
from xacthuc.identity.domain.violations import Authority, RemovalOrder
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, order, spaced

if TYPE_CHECKING:
    from xacthuc.api.identity.v1 import service_pb2
    from xacthuc.grpckit.call import Call

AUTHORITY_NUMBERS: Final = {each: locks_pb2.RemovalOrder.Authority.Value(each.value) for each in Authority}
_AUTHORITIES: Final = {number: each for each, number in AUTHORITY_NUMBERS.items()}


def lock_account(request: service_pb2.LockAccountRequest, call: Call) -> LockAccount:
    """Reads a lock; InvalidRequest when its end is not a time."""
    return LockAccount(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        basis=spaced(request.basis),
        expire_time=instant(request.expire_time, "expire_time") if request.HasField("expire_time") else None,
    )


def unlock_account(request: service_pb2.UnlockAccountRequest, call: Call) -> UnlockAccount:
    """Reads the end of all locks."""
    return UnlockAccount(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        basis=spaced(request.basis),
    )


def record_violation(request: service_pb2.RecordViolationRequest, call: Call) -> RecordViolation:
    """Reads a violation; InvalidRequest when its time is none."""
    removal = request.removal_order
    return RecordViolation(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        removal=RemovalOrder(
            authority=_AUTHORITIES[removal.authority],
            order_number=removal.order_number,
            national_security=removal.national_security,
        ),
        violate_time=instant(request.violate_time, "violate_time"),
    )
