"""An issuer of standings whose keys a test rotates, and tokens that no issuer of ours would make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from xacthuc.ids import encode
from xacthuc.sealing.keys import KeyRing
from xacthuc.tokens import standing
from xacthuc.tokens.keys import Jwks, thumbprint
from xacthuc.tokens.signer import Signer

ISSUER = "https://id.example.vn"
PLATFORM = "forum"
ACCOUNT = "user-4711"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Where the suite's clock starts."""
ALLOWED = ("COMMENT", "POST", "READ")
MINUTE = timedelta(seconds=60)


def secret(number: int) -> bytes:
    """Returns a key's 32 bytes, the same for the same number above zero."""
    return number.to_bytes(32)


@dataclass
class Issuer:
    """A deployment with a ring of keys: `ring` is the file, `current` the marked line."""

    versions: list[int] = field(default_factory=lambda: [1])
    current: int = 1
    fetched: int = field(default=0, compare=False)
    down: Exception | None = field(default=None, compare=False)

    @property
    def signer(self) -> Signer:
        """Signs as a server that has just read the ring."""
        return _signer(tuple(self.versions), self.current)

    def token(self, now: datetime = NOW, **changes: Any) -> str:
        """Issues a standing."""
        wanted = {"platform": PLATFORM, "account": ACCOUNT, "actions": ALLOWED, "policy_version": "2026.11.1"}
        token = standing.issue(self.signer, now=now, **{**wanted, "ttl": MINUTE, **changes})
        assert token is not None
        return token

    def source(self) -> Jwks:
        """Answers a verifier that asks for the keys."""
        self.fetched += 1
        if self.down is not None:
            raise self.down
        return self.signer.jwks()

    async def source_async(self) -> Jwks:
        """The same for asyncio."""
        return self.source()


@cache
def _signer(versions: tuple[int, ...], current: int) -> Signer:
    return Signer(KeyRing({version: secret(version) for version in versions}, current), ISSUER)


def private_key(version: int) -> EllipticCurvePrivateKey:
    """Returns the key of a line of the ring."""
    return derive_private_key(int.from_bytes(secret(version)), SECP256R1())


def header(version: int = 1, **changes: object) -> dict[str, object]:
    """Returns the header of a standing; a change to None leaves the member out."""
    kid = thumbprint(private_key(version).public_key())
    return _changed({"alg": "ES256", "kid": kid, "typ": "xacthuc-standing+jwt"}, changes)


def claims(now: datetime = NOW, **changes: object) -> dict[str, object]:
    """Returns the claims of a standing; a change to None leaves the claim out."""
    issued = int(now.timestamp())
    usual = {
        "iss": ISSUER,
        "aud": PLATFORM,
        "sub": ACCOUNT,
        "iat": issued,
        "exp": issued + 60,
        "policy": "2026.11.1",
        "acts": list(ALLOWED),
    }
    return _changed(usual, changes)


def forged(head: Mapping[str, object] | bytes, body: Mapping[str, object] | bytes, version: int = 1) -> str:
    """Signs anything with the key of a line, as an issuer gone mad would."""
    signed = f"{encode(_json(head))}.{encode(_json(body))}"
    r, s = decode_dss_signature(private_key(version).sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{encode(r.to_bytes(32) + s.to_bytes(32))}"


def _json(value: Mapping[str, object] | bytes) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _changed(usual: dict[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}
