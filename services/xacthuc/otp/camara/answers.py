"""What CAMARA calls each way in which a request can fail: status, code and message of its `ErrorInfo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grpc import StatusCode

from xacthuc.api.otp.v1 import service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.ratelimit.limits import Limit

if TYPE_CHECKING:
    from xacthuc.grpckit.rejection import Details

_OWN: Final = "ONE_TIME_PASSWORD_SMS"
_Verdict = service_pb2.CheckCodeResponse


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - named after what it is to the caller
    """An answer that is no success."""

    status: int
    code: str
    message: str


NOT_REGISTERED: Final = Refusal(
    400,
    "INVALID_ARGUMENT",
    "message: must be one of the texts registered for this platform, with {{code}} where the code stands",
)
LOST: Final = Refusal(404, "NOT_FOUND", "authenticationId: no verification of this platform has it")
SCOPE: Final = Refusal(403, "PERMISSION_DENIED", "the platform key lacks the scope otp")
DOWN: Final = Refusal(503, "UNAVAILABLE", "the service cannot answer at present; send the request again")
BROKEN: Final = Refusal(500, "INTERNAL", "the service failed unexpectedly")
LATE: Final = Refusal(504, "TIMEOUT", "the service did not answer in time; the outcome is unknown")
WRONG: Final = Refusal(400, f"{_OWN}.INVALID_OTP", "the code is wrong, and was counted")
OVER: Final = Refusal(400, f"{_OWN}.VERIFICATION_EXPIRED", "the verification has ended; send another code")
SPENT: Final = Refusal(400, f"{_OWN}.VERIFICATION_FAILED", "no attempt is left; send another code")

OF_VERDICT: Final = {
    _Verdict.WRONG: WRONG,
    _Verdict.EXPIRED: OVER,
    _Verdict.EXHAUSTED: SPENT,
    _Verdict.ALREADY_USED: OVER,
    _Verdict.CANCELED: OVER,
}

_PLAIN: Final = {
    StatusCode.UNAUTHENTICATED: (401, "UNAUTHENTICATED"),
    StatusCode.PERMISSION_DENIED: (403, "PERMISSION_DENIED"),
    StatusCode.INVALID_ARGUMENT: (400, "INVALID_ARGUMENT"),
}
_FIXED: Final = {
    StatusCode.NOT_FOUND: LOST,
    StatusCode.UNAVAILABLE: DOWN,
    StatusCode.DEADLINE_EXCEEDED: LATE,
    StatusCode.FAILED_PRECONDITION: OVER,
}


def refusal(status: StatusCode, message: str, details: Details) -> Refusal:
    """Returns what a failed call of OtpService is to a client of CAMARA."""
    if status is StatusCode.RESOURCE_EXHAUSTED:
        if details.metadata.get("limit") == Limit.NUMBER.name.lower():
            return Refusal(403, f"{_OWN}.MAX_OTP_CODES_EXCEEDED", "this number has had its codes; try later")
        return Refusal(429, "TOO_MANY_REQUESTS", message)
    if details.reason in {Reason.NUMBER_BLOCKED, Reason.SENDING_STOPPED}:
        return Refusal(403, f"{_OWN}.PHONE_NUMBER_BLOCKED", message)
    if any(fault.field == "phone_number" for fault in details.field_faults):
        return Refusal(403, f"{_OWN}.PHONE_NUMBER_NOT_ALLOWED", message)
    if status in _PLAIN:
        return Refusal(*_PLAIN[status], message)
    return _FIXED.get(status, BROKEN)
