"""A client's word on who it is, signed with its private key: RFC 7523 section 2.2, `private_key_jwt` of OpenID Connect."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from xacthuc.datafile import DataFileError
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LIFE_SECONDS: Final = 120
"""On the way, and for clocks apart. CAMARA's security profile allows 300."""


class Algorithm(StrEnum):
    """How an assertion is signed (RFC 7518 section 3.1)."""

    ES256 = "ES256"
    PS256 = "PS256"
    RS256 = "RS256"


def check(private_key: str, algorithm: Algorithm) -> None:
    """DataFileError when a key in PEM cannot sign so; says nothing of what is in it."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - as below

    try:
        signed(private_key, algorithm, client_id="", key_id="", audience="", now_seconds=0)
    except (ValueError, TypeError, JoseError):  # not PEM, encrypted, a public key, or a key of another kind
        raise DataFileError(f"token.secret: is no private key in PEM that signs {algorithm}") from None


def signed(
    private_key: str, algorithm: Algorithm, *, client_id: str, key_id: str, audience: str, now_seconds: int
) -> str:
    """Returns an assertion for one use."""
    from joserfc import jwt  # noqa: PLC0415 - as below

    header = {"alg": algorithm.value} | ({"kid": key_id} if key_id else {})
    claims: dict[str, Any] = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": new_request_id(),
        "iat": now_seconds,
        "exp": now_seconds + _LIFE_SECONDS,
    }
    return jwt.encode(header, claims, _key(private_key, algorithm), algorithms=[algorithm.value])


def _key(private_key: str, algorithm: Algorithm) -> ECKey | RSAKey:
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415 - a process whose operators want a secret loads no JOSE

    if algorithm is Algorithm.ES256:
        return ECKey.import_key(private_key)
    return RSAKey.import_key(private_key)
