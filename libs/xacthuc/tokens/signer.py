"""The issuer's side: signs statements, and publishes the keys they are verified with.

The keys are a ring of `sealing/keys.py`, so they are made and rotated as every other key is: its two rounds publish a
new key before it signs, and an old one is published until its line is removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from xacthuc import ids
from xacthuc.sealing.keys import KeyFileError
from xacthuc.tokens import compact
from xacthuc.tokens.keys import ALGORITHM, HALF_BYTES, published, thumbprint
from xacthuc.tokens.statement import REGISTERED, to_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from xacthuc.sealing.keys import KeyRing
    from xacthuc.tokens.keys import Jwks
    from xacthuc.tokens.statement import Kind

# RFC 8725 section 3.2 asks for RFC 6979: a weak random number would give away the key.
_ECDSA: Final = ECDSA(SHA256(), deterministic_signing=True)


class Signer:
    """Signs for one issuer with the current key of a ring."""

    def __init__(self, ring: KeyRing, issuer: str) -> None:
        """Takes the ring and what `iss` says. KeyFileError when a secret of the ring is no P-256 key."""
        keys = {version: _private_key(version, secret) for version, secret in ring.keys.items()}
        self._public = {thumbprint(key.public_key()): key.public_key() for key in keys.values()}
        self._key = keys[ring.current]
        self._key_id = thumbprint(self._key.public_key())
        self._issuer = issuer

    @property
    def key_id(self) -> str:
        """The id of the key that signs now."""
        return self._key_id

    def jwks(self) -> Jwks:
        """Returns the public halves of all keys of the ring as a JWK Set (RFC 7517)."""
        return published(self._public)

    def sign(
        self, kind: Kind, *, audience: str, subject: str, own: Mapping[str, object], now: datetime, ttl: timedelta
    ) -> str | None:
        """Returns a statement of `kind`, good from `now` for at most `ttl`; None when that rounds down to nothing.

        `own` are the claims of that kind. ValueError when one of them is a registered name, or `ttl` is longer than
        the kind allows: both are mistakes of the program.
        """
        if ttl > kind.longest_life or not REGISTERED.isdisjoint(own):
            raise ValueError(f"a {kind.typ} cannot be made like this")
        # Both ends are rounded down: the promise is how long an answer is kept, not how long it is kept at least.
        issued, expires = to_seconds(now), to_seconds(now + ttl)
        if expires <= issued:
            return None
        header = {"alg": ALGORITHM, "kid": self._key_id, "typ": kind.typ}
        claims = {"iss": self._issuer, "aud": audience, "sub": subject, "iat": issued, "exp": expires, **own}
        signed = compact.join(compact.write_object(header), compact.write_object(claims))
        r, s = decode_dss_signature(self._key.sign(signed.encode("ascii"), _ECDSA))
        return compact.join(signed, ids.encode(r.to_bytes(HALF_BYTES) + s.to_bytes(HALF_BYTES)))


def _private_key(version: int, secret: bytes) -> EllipticCurvePrivateKey:
    """Takes 32 random bytes as the key, or not at all: the rejection sampling of FIPS 186-5 appendix A.2.2."""
    try:
        return derive_private_key(int.from_bytes(secret), SECP256R1())
    except ValueError:
        # One random line in 2^32.
        raise KeyFileError(f"version {version} of the signing keys is no P-256 key; make another") from None
