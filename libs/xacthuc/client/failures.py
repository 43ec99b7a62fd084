"""A failed gRPC call → an error of `errors.py`: reads the `google.rpc.Status` of the trailer."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from xacthuc.client import errors
from xacthuc.client.errors import Failure, FieldFault, XacthucError
from xacthuc.grpckit.reasons import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

_DETAILS_KEY: Final = "grpc-status-details-bin"  # trailer of gRPC's richer error model

_CLASSES: Final[Mapping[StatusCode, type[XacthucError]]] = MappingProxyType(
    {
        StatusCode.INVALID_ARGUMENT: errors.InvalidRequest,
        StatusCode.UNAUTHENTICATED: errors.Unauthenticated,
        StatusCode.PERMISSION_DENIED: errors.PermissionDenied,
        StatusCode.NOT_FOUND: errors.NotFound,
        StatusCode.ALREADY_EXISTS: errors.AlreadyExists,
        StatusCode.FAILED_PRECONDITION: errors.FailedPrecondition,
        StatusCode.RESOURCE_EXHAUSTED: errors.LimitExceeded,
        StatusCode.OUT_OF_RANGE: errors.OutOfRange,
        StatusCode.DEADLINE_EXCEEDED: errors.DeadlineExceeded,
        StatusCode.UNAVAILABLE: errors.Unavailable,
        StatusCode.UNIMPLEMENTED: errors.Unimplemented,
    }
)


class FailedCall(Protocol):
    """What the blocking and the asyncio error of gRPC have in common."""

    def code(self) -> StatusCode:
        """The status."""
        ...

    def details(self) -> str | None:
        """The message."""
        ...

    def trailing_metadata(self) -> Any:
        """The trailers as pairs; None when no answer came. The two stubs name unrelated types."""
        ...


def error_of(call: FailedCall, *, request_id: str = "") -> XacthucError:
    """Returns the error that `call` failed with."""
    said: dict[str, Any] = {"status": call.code(), "message": call.details() or "", "request_id": request_id}
    said |= _details(_trailer(call))
    return _CLASSES.get(call.code(), errors.Internal)(Failure(**said))


def _trailer(call: FailedCall) -> bytes:
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            return value
    return b""


def _details(trailer: bytes) -> dict[str, Any]:
    """Returns the parts of a Failure that the details give; nothing when a proxy sent something else."""
    try:
        details = status_pb2.Status.FromString(trailer).details
    except DecodeError:
        return {}
    said: dict[str, Any] = {}
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry, told = error_details_pb2.RetryInfo(), error_details_pb2.LocalizedMessage()
    for detail in details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            said |= {"reason": info.reason, "metadata": dict(info.metadata)}
        elif detail.Unpack(bad):
            said["field_faults"] = tuple(_fault(each) for each in bad.field_violations)
        elif detail.Unpack(retry):
            said["retry_after"] = retry.retry_delay.ToTimedelta()
        elif detail.Unpack(told):
            said["localized"] = told.message
    return said


def _fault(violation: error_details_pb2.BadRequest.FieldViolation) -> FieldFault:
    told = violation.localized_message
    return FieldFault(violation.field, violation.description, violation.reason, told.locale, told.message)
