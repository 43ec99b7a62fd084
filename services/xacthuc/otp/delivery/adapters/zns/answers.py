"""What Zalo's answers mean. Zalo says no with status 200 and a code, so the code is what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.ports import Left, Rejected

if TYPE_CHECKING:
    from xacthuc.otp.delivery.adapters.http_exchange import Reply

ACCEPTED: Final = 0

TOKEN_REFUSED: Final = frozenset({-124, -216, -220})
"""The access token is not valid, or not any more: -124 of this API, the others of the account's API."""

_QUOTA_HOLD_MS: Final = 30_000
_RATE_HOLD_MS: Final = 1_000

_NOT_THERE: Final = Rejected(reason="not_reachable_here", channel_final=True)
_NIGHT: Final = Rejected(reason="night", channel_final=True)
_QUOTA: Final = Rejected(reason="quota_exhausted", hold_ms=_QUOTA_HOLD_MS)
_RATE: Final = Rejected(reason="throttled", hold_ms=_RATE_HOLD_MS)
_TEMPLATE: Final = Rejected(reason="template_refused")
_ACCOUNT: Final = Rejected(reason="credentials_refused")
_UNKNOWN: Final = Rejected(reason="unclear_answer", left=Left.DOUBT)
_OTHER: Final = Rejected(reason="refused")

_MEANINGS: Final = {
    # The person: no Zalo, too old an app, or does not want such messages. A number without Zalo is a good number.
    # -1471 and -1472 say that this person has had enough of the account's other messages.
    **dict.fromkeys((-108, -110, -114, -118, -119, -134, -139, -140, -141, -1471, -1472), _NOT_THERE),
    # Zalo does not deliver this template between 22:00 and 06:00, whoever sends it.
    -133: _NIGHT,
    # The account's money or its messages of the day are used up.
    **dict.fromkeys((-115, -126, -137, -144, -1441, -147, -211, -321), _QUOTA),
    -32: _RATE,
    # The template: unknown, not approved, switched off, or not filled in as it wants.
    **dict.fromkeys(
        (-109, -111, -112, -1121, -1122, -1124, -116, -117, -121, -122, -127, -131, -132, -145, -146, -153), _TEMPLATE
    ),
    # The application or the account has no right to send.
    **dict.fromkeys(
        (-101, -102, -103, -104, -105, -120, -1241, -125, -135, -1351, -136, -138, -1381, -204, -205), _ACCOUNT
    ),
    # "Unknown error, try again later" does not say whether it was sent.
    -100: _UNKNOWN,
}


def error_of(reply: Reply) -> int | None:
    """Returns the code in an answer; None when there is none to read."""
    document = reply.document
    code = document.get("error") if isinstance(document, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def refusal(reply: Reply) -> Rejected:
    """Returns what an answer that is not a yes means."""
    code = error_of(reply)
    if code is None or code == ACCEPTED:
        return reply.by_status()
    if code in TOKEN_REFUSED:
        return _ACCOUNT
    return _MEANINGS.get(code, _OTHER)
