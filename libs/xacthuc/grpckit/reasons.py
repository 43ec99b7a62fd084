"""The closed list of `ErrorInfo.reason` values and the one status each is sent with.

Owns the names and their statuses. What a caller does about each is on docs/errors.md; what a person reads is in
`sentences.py`; the exceptions that carry a reason are in `errors.py`.

If you add a reason you must also: give it a status below, describe it in docs/errors.md (a test compares both), and
give it a Vietnamese and an English sentence when a person may see it.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from grpc import StatusCode

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN: Final = "xacthuc"
"""`ErrorInfo.domain` of every error made here, so that it is never mistaken for a proxy's."""


class Reason(StrEnum):
    """Why a call failed. UPPER_SNAKE as AIP-193 asks; never renamed, never reused once released."""

    # The request itself.
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    INVALID_FIELDS = "INVALID_FIELDS"
    PROOF_INVALID = "PROOF_INVALID"
    NETWORK_TOKEN_INVALID = "NETWORK_TOKEN_INVALID"  # noqa: S105 - a name, no secret
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    DEADLINE_TOO_SHORT = "DEADLINE_TOO_SHORT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    CURSOR_AHEAD = "CURSOR_AHEAD"
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"

    # Who is calling.
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING"
    CREDENTIALS_MALFORMED = "CREDENTIALS_MALFORMED"
    CREDENTIALS_UNKNOWN = "CREDENTIALS_UNKNOWN"
    CREDENTIALS_REVOKED = "CREDENTIALS_REVOKED"
    CREDENTIALS_EXPIRED = "CREDENTIALS_EXPIRED"
    PLATFORM_MISSING = "PLATFORM_MISSING"
    PEER_UNKNOWN = "PEER_UNKNOWN"
    PEER_NOT_ALLOWED = "PEER_NOT_ALLOWED"
    SCOPE_MISSING = "SCOPE_MISSING"
    STAFF_SESSION_MISSING = "STAFF_SESSION_MISSING"
    ROLE_MISSING = "ROLE_MISSING"
    SECOND_PERSON_NEEDED = "SECOND_PERSON_NEEDED"

    # How much is asked.
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    RESEND_TOO_EARLY = "RESEND_TOO_EARLY"
    SENDS_EXHAUSTED = "SENDS_EXHAUSTED"
    CAPTCHA_REQUIRED = "CAPTCHA_REQUIRED"
    OVERLOADED = "OVERLOADED"

    # What does not exist, or exists already.
    CHALLENGE_NOT_FOUND = "CHALLENGE_NOT_FOUND"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    PLATFORM_NOT_FOUND = "PLATFORM_NOT_FOUND"
    KEY_NOT_FOUND = "KEY_NOT_FOUND"
    HOLD_NOT_FOUND = "HOLD_NOT_FOUND"
    WEBHOOK_NOT_FOUND = "WEBHOOK_NOT_FOUND"
    EVENT_NOT_FOUND = "EVENT_NOT_FOUND"
    PROVIDER_NOT_FOUND = "PROVIDER_NOT_FOUND"
    APPROVAL_NOT_FOUND = "APPROVAL_NOT_FOUND"
    VIOLATION_NOT_FOUND = "VIOLATION_NOT_FOUND"
    ACCOUNT_ALREADY_EXISTS = "ACCOUNT_ALREADY_EXISTS"
    PLATFORM_ALREADY_EXISTS = "PLATFORM_ALREADY_EXISTS"
    KEY_ALREADY_EXISTS = "KEY_ALREADY_EXISTS"
    WEBHOOK_ALREADY_EXISTS = "WEBHOOK_ALREADY_EXISTS"

    # A state that does not allow it.
    CHALLENGE_CLOSED = "CHALLENGE_CLOSED"
    CHANNEL_NOT_OFFERED = "CHANNEL_NOT_OFFERED"
    NUMBER_BLOCKED = "NUMBER_BLOCKED"
    SENDING_STOPPED = "SENDING_STOPPED"
    SANDBOX_ONLY = "SANDBOX_ONLY"
    PROOF_EXPIRED = "PROOF_EXPIRED"
    PROOF_REDEEMED = "PROOF_REDEEMED"
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    NUMBER_MOVED_TOO_OFTEN = "NUMBER_MOVED_TOO_OFTEN"
    ACCOUNT_STATE = "ACCOUNT_STATE"
    ELECTRONIC_ID_NOT_OFFERED = "ELECTRONIC_ID_NOT_OFFERED"
    GUARDIAN_UNFIT = "GUARDIAN_UNFIT"
    TOO_MANY_KEYS = "TOO_MANY_KEYS"
    TOO_MANY_WEBHOOKS = "TOO_MANY_WEBHOOKS"
    WEBHOOK_INACTIVE = "WEBHOOK_INACTIVE"
    APPROVAL_STATE = "APPROVAL_STATE"
    APPROVAL_KIND_NOT_OFFERED = "APPROVAL_KIND_NOT_OFFERED"

    # Something of ours.
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    NETWORK_UNAVAILABLE = "NETWORK_UNAVAILABLE"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    CREDENTIALS_UNAVAILABLE = "CREDENTIALS_UNAVAILABLE"
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"
    ACCOUNT_UNREADABLE = "ACCOUNT_UNREADABLE"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    INTERNAL_ERROR = "INTERNAL_ERROR"


