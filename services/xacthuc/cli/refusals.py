"""A failed call as a person at a terminal needs it: what was refused, in which fields, when to try again, what to do.

What each reason means is on docs/errors.md; here is only what an operator types next.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xacthuc.cli.failure import EXIT_FAILED, EXIT_UNREACHABLE, CommandFailed
from xacthuc.client import DeadlineExceeded, Unavailable, XacthucError
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANOTHER_KEY: Final = "Set XACTHUC_KEY, or --key-file, to an active key: xacthuc keys list PLATFORM"

_SIGN_IN: Final = "Sign in: xacthuc staff sign-in"

_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.ACCOUNT_NOT_FOUND: "Register the account first.",
        Reason.CAPTCHA_REQUIRED: "The allowance of this number is spent: wait, or try another number.",
        Reason.CHALLENGE_CLOSED: "Start a new challenge: xacthuc send-test NUMBER",
        Reason.CHALLENGE_NOT_FOUND: "Challenges are kept for a day after their end; check the name.",
        Reason.CREDENTIALS_EXPIRED: _ANOTHER_KEY,
        Reason.CREDENTIALS_MALFORMED: _ANOTHER_KEY,
        Reason.CREDENTIALS_MISSING: _ANOTHER_KEY,
        Reason.CREDENTIALS_REVOKED: _ANOTHER_KEY,
        Reason.CREDENTIALS_UNKNOWN: _ANOTHER_KEY,
        Reason.CURSOR_AHEAD: "Begin without --cursor.",
        Reason.CURSOR_EXPIRED: "Begin without --cursor.",
        Reason.KEY_ALREADY_EXISTS: "Its secret cannot be shown twice: revoke that key and create another.",
        Reason.KEY_NOT_FOUND: "See which keys there are: xacthuc keys list PLATFORM",
        Reason.HOLD_NOT_FOUND: "See which holds there are: xacthuc retention holds list PLATFORM",
        Reason.NUMBER_BLOCKED: "Messages to this number are stopped; try another number.",
        Reason.PEER_NOT_ALLOWED: "The certificate is not one of the command's: give --tls the directory with cli.pem.",
        Reason.PLATFORM_ALREADY_EXISTS: "Choose another id, or use it: xacthuc keys create PLATFORM",
        Reason.PLATFORM_NOT_FOUND: "See which platforms there are: xacthuc platforms list",
        Reason.SANDBOX_ONLY: "Give a real number; sandbox numbers work in development alone.",
        Reason.SCOPE_MISSING: "Create a key with the scope that is needed: xacthuc keys create PLATFORM --scope otp",
        Reason.SENDING_STOPPED: "Sending is stopped by an operator; it is refused until that is lifted.",
        Reason.STAFF_SESSION_MISSING: _SIGN_IN,
        Reason.STAFF_SESSION_UNKNOWN: _SIGN_IN,
        Reason.STAFF_SESSION_REVOKED: _SIGN_IN,
        Reason.STAFF_SESSION_EXPIRED: _SIGN_IN,
        Reason.SIGN_IN_REFUSED: _SIGN_IN,
        Reason.STAFF_NOT_ADMITTED: "Ask an admin for an invitation: xacthuc staff operators invite",
        Reason.ROLE_MISSING: "Ask somebody who has the role, or an admin for it: xacthuc staff whoami",
        Reason.SECOND_PERSON_NEEDED: "Ask another operator.",
        Reason.APPROVAL_NOT_ADOPTED: "Adopt it, and have another operator grant it: xacthuc approvals adopt APPROVAL",
        Reason.RELEASE_NOT_FOUND: "See which there are: xacthuc retention releases list PLATFORM",
        Reason.RELEASE_STATE: "See how far it has come: xacthuc retention releases show NAME",
        Reason.RELEASE_OF_OTHERS: "Who proposed or granted it fetches it: xacthuc retention releases show NAME",
        Reason.APPROVAL_NOT_FOUND: "See which approvals there are: xacthuc approvals list",
        Reason.OPERATOR_NOT_FOUND: "See which operators there are: xacthuc staff operators list",
        Reason.SESSION_NOT_FOUND: "See which sessions there are: xacthuc staff sessions list",
        Reason.TOO_MANY_KEYS: "Revoke one of the two active keys first: xacthuc keys revoke NAME",
        Reason.TOO_MANY_WEBHOOKS: "Delete one first: xacthuc webhooks delete NAME",
        Reason.VIOLATION_NOT_FOUND: "See which violations stand: xacthuc locks violations PLATFORM --account ACCOUNT",
        Reason.WEBHOOK_ALREADY_EXISTS: "Its secret cannot be shown twice: xacthuc webhooks rotate NAME",
        Reason.WEBHOOK_INACTIVE: "Resume it first: xacthuc webhooks update NAME --resume",
        Reason.WEBHOOK_NOT_FOUND: "See which webhooks there are: xacthuc webhooks list PLATFORM",
    }
)


def refused(error: XacthucError, *, address: str, option: str) -> CommandFailed:
    """Returns how the command ends after `error`; `option` is the one that names another `address`."""
    if isinstance(error, Unavailable) and not error.reason:
        return _nobody_answers(error, address, option)
    unreachable = isinstance(error, Unavailable | DeadlineExceeded)
    lines = [f"{fault.field}: {fault.description}  [{fault.reason}]" for fault in error.field_faults]
    if error.retry_after is not None:
        lines.append(f"retry after: {_seconds(error)} s")
    if error.trace_id:
        lines.append(f"trace id:    {error.trace_id}")
    said = "the request is not valid" if error.field_faults else error.message or error.status.name
    return CommandFailed(
        f"{said} ({error.reason or error.status.name})",
        advice=_advice(error),
        exit_status=EXIT_UNREACHABLE if unreachable else EXIT_FAILED,
        lines=tuple(lines),
        facts=_facts(error),
    )


def _nobody_answers(error: XacthucError, address: str, option: str) -> CommandFailed:
    if "handshake" in error.message.lower() or "certificate" in error.message.lower():
        advice = (
            "Its certificate and ours do not fit: give --tls the directory with this deployment's ca.pem and cli.pem."
        )
    else:
        advice = f"Start it with `make run`, or say where it is: {option} HOST:PORT"
    return CommandFailed(
        f"nobody answers at {address}",
        advice=advice,
        exit_status=EXIT_UNREACHABLE,
        facts={**_facts(error), "address": address},
    )


def _advice(error: XacthucError) -> str:
    if error.reason in _ADVICE:
        return _ADVICE[error.reason]
    if error.field_faults:
        return "Correct the fields above."
    if error.retry_after is not None or isinstance(error, DeadlineExceeded):
        return "Try again later."
    return "Give the trace id to who runs this deployment." if error.trace_id else ""


def _facts(error: XacthucError) -> dict[str, Any]:
    return {
        "status": error.status.name,
        "reason": error.reason,
        "metadata": dict(error.metadata),
        "fields": [
            {"field": fault.field, "description": fault.description, "reason": fault.reason}
            for fault in error.field_faults
        ],
        "retry_after_seconds": None if error.retry_after is None else _seconds(error),
    }


def _seconds(error: XacthucError) -> float:
    return round(error.retry_after.total_seconds(), 3) if error.retry_after is not None else 0.0
