"""What an operator is shown, and what it may answer, when it is asked whether a number is the phone's own."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

_BEARER_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


def is_bearer_token(text: str) -> bool:
    """Tells whether a text can be a bearer token: `b64token` of RFC 6750 section 2.1."""
    return _BEARER_TOKEN.fullmatch(text) is not None


class NetworkAnswer(Enum):
    """The answers, freed from any operator's spelling."""

    MATCHES = auto()
    DIFFERS = auto()
    TOKEN_REFUSED = auto()
    """The token was never issued, is used up or is too old."""
    TOKEN_NOT_PERMITTED = auto()
    """The token was issued for something else."""
    NOT_BY_MOBILE_NETWORK = auto()
    """The token was not got over the phone's own mobile connection, so it proves nothing of the phone."""
    UNAVAILABLE = auto()
    """No answer, or none that can be understood."""