_BY_STATUS: Final = {
    StatusCode.INVALID_ARGUMENT: (
        Reason.MALFORMED_REQUEST,
        Reason.INVALID_FIELDS,
        Reason.PROOF_INVALID,
        Reason.NETWORK_TOKEN_INVALID,
    ),
    StatusCode.UNAUTHENTICATED: (
        Reason.CREDENTIALS_MISSING,
        Reason.CREDENTIALS_MALFORMED,
        Reason.CREDENTIALS_UNKNOWN,
        Reason.CREDENTIALS_REVOKED,
        Reason.CREDENTIALS_EXPIRED,
        Reason.PLATFORM_MISSING,
        Reason.PEER_UNKNOWN,
        Reason.STAFF_SESSION_MISSING,
    ),
    StatusCode.PERMISSION_DENIED: (
        Reason.PEER_NOT_ALLOWED,
        Reason.SCOPE_MISSING,
        Reason.ROLE_MISSING,
        Reason.SECOND_PERSON_NEEDED,
    ),
    StatusCode.NOT_FOUND: (
        Reason.CHALLENGE_NOT_FOUND,
        Reason.ACCOUNT_NOT_FOUND,
        Reason.PLATFORM_NOT_FOUND,
        Reason.KEY_NOT_FOUND,
        Reason.HOLD_NOT_FOUND,
        Reason.WEBHOOK_NOT_FOUND,
        Reason.EVENT_NOT_FOUND,
        Reason.PROVIDER_NOT_FOUND,
        Reason.APPROVAL_NOT_FOUND,
        Reason.VIOLATION_NOT_FOUND,
    ),
    # A reused request id depends on what happened before, so INVALID_ARGUMENT ("regardless of the state of the
    # system") would be untrue; and no state can be mended, so FAILED_PRECONDITION would be too. The id is taken.
    StatusCode.ALREADY_EXISTS: (
        Reason.REQUEST_ID_REUSED,
        Reason.ACCOUNT_ALREADY_EXISTS,
        Reason.PLATFORM_ALREADY_EXISTS,
        Reason.KEY_ALREADY_EXISTS,
        Reason.WEBHOOK_ALREADY_EXISTS,
    ),
    StatusCode.FAILED_PRECONDITION: (
        Reason.CHALLENGE_CLOSED,
        Reason.CHANNEL_NOT_OFFERED,
        Reason.NUMBER_BLOCKED,
        Reason.SENDING_STOPPED,
        Reason.SANDBOX_ONLY,
        Reason.PROOF_EXPIRED,
        Reason.PROOF_REDEEMED,
        Reason.TOO_MANY_ACCOUNTS,
        Reason.NUMBER_MOVED_TOO_OFTEN,
        Reason.ACCOUNT_STATE,
        Reason.ELECTRONIC_ID_NOT_OFFERED,
        Reason.GUARDIAN_UNFIT,
        Reason.TOO_MANY_KEYS,
        Reason.TOO_MANY_WEBHOOKS,
        Reason.WEBHOOK_INACTIVE,
        Reason.APPROVAL_STATE,
        Reason.APPROVAL_KIND_NOT_OFFERED,
    ),
    StatusCode.RESOURCE_EXHAUSTED: (
        Reason.LIMIT_EXCEEDED,
        Reason.RESEND_TOO_EARLY,
        Reason.SENDS_EXHAUSTED,
        Reason.CAPTCHA_REQUIRED,
        Reason.OVERLOADED,
    ),
    StatusCode.OUT_OF_RANGE: (Reason.CURSOR_EXPIRED, Reason.CURSOR_AHEAD),
    StatusCode.DEADLINE_EXCEEDED: (Reason.DEADLINE_TOO_SHORT, Reason.DEADLINE_EXCEEDED),
    StatusCode.UNAVAILABLE: (
        Reason.STORE_UNAVAILABLE,
        Reason.DATABASE_UNAVAILABLE,
        Reason.SERVICE_UNAVAILABLE,
        Reason.NETWORK_UNAVAILABLE,
        Reason.PROVIDER_UNAVAILABLE,
        Reason.CREDENTIALS_UNAVAILABLE,
        Reason.KEYS_UNAVAILABLE,
        Reason.SHUTTING_DOWN,
    ),
    StatusCode.UNIMPLEMENTED: (Reason.NOT_IMPLEMENTED,),
    StatusCode.DATA_LOSS: (Reason.ACCOUNT_UNREADABLE,),
    StatusCode.INTERNAL: (Reason.INTERNAL_ERROR,),
}

STATUS_OF: Final[Mapping[Reason, StatusCode]] = MappingProxyType(
    {reason: status for status, reasons in _BY_STATUS.items() for reason in reasons}
)
"""The one status each reason is sent with."""
