"""The calls of LockAdmin and SessionAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.api.identity.v1 import lock_admin_pb2, resources_pb2, session_admin_pb2
from xacthuc.cli.adapters.identity_admin_client import platform_name
from xacthuc.cli.adapters.retention_admin_client import account_name, timestamp
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from datetime import datetime

    from google.protobuf.message import Message

_LOCKS: Final = "xacthuc.api.identity.v1.LockAdmin"
_SESSIONS: Final = "xacthuc.api.identity.v1.SessionAdmin"
_PAGE: Final = 1000


def list_locks(platform: str, account: str, page_token: str, *, show_ended: bool) -> Call[Any]:
    """Returns one page of the locks that bind an account."""
    request = lock_admin_pb2.ListLocksRequest(
        parent=_named(platform, account), show_ended=show_ended, page_size=_PAGE, page_token=page_token
    )
    return _call(_LOCKS, "ListLocks", request, lock_admin_pb2.ListLocksResponse)


def list_violations(platform: str, account: str, page_token: str) -> Call[Any]:
    """Returns one page of the violations of an account."""
    request = lock_admin_pb2.ListViolationsRequest(
        parent=_named(platform, account), page_size=_PAGE, page_token=page_token
    )
    return _call(_LOCKS, "ListViolations", request, lock_admin_pb2.ListViolationsResponse)


def withdraw_violation(name: str, basis: str) -> Call[Any]:
    """Takes a violation off the record."""
    request = lock_admin_pb2.WithdrawViolationRequest(name=name, basis=basis, request_id=new_request_id())
    return _call(_LOCKS, "WithdrawViolation", request, resources_pb2.Account)


def place_lock(platform: str, account: str, basis: str, until: datetime | None) -> Call[Any]:
    """Locks an account."""
    request = lock_admin_pb2.PlaceLockRequest(
        name=_named(platform, account),
        basis=basis,
        expire_time=None if until is None else timestamp(until),
        request_id=new_request_id(),
    )
    return _call(_LOCKS, "PlaceLock", request, resources_pb2.Account)


def lift_locks(platform: str, account: str, basis: str) -> Call[Any]:
    """Unlocks an account."""
    request = lock_admin_pb2.LiftLocksRequest(name=_named(platform, account), basis=basis, request_id=new_request_id())
    return _call(_LOCKS, "LiftLocks", request, resources_pb2.Account)


def list_sessions(
    platform: str, account: str, page_token: str, *, start: datetime, end: datetime, basis: str
) -> Call[Any]:
    """Returns one page of the session log of an account."""
    request = session_admin_pb2.ListSessionEntriesRequest(
        parent=_named(platform, account),
        start_time=timestamp(start),
        end_time=timestamp(end),
        basis=basis,
        page_size=_PAGE,
        page_token=page_token,
    )
    return _call(_SESSIONS, "ListSessionEntries", request, session_admin_pb2.ListSessionEntriesResponse)


def _named(platform: str, account: str) -> str:
    return f"{platform_name(platform)}/{account_name(account)}"


def _call(service: str, method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(service, method, request, answer, lambda message: message)
