"""How identity signs what servers are told, so that nobody who reaches the store can add to it.

A stored record is an Ed25519 signature (64 bytes, RFC 8032) followed by the record as JSON. The signature covers a
prefix of the record's kind as well, so that it can be mistaken for nothing else signed with the same key. An old record
cannot replace a newer one in a running server, because versions only rise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIGNATURE_BYTES: Final = 64
"""In front of the JSON of a stored record."""


class Record(Protocol):
    """What every kind of record has."""

    @property
    def id(self) -> str:
        """Names it among its kind."""
        ...

    @property
    def version(self) -> int:
        """Rises with every change of it."""
        ...

    @property
    def sha256(self) -> bytes:
        """The hash of the secret that it is about."""
        ...


class BadRecordError(Exception):
    """A stored record was not signed by identity, or is not a record."""


def signed(purpose: bytes, fields: Mapping[str, object], key: Ed25519PrivateKey) -> bytes:
    """Returns a record as it is stored."""
    body = orjson.dumps(fields)
    return key.sign(purpose + body) + body


def verified(purpose: bytes, stored: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Returns the fields that identity signed for this purpose; BadRecordError otherwise."""
    signature, body = stored[:SIGNATURE_BYTES], stored[SIGNATURE_BYTES:]
    try:
        key.verify(signature, purpose + body)
        fields: dict[str, Any] = orjson.loads(body)
    except (InvalidSignature, ValueError) as error:
        raise BadRecordError("a stored record is not one of identity's") from error
    return fields


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
