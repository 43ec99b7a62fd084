"""The tree of errors a call may end with.

XacthucError
├── InvalidRequest        INVALID_ARGUMENT     the request is wrong whatever the state; names every faulty field
├── Unauthenticated       UNAUTHENTICATED      no usable credentials
├── PermissionDenied      PERMISSION_DENIED    known, but not allowed; decided before existence
├── NotFound              NOT_FOUND
├── AlreadyExists         ALREADY_EXISTS
│   └── RequestIdReused                        the same request_id came with another payload
├── FailedPrecondition    FAILED_PRECONDITION  a state that does not allow it
├── LimitExceeded         RESOURCE_EXHAUSTED   names the limit; RetryInfo when a time exists
├── OutOfRange            OUT_OF_RANGE
├── DeadlineExceeded      DEADLINE_EXCEEDED
├── Unavailable           UNAVAILABLE          always with RetryInfo
├── Unimplemented         UNIMPLEMENTED
├── DataLoss              DATA_LOSS            what is kept is damaged; an operator has to restore it
└── Internal              INTERNAL             a fixed sentence; the cause stays in the log

An expected business "no" (wrong code, under age, not allowed) is a value of an answer, never one of these. Owns no
wire format: `status.py` is the one place that turns these into `google.rpc.Status`, `channels.py` the one that turns
them back. Messages are for developers, in English, and hold nothing personal.
"""

# ruff: noqa: N818 - each is named after the gRPC status it becomes

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from grpc import StatusCode

from xacthuc.grpckit.reasons import STATUS_OF, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RETRY_AFTER_UNAVAILABLE = timedelta(seconds=1)
"""How long a caller waits before the first retry when nothing better is known; it adds its own jitter."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty field of a request."""

    field: str
    """Path from the request, in proto names: `client.ip`, `items[3].code`."""
    description: str
    """What the field must be, in English, without the value that was sent."""
    reason: str = "INVALID"
    """UPPER_SNAKE, machine-readable: the protovalidate rule (`STRING_PATTERN`) or the refusal (`FIXED_LINE`)."""
    locale: str = ""
    """Language of `sentence`, as BCP 47 names it; empty when there is none."""
    sentence: str = ""
    """What the person who filled the field in may be told."""
    english: str = ""
    """The same in English, for a caller whose `accept-language` asks for it; empty when there is one language alone."""


class XacthucError(Exception):
    """Base of every error a caller is told about. `status` is fixed by the class, `reason` says which case it is."""

    status: ClassVar[StatusCode] = StatusCode.UNKNOWN

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        field_faults: Sequence[FieldFault] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        """`metadata` keys carry their unit (AIP-193); TypeError when the reason belongs to another status."""
        if STATUS_OF[reason] is not self.status:
            raise TypeError(f"{reason} is sent as {STATUS_OF[reason].name}, not by {type(self).__name__}")
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.field_faults = tuple(field_faults)
        self.retry_after = retry_after


class InvalidRequest(XacthucError):
    """The request is wrong whatever the state. Name every faulty field, not the first one."""

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self,
        *field_faults: FieldFault,
        reason: Reason = Reason.INVALID_FIELDS,
        message: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        text = message or "; ".join(f"{fault.field}: {fault.description}" for fault in field_faults)
        super().__init__(reason, text, metadata=metadata, field_faults=field_faults)


class Unauthenticated(XacthucError):
    """No usable credentials came with the call."""

    status = StatusCode.UNAUTHENTICATED


class PermissionDenied(XacthucError):
    """The caller is known but may not do this. Decided before existence, so that nothing can be probed."""

    status = StatusCode.PERMISSION_DENIED


class NotFound(XacthucError):
    """The named thing does not exist for this platform."""

    status = StatusCode.NOT_FOUND


class AlreadyExists(XacthucError):
    """The thing to be created exists."""

    status = StatusCode.ALREADY_EXISTS


class RequestIdReused(AlreadyExists):
    """The same `request_id` came before with another payload; a caller's defect, never to be retried."""

    def __init__(self) -> None:
        super().__init__(
            Reason.REQUEST_ID_REUSED,
            "request_id was used before with a different payload; make a new UUID4 for every new intention",
        )


class FailedPrecondition(XacthucError):
    """The state does not allow it; a retry changes nothing until something else has happened."""

    status = StatusCode.FAILED_PRECONDITION


class LimitExceeded(XacthucError):
    """A limit refused. `limit` is its name from the closed list, absent only for load shedding."""

    status = StatusCode.RESOURCE_EXHAUSTED

    def __init__(
        self,
        message: str,
        *,
        limit: str = "",
        retry_after: timedelta | None = None,
        reason: Reason = Reason.LIMIT_EXCEEDED,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        named = {**(metadata or {}), "limit": limit} if limit else metadata
        super().__init__(reason, message, metadata=named, retry_after=retry_after)


class OutOfRange(XacthucError):
    """A position outside what is kept, such as a cursor older than the kept days."""

    status = StatusCode.OUT_OF_RANGE


class DeadlineExceeded(XacthucError):
    """The time allowed was too short to start, or ran out."""

    status = StatusCode.DEADLINE_EXCEEDED


class Unavailable(XacthucError):
    """Something needed is down for now; the same request may be sent again after `retry_after`."""

    status = StatusCode.UNAVAILABLE

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retry_after: timedelta = RETRY_AFTER_UNAVAILABLE,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason, message, metadata=metadata, retry_after=retry_after)


class Unimplemented(XacthucError):
    """The method is in the contract and not served here."""

    status = StatusCode.UNIMPLEMENTED


class DataLoss(XacthucError):
    """What is kept is damaged, so a retry fails again until an operator has restored it. Nothing was changed."""

    status = StatusCode.DATA_LOSS


class Internal(XacthucError):
    """A defect of ours. The caller gets a fixed sentence and the trace id, operators get the cause in the log."""

    status = StatusCode.INTERNAL

    def __init__(self) -> None:
        super().__init__(
            Reason.INTERNAL_ERROR,
            "The service failed unexpectedly. Report the trace_id of this error to its operator.",
        )
