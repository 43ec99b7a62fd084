"""What a failed call raises. The class follows the status, `reason` says which case it is (docs/errors.md).

XacthucError
├── InvalidRequest        INVALID_ARGUMENT     `field_faults` names every faulty field
├── Unauthenticated       UNAUTHENTICATED      the key is missing, unknown, revoked or expired
├── PermissionDenied      PERMISSION_DENIED    the key does not open this service
├── NotFound              NOT_FOUND
├── AlreadyExists         ALREADY_EXISTS       also a `request_id` that came with another payload before
├── FailedPrecondition    FAILED_PRECONDITION  the state does not allow it; waiting alone changes nothing
├── LimitExceeded         RESOURCE_EXHAUSTED   `retry_after` when a time exists; or reason CAPTCHA_REQUIRED
├── OutOfRange            OUT_OF_RANGE
├── DeadlineExceeded      DEADLINE_EXCEEDED    the outcome is unknown: repeat the call with the same `request_id`
├── Unavailable           UNAVAILABLE          it was retried already; later, repeat with the same `request_id`
├── Unimplemented         UNIMPLEMENTED        the server is older than this client
└── Internal              any other            a defect; report `trace_id` to the operator

An expected "no" (a wrong code, a forbidden post) is a value of a result, never one of these.
"""

# ruff: noqa: N818 - each is named after the gRPC status it comes from, as on the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from grpc import StatusCode

__all__ = [
    "AlreadyExists",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Failure",
    "FieldFault",
    "Internal",
    "InvalidRequest",
    "LimitExceeded",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "XacthucError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Everything a failed call said."""

    status: StatusCode
    reason: str = ""
    """`ErrorInfo.reason`. Empty when gRPC or a proxy on the way made the status."""

    message: str = ""
    """For developers, in English; may change. Never decide by it."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    field_faults: tuple[FieldFault, ...] = ()
    retry_after: timedelta | None = None
    localized: str = ""
    request_id: str = field(default="", repr=False)


class XacthucError(Exception):
    """Base of every error a call raises; holds nothing personal."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.reason or failure.status.name}: {failure.message}")
        self.failure = failure

    @property
    def status(self) -> StatusCode:
        """The gRPC status."""
        return self.failure.status

    @property
    def reason(self) -> str:
        """Which case it is, such as `LIMIT_EXCEEDED`. Empty when no service of ours made the error."""
        return self.failure.reason

    @property
    def message(self) -> str:
        """For developers, in English; may change. Never decide by it."""
        return self.failure.message

    @property
    def metadata(self) -> Mapping[str, str]:
        """Facts about the case, such as `limit`."""
        return self.failure.metadata

    @property
    def field_faults(self) -> tuple[FieldFault, ...]:
        """Every faulty field: path, what it must be, a machine-readable reason, maybe a `sentence` for the person."""
        return self.failure.field_faults

    @property
    def retry_after(self) -> timedelta | None:
        """How long to wait before the same call can succeed. None when waiting alone does not help."""
        return self.failure.retry_after

    @property
    def localized(self) -> str:
        """A sentence to show the person, in the client's language. Empty when the person can do nothing."""
        return self.failure.localized

    @property
    def request_id(self) -> str:
        """The id the call carried: pass it with the same arguments to repeat the same intention. Empty for reads."""
        return self.failure.request_id

    @property
    def trace_id(self) -> str:
        """What an operator finds the call by, in logs and traces. Empty when no service of ours made the error."""
        return self.failure.metadata.get("trace_id", "")


class InvalidRequest(XacthucError):
    """The request is wrong whatever the state; correct every field of `field_faults`."""


class Unauthenticated(XacthucError):
    """The key is missing, unknown, revoked or expired."""


class PermissionDenied(XacthucError):
    """The key does not open this service; `metadata["scope"]` names what is needed."""


class NotFound(XacthucError):
    """The named thing does not exist for this platform."""


class AlreadyExists(XacthucError):
    """The thing to be created exists, or the `request_id` came before with another payload."""


class FailedPrecondition(XacthucError):
    """The state does not allow it; something else must happen first."""


class LimitExceeded(XacthucError):
    """A limit refused: wait for `retry_after`, or with reason `CAPTCHA_REQUIRED` let the person solve one."""


class OutOfRange(XacthucError):
    """A position outside what is kept."""


class DeadlineExceeded(XacthucError):
    """No answer in time; the outcome is unknown. Repeat the call with the same `request_id` to learn it."""


class Unavailable(XacthucError):
    """Nobody answers, after the retries of the contract. Repeat the call later with the same `request_id`."""


class Unimplemented(XacthucError):
    """The server does not serve the method; it is older than this client."""


class Internal(XacthucError):
    """A defect; report `trace_id` to the operator."""
