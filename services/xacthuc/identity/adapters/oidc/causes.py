"""Why a provider's answer was not taken: one word each, the closed set of logs, spans and metrics.

An answer that cannot be used says nothing of the person, and ends in `ProviderDown`. An answer that was understood and
not believed is a `Refused`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from xacthuc.identity.ports.eid import Refused


class Cause(StrEnum):
    """Why an answer cannot be used."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BUSY = "busy"
    """All our connections to it are in use: it is us who are busy."""
    THROTTLED = "throttled"
    REDIRECTED = "redirected"
    """Somebody else would be asked than the one in the settings."""
    OVERSIZED = "oversized"
    UNEXPECTED_STATUS = "unexpected_status"
    GARBLED = "garbled"
    METADATA = "metadata"
    """The provider describes itself as another one, or as one that cannot do what is needed."""
    CLIENT_REFUSED = "client_refused"
    """It does not know us: look at the [client] of its file."""
    REQUEST_REFUSED = "request_refused"
    KEYS_UNKNOWN = "keys_unknown"
    """It signs with a key it did not publish when last asked, and was asked a moment ago."""
    RESTING = "resting"
    """It has failed so often that nobody should wait for it now."""


class Doubt(StrEnum):
    """Why an answer that was understood is not believed, or says no."""

    CODE_MALFORMED = "code_malformed"
    CODE_REFUSED = "code_refused"
    """Used before, too old, or of another flow: RFC 6749 section 5.2 has one word for all, `invalid_grant`."""
    DENIED = "denied"
    ALGORITHM = "algorithm"
    TYPE = "type"
    KEY = "key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    NONCE = "nonce"
    SUBJECT = "subject"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a check
    ISSUED_IN_FUTURE = "issued_in_future"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - the name of a check
    SIGN_IN_TOO_OLD = "sign_in_too_old"
    LEVEL = "level"


_NOT_FORGED: Final = {
    Doubt.CODE_REFUSED: Refused.EXPIRED,
    Doubt.TOKEN_EXPIRED: Refused.EXPIRED,
    Doubt.SIGN_IN_TOO_OLD: Refused.EXPIRED,
    Doubt.DENIED: Refused.DENIED,
    Doubt.LEVEL: Refused.NOT_CONFIRMED,
}


def refusal(doubt: Doubt) -> Refused:
    """Returns what the use case is told."""
    return _NOT_FORGED.get(doubt, Refused.FORGED)


class Unusable(Exception):  # noqa: N818 - what the answer is
    """An answer that cannot be used. Carries words of ours alone, never what was received."""

    def __init__(self, cause: Cause, *, hold_ms: int = 0, sound: bool = False) -> None:
        """Takes why, for how long the provider asked to be left alone, and whether one that works may answer so."""
        super().__init__(cause.value)
        self.cause = cause
        self.hold_ms = hold_ms
        self.sound = sound


class Disbelieved(Exception):  # noqa: N818 - what the answer is
    """An answer that was understood and is not believed. Carries a word of ours alone."""

    def __init__(self, doubt: Doubt) -> None:
        """Takes why."""
        super().__init__(doubt.value)
        self.doubt = doubt
