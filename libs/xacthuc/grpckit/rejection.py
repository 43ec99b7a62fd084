"""Reads a failed call of ours back into the tree of `errors.py`, for services that call services.

A peer's answer is told apart by its `ErrorInfo`. What a platform could not mend, since it concerns how our services
talk to each other (credentials, permissions, an unknown method), becomes Internal; what says "not now" becomes
Unavailable; the rest keeps its class and its reason, so that an adapter can catch the ones it expects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from xacthuc.grpckit import errors
from xacthuc.grpckit.errors import FieldFault, Internal, Unavailable, XacthucError
from xacthuc.grpckit.reasons import DOMAIN, STATUS_OF, Reason
from xacthuc.grpckit.status import DETAILS_KEY, TRACE_ID

if TYPE_CHECKING:
    from datetime import timedelta

    import grpc.aio

_KEPT: Final[dict[StatusCode, type[XacthucError]]] = {
    StatusCode.NOT_FOUND: errors.NotFound,
    StatusCode.ALREADY_EXISTS: errors.AlreadyExists,
    StatusCode.FAILED_PRECONDITION: errors.FailedPrecondition,
    StatusCode.OUT_OF_RANGE: errors.OutOfRange,
}

_NOT_NOW: Final = frozenset({StatusCode.UNAVAILABLE, StatusCode.CANCELLED})


class Details:
    """What the trailer of a failed call holds; empty where a proxy or the gRPC core made the status."""

    def __init__(self, trailer: bytes) -> None:
        self.reason: Reason | None = None
        self.metadata: dict[str, str] = {}
        self.field_faults: tuple[FieldFault, ...] = ()
        self.retry_after: timedelta | None = None
        self.localized = ""
        try:
            details = status_pb2.Status.FromString(trailer).details
        except DecodeError:
            return
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        retry, told = error_details_pb2.RetryInfo(), error_details_pb2.LocalizedMessage()
        for detail in details:
            if detail.Unpack(info) and info.domain == DOMAIN:
                self.reason = Reason(info.reason) if info.reason in STATUS_OF else None
                self.metadata = dict(info.metadata)
            elif detail.Unpack(bad):
                self.field_faults = tuple(
                    FieldFault(fault.field, fault.description, fault.reason) for fault in bad.field_violations
                )
            elif detail.Unpack(retry):
                self.retry_after = retry.retry_delay.ToTimedelta()
            elif detail.Unpack(told):
                self.localized = told.message


def details_of(error: grpc.aio.AioRpcError) -> Details:
    """Returns the rich details of a failed call."""
    for key, value in error.trailing_metadata():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return Details(value)
    return Details(b"")


def status_to_error(error: grpc.aio.AioRpcError) -> XacthucError:
    """Returns the error of ours that a failed call to another service amounts to."""
    code = error.code()
    details = details_of(error)
    reason = details.reason
    if code in _NOT_NOW or reason is Reason.OVERLOADED or (code is StatusCode.RESOURCE_EXHAUSTED and reason is None):
        return _unavailable(details)
    if code is StatusCode.DEADLINE_EXCEEDED:
        return errors.DeadlineExceeded(Reason.DEADLINE_EXCEEDED, "another service did not answer in time")
    if reason is None or STATUS_OF[reason] is not code:
        return Internal()
    return _told(code, reason, error.details() or "", details)


def _told(code: StatusCode, reason: Reason, message: str, details: Details) -> XacthucError:
    metadata = {key: value for key, value in details.metadata.items() if key != TRACE_ID}
    if code is StatusCode.INVALID_ARGUMENT:
        return errors.InvalidRequest(*details.field_faults, reason=reason, message=message, metadata=metadata)
    if code is StatusCode.RESOURCE_EXHAUSTED:
        limit = details.metadata.get("limit", "")
        return errors.LimitExceeded(message, limit=limit, retry_after=details.retry_after, reason=reason)
    if reason is Reason.REQUEST_ID_REUSED:
        return errors.RequestIdReused()
    kept = _KEPT.get(code)
    return Internal() if kept is None else kept(reason, message, metadata=metadata)


def _unavailable(details: Details) -> Unavailable:
    after = details.retry_after or errors.RETRY_AFTER_UNAVAILABLE
    return Unavailable(Reason.SERVICE_UNAVAILABLE, "another service cannot answer at present", retry_after=after)
