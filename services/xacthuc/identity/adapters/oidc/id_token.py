"""Whether a signed ID token was made for this flow: OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8.

Pure. The signature was checked before (signatures.py); what the token tells of the person is read after (person.py).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256, sha512
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.oidc.causes import Cause, Disbelieved, Doubt, Unusable
from xacthuc.identity.adapters.oidc.provider_file import Algorithm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

_MOST_SUBJECT_CHARACTERS: Final = 255
"""OpenID Connect Core section 2."""
_OLDEST_SECONDS: Final = 300
"""The token was asked for a moment ago: one that was issued long before is another's, or the clocks differ too much."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say to be of this flow."""

    described: ProviderFile
    nonce: str
    now_seconds: float


def subject_of(claims: Mapping[str, object], expected: Expected) -> str:
    """Returns the subject of a token; Disbelieved when it was not made for this flow, Unusable when it is no ID token."""
    described = expected.described
    if claims.get("iss") != described.issuer:
        raise Disbelieved(Doubt.ISSUER)
    _check_audience(claims, described.client.id)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        raise Disbelieved(Doubt.NONCE)
    _check_times(claims, expected)
    if described.acr and claims.get("acr") not in described.acr:
        raise Disbelieved(Doubt.LEVEL)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT_CHARACTERS:
        raise Unusable(Cause.GARBLED)
    return subject


def check_access_token(claims: Mapping[str, object], access_token: str, algorithm: Algorithm) -> None:
    """Refuses an access token that is not the one which came with the ID token, where that says so (`at_hash`)."""
    if (told := claims.get("at_hash")) is None:
        return
    # The hash of the signature: SHA-512 is what Ed25519 computes with (RFC 8032 section 5.1).
    digest = (sha512 if algorithm is Algorithm.EDDSA else sha256)(access_token.encode()).digest()
    ours = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not isinstance(told, str) or not compare_digest(told.encode(), ours):
        raise Disbelieved(Doubt.ACCESS_TOKEN)


def _check_audience(claims: Mapping[str, object], client_id: str) -> None:
    # A token that others may also hold proves nothing here; we trust no other audience (section 3.1.3.7, point 3).
    if claims.get("aud") not in (client_id, [client_id]) or claims.get("azp", client_id) != client_id:
        raise Disbelieved(Doubt.AUDIENCE)


def _check_times(claims: Mapping[str, object], expected: Expected) -> None:
    now, leeway = expected.now_seconds, expected.described.leeway_seconds
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if issued > now + leeway:
        raise Disbelieved(Doubt.ISSUED_IN_FUTURE)
    if expires <= now - leeway or issued < now - leeway - _OLDEST_SECONDS:
        raise Disbelieved(Doubt.TOKEN_EXPIRED)
    # `auth_time` is required where `max_age` was asked for (section 2).
    most = expected.described.max_age_seconds
    if most and _seconds(claims, "auth_time") < now - leeway - most:
        raise Disbelieved(Doubt.SIGN_IN_TOO_OLD)


def _seconds(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(Cause.GARBLED)
    return value
