"""What servers are told about a key, signed by identity so that nobody who reaches the store can add one.

A stored record is an Ed25519 signature (64 bytes, RFC 8032) followed by the record as JSON. The signature covers a
fixed prefix as well, so that it can be mistaken for nothing else signed with the same key. An old record of a key
cannot replace a newer one in a running server, because versions only rise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from xacthuc.credentials.scopes import Scope

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE_BYTES: Final = 64
"""In front of the JSON of a stored record."""

_PURPOSE: Final = b"xacthuc platform key record 1\n"


class KeyState(StrEnum):
    """Whether a key opens anything."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """One platform key as every server knows it."""

    platform: str
    key_id: str
    sha256: bytes
    scopes: frozenset[Scope]
    state: KeyState
    expire_ms: int | None
    """From then on, in milliseconds since the Unix epoch, the key is refused; None when it does not end."""
    version: int
    """Rises with every change of this key."""
    brand: str = ""
    """The platform's name for people, in front of its messages."""


class BadRecordError(Exception):
    """A stored record was not signed by identity, or is not a record."""


def sign(record: KeyRecord, key: Ed25519PrivateKey) -> bytes:
    """Returns `record` as it is stored."""
    body = orjson.dumps(
        {
            "platform": record.platform,
            "key_id": record.key_id,
            "sha256": record.sha256.hex(),
            "scopes": sorted(record.scopes),
            "state": record.state,
            "expire_ms": record.expire_ms,
            "version": record.version,
            "brand": record.brand,
        }
    )
    return key.sign(_PURPOSE + body) + body


def verify(stored: bytes, key: Ed25519PublicKey) -> KeyRecord:
    """Returns the record that identity signed; BadRecordError otherwise. Scopes this server does not know are left out."""
    signature, body = stored[:SIGNATURE_BYTES], stored[SIGNATURE_BYTES:]
    try:
        key.verify(signature, _PURPOSE + body)
        fields = orjson.loads(body)
        return KeyRecord(
            platform=str(fields["platform"]),
            key_id=str(fields["key_id"]),
            sha256=bytes.fromhex(fields["sha256"]),
            scopes=frozenset(Scope(name) for name in fields["scopes"] if name in Scope.__members__),
            state=KeyState(fields["state"]),
            expire_ms=None if fields["expire_ms"] is None else int(fields["expire_ms"]),
            version=int(fields["version"]),
            brand=str(fields["brand"]),
        )
    except (InvalidSignature, ValueError, KeyError, TypeError) as error:
        raise BadRecordError("a stored key record is not one of identity's") from error


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Reads identity's signing key from a PEM file; ValueError when it holds another kind of key."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} does not hold an Ed25519 private key")  # noqa: TRY004 - the file is wrong, not a type
    return key


def verifying_key(path: Path) -> Ed25519PublicKey:
    """Reads identity's public key from a PEM file; ValueError when it holds another kind of key."""
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} does not hold an Ed25519 public key")  # noqa: TRY004 - the file is wrong, not a type
    return key
