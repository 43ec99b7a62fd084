"""What an operator's answer means: CAMARA Number Verification 2.1.0, and the Commonalities 0.6 it stands on.

Only a `200` with a plain boolean is believed. A refusal is blamed on the token only where the definition says so, since
the platform is told that its token is bad; whatever else comes is an operator that does not answer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import orjson

from xacthuc.otp.domain.network import NetworkAnswer


class Judged(NamedTuple):
    """An answer, and what it says of the operator."""

    answer: NetworkAnswer
    said: str
    """One word for metrics and logs, from a closed set."""
    sound: bool = True
    """Whether an operator that works may answer so."""


UNREACHABLE: Final = Judged(NetworkAnswer.UNAVAILABLE, "unreachable", sound=False)
TIMEOUT: Final = Judged(NetworkAnswer.UNAVAILABLE, "timeout", sound=False)
UNCLEAR: Final = Judged(NetworkAnswer.UNAVAILABLE, "unclear", sound=False)
THROTTLED: Final = Judged(NetworkAnswer.UNAVAILABLE, "throttled")
_REFUSED: Final = Judged(NetworkAnswer.UNAVAILABLE, "refused")
_DIFFERS: Final = Judged(NetworkAnswer.DIFFERS, "differs")

_OK, _UNAUTHENTICATED, _FORBIDDEN, _TOO_MANY = 200, 401, 403, 429
_CLIENT_ERRORS: Final = range(400, 500)
_WORDS: Final = {True: Judged(NetworkAnswer.MATCHES, "matches"), False: _DIFFERS}
_FORBIDDEN_CODES: Final = {
    "PERMISSION_DENIED": Judged(NetworkAnswer.TOKEN_NOT_PERMITTED, "token_refused"),
    "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK": Judged(
        NetworkAnswer.NOT_BY_MOBILE_NETWORK, "token_refused"
    ),
    # Commonalities: the request names another phone than the token. All it names is the number.
    "INVALID_TOKEN_CONTEXT": _DIFFERS,
}


def judge(status: int, body: bytes) -> Judged:
    """Reads a status and a whole body."""
    if status == _OK:
        verified = _member(body, "devicePhoneNumberVerified")
        return _WORDS[verified] if isinstance(verified, bool) else UNCLEAR
    if status == _UNAUTHENTICATED:
        return Judged(NetworkAnswer.TOKEN_REFUSED, "token_refused")
    if status == _FORBIDDEN:
        code = _member(body, "code")
        return _FORBIDDEN_CODES.get(code, _REFUSED) if isinstance(code, str) else _REFUSED
    if status == _TOO_MANY:
        return THROTTLED
    # A request is refused for what is in it, which one person's phone decides: nobody else should go without.
    return _REFUSED if status in _CLIENT_ERRORS else UNCLEAR


def _member(body: bytes, name: str) -> object:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document.get(name) if isinstance(document, dict) else None
