"""Locking people out of writing, by order and by what authorities demanded the removal of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import locks_pb2, resources_pb2, service_pb2
from xacthuc.client import reading
from xacthuc.client.calls import Call
from xacthuc.client.identity.naming import SERVICE, name_of, stamp
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.client.results import Account, RemovalOrder


def lock_account(
    account: Account | str, basis: str, *, expire_time: datetime | None = None, request_id: str | None = None
) -> Call[Account]:
    """Forbids an account to write, until `expire_time` or until it is unlocked, and every other one of the same person.

    They still read and may prove things.

    `basis` is the order or rule the lock rests on, nothing personal. FailedPrecondition for a closed account.
    """
    request = service_pb2.LockAccountRequest(
        name=name_of(account),
        basis=basis,
        expire_time=None if expire_time is None else stamp(expire_time, "expire_time"),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "LockAccount", request, resources_pb2.Account, reading.account)


def unlock_account(account: Account | str, basis: str, *, request_id: str | None = None) -> Call[Account]:
    """Lifts every lock that binds an account, on all accounts it binds; `basis` says why. FailedPrecondition when there is none."""
    request = service_pb2.UnlockAccountRequest(
        name=name_of(account), basis=basis, request_id=request_id or new_request_id()
    )
    return Call(SERVICE, "UnlockAccount", request, resources_pb2.Account, reading.account)


def record_violation(
    account: Account | str, removal_order: RemovalOrder, *, violate_time: datetime, request_id: str | None = None
) -> Call[Account]:
    """Records that an authority demanded the removal of something the account published at `violate_time`.

    At 5 in rolling 30 days or 10 in 90 the account comes back locked for a time, with every other one of the same person.
    InvalidRequest for a time in the future; FailedPrecondition for a closed account.
    """
    request = service_pb2.RecordViolationRequest(
        name=name_of(account),
        removal_order=locks_pb2.RemovalOrder(
            authority=locks_pb2.RemovalOrder.Authority.ValueType(removal_order.authority),
            order_number=removal_order.order_number,
            national_security=removal_order.national_security,
        ),
        violate_time=stamp(violate_time, "violate_time"),
        request_id=request_id or new_request_id(),
    )
    return Call(SERVICE, "RecordViolation", request, resources_pb2.Account, reading.account)
