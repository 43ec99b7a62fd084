"""JSON Web Signatures of a provider: which key a token names, and whether that key signed it (RFC 7515, 7517, 8725).

Owns which signatures count, theirs and ours. Knows nothing of what a token says.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from xacthuc import ids
from xacthuc.identity.adapters.oidc.causes import Cause, Disbelieved, Doubt, Unusable
from xacthuc.identity.adapters.oidc.provider_file import Algorithm

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import TypeAlias

    from joserfc.jwa import JWSAlgModel

PublicKey: TypeAlias = "ECKey | RSAKey | OKPKey"

KEYS_LIFE_MS: Final = 900_000
"""A key that a provider withdrew, perhaps because it was stolen, is believed for a quarter of an hour at most."""

_MOST_TOKEN_CHARACTERS: Final = 32_768
_MOST_KEYS: Final = 64
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
"""RFC 7518 section 3.3 asks for 2048; above 8192 one check takes longer than a person should hold up others."""
_ED25519: Final = "Ed25519"
_SERVES: Final = {
    "EC": frozenset({Algorithm.ES256}),
    "RSA": frozenset({Algorithm.RS256, Algorithm.PS256}),
    "OKP": frozenset({Algorithm.EDDSA}),
}
_MADE_OF: Final = {"kty", "crv", "x", "y", "n", "e"}
"""What makes a public key. Its other members are judged here, and the private ones are nobody's to have."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its own signature. Not believed; it selects among the keys that the provider published."""

    algorithm: Algorithm
    key_id: str | None


@dataclass(frozen=True, slots=True)
class _Published:
    key: PublicKey
    key_id: str | None
    algorithms: frozenset[Algorithm]


class KeySet:
    """The signing keys a provider published, without those that no accepted algorithm can use."""

    def __init__(self, document: Mapping[str, object]) -> None:
        """Reads a JWK Set; keys that are not understood are passed over (RFC 7517 section 5). Unusable without `keys`."""
        listed = document.get("keys")
        if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
            raise Unusable(Cause.GARBLED)
        self._published = [published for entry in listed if (published := _read(entry)) is not None]

    def find(self, header: Header) -> PublicKey | None:
        """Returns the one key that a token may be signed by; None when there is none, or more than one.

        A key that names an algorithm serves no other, so that a token cannot choose how it is judged (RFC 8725 section
        3.1). A token that names no key is judged only where there is no choice (OpenID Connect Core section 10.1).
        """
        suitable = [
            each.key
            for each in self._published
            if header.algorithm in each.algorithms and header.key_id in {None, each.key_id}
        ]
        return suitable[0] if len(suitable) == 1 else None


def read_header(token: str, accepted: Collection[Algorithm]) -> Header:
    """Reads the header of a token; Unusable when it is none, Disbelieved when it is signed in a way we do not accept."""
    if len(token) > _MOST_TOKEN_CHARACTERS or token.count(".") != 2:  # noqa: PLR2004 - header, payload, signature
        raise Unusable(Cause.GARBLED)
    first = token.partition(".")[0]
    try:
        header = orjson.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, binascii.Error):
        header = None
    if not isinstance(header, dict):
        raise Unusable(Cause.GARBLED)
    algorithm = _algorithm(header.get("alg"))
    if algorithm is None or algorithm not in accepted:
        raise Disbelieved(Doubt.ALGORITHM)
    # An access or logout token for the same audience is no ID token (RFC 8725 section 3.11). Extensions that must be
    # understood are not (RFC 7515 section 4.1.11).
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT" or "crit" in header:
        raise Disbelieved(Doubt.TYPE)
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise Unusable(Cause.GARBLED)
    return Header(algorithm, key_id)


def verified(token: str, key: PublicKey) -> Mapping[str, object]:
    """Returns what a token says; Disbelieved when `key` did not sign it, Unusable when it says nothing readable."""
    try:
        payload = jws.deserialize_compact(token, key, registry=Registry(strict_check_header=False)).payload
    except (JoseError, ValueError):
        raise Disbelieved(Doubt.SIGNATURE) from None
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        claims = None
    if not isinstance(claims, dict):
        raise Unusable(Cause.GARBLED)
    return claims


class Registry(jws.JWSRegistry):
    """The algorithms of `Algorithm`. Unknown headers are passed over, as RFC 7515 section 4 asks."""

    max_header_length = 8192
    """Some providers send their certificates along (`x5c`); nobody looks at them."""

    def get_alg(self, name: str) -> JWSAlgModel:
        """Returns an algorithm; `EdDSA` is what RFC 9864 calls Ed25519 since Ed448 is not accepted."""
        algorithm = _algorithm(name)
        if algorithm is None:
            raise JoseError("algorithm is not accepted")
        return self.algorithms[_ED25519 if algorithm is Algorithm.EDDSA else algorithm.value]


def _algorithm(name: object) -> Algorithm | None:
    if name == _ED25519:
        return Algorithm.EDDSA
    return Algorithm(name) if isinstance(name, str) and name in list(Algorithm) else None


def _read(entry: object) -> _Published | None:
    if not isinstance(entry, dict) or not _may_verify(entry):
        return None
    algorithms = _SERVES.get(str(entry.get("kty")), frozenset())
    if "alg" in entry:
        algorithms &= {_algorithm(entry["alg"])}
    if not algorithms:
        return None
    try:
        key = _imported({name: value for name, value in entry.items() if name in _MADE_OF})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    key_id = entry.get("kid")
    return _Published(key, key_id if isinstance(key_id, str) else None, algorithms) if key else None


def _may_verify(entry: Mapping[str, object]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _imported(members: Mapping[str, str]) -> PublicKey | None:
    if members["kty"] == "RSA":
        # Before the library reads it, which warns of short ones and takes its time over long ones.
        bits = int.from_bytes(ids.decode(members["n"]), "big").bit_length()
        return RSAKey.import_key(dict(members)) if _LEAST_RSA_BITS <= bits <= _MOST_RSA_BITS else None
    if members["kty"] == "EC":
        curve = ECKey.import_key(dict(members))
        return curve if curve.curve_name == "P-256" else None
    edwards = OKPKey.import_key(dict(members))
    return edwards if edwards.curve_name == _ED25519 else None
