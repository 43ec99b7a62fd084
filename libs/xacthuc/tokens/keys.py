"""The public keys of an issuer, as it publishes them and as others read them: a JWK Set (RFC 7517) of P-256 keys.

Owns which keys count and how one is named. The private halves are in `signer.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from xacthuc import ids
from xacthuc.tokens.errors import BadSignature, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

Jwks: TypeAlias = dict[str, list[dict[str, str]]]
"""A JWK Set as it is published (RFC 7517 section 5)."""

ALGORITHM: Final = "ES256"
"""The only one (RFC 7518 section 3.4). A token that could choose would choose the weakest (RFC 8725 section 3.1)."""

HALF_BYTES: Final = 32
"""Each coordinate of a key and each half of a signature, leading zeros included (RFC 7518 sections 3.4 and 6.2.1.2)."""

_MOST_KEYS: Final = 16
"""A rotation publishes two. More than this is no set of ours."""


class KeySetError(ValueError):
    """A document that is no usable JWK Set."""


class PublicKeys:
    """The keys that an issuer's tokens are verified with, by their ids. Never changes."""

    def __init__(self, keys: Mapping[str, EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def read(cls, document: object) -> PublicKeys:
        """Reads a JWK Set; keys of other kinds are passed over (RFC 7517 section 5).

        KeySetError when it is no set, holds none of ours, or names two keys alike.
        """
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
            raise KeySetError("not a JWK Set of a few keys")
        keys: dict[str, EllipticCurvePublicKey] = {}
        for entry in listed:
            if not isinstance(entry, dict) or not _is_ours(entry):
                continue
            key_id, key = _key(entry)
            if key_id in keys:
                raise KeySetError("two keys have one id")
            keys[key_id] = key
        if not keys:
            raise KeySetError(f"holds no {ALGORITHM} key")
        return cls(keys)

    def verify(self, key_id: str, signature: bytes, signed: bytes) -> None:
        """Does nothing when the key of that id signed; UnknownKey or BadSignature otherwise."""
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKey
        if len(signature) != 2 * HALF_BYTES:
            raise BadSignature
        r, s = int.from_bytes(signature[:HALF_BYTES]), int.from_bytes(signature[HALF_BYTES:])
        try:
            key.verify(encode_dss_signature(r, s), signed, _ECDSA)
        except InvalidSignature:
            raise BadSignature from None

    def __len__(self) -> int:
        return len(self._keys)


def thumbprint(key: EllipticCurvePublicKey) -> str:
    """Returns a key's id, made of the key itself (RFC 7638), so that no two deployments mean different keys by one id."""
    # Section 3.2: the required members, in this order, without white space.
    digest = hashlib.sha256(json.dumps(_required(key), separators=(",", ":")).encode()).digest()
    return ids.encode(digest)


def published(keys: Mapping[str, EllipticCurvePublicKey]) -> Jwks:
    """Returns the JWK Set of keys by their ids."""
    return {"keys": [{**_required(key), "kid": key_id, "use": "sig", "alg": ALGORITHM} for key_id, key in keys.items()]}


def _required(key: EllipticCurvePublicKey) -> dict[str, str]:
    point = key.public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": ids.encode(point.x.to_bytes(HALF_BYTES)),
        "y": ids.encode(point.y.to_bytes(HALF_BYTES)),
    }


def _is_ours(entry: Mapping[str, object]) -> bool:
    made = (entry.get("kty"), entry.get("crv"), entry.get("alg", ALGORITHM), entry.get("use", "sig"))
    operations = entry.get("key_ops", ["verify"])
    return made == ("EC", "P-256", ALGORITHM, "sig") and isinstance(operations, list) and "verify" in operations


def _key(entry: Mapping[str, object]) -> tuple[str, EllipticCurvePublicKey]:
    key_id, x, y = entry.get("kid"), entry.get("x"), entry.get("y")
    if not isinstance(key_id, str) or not isinstance(x, str) or not isinstance(y, str):
        raise KeySetError("a key lacks its id or a coordinate")
    try:
        return key_id, EllipticCurvePublicNumbers(_coordinate(x), _coordinate(y), SECP256R1()).public_key()
    except ValueError:
        raise KeySetError("a key is no point of the curve") from None


def _coordinate(text: str) -> int:
    raw = ids.decode(text)
    if len(raw) != HALF_BYTES:
        raise ValueError("not 32 bytes")
    return int.from_bytes(raw)


_ECDSA: Final = ECDSA(SHA256())
