"""What servers are told about a platform key, signed as `signing` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import BadRecordError, signed, verified

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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

    @property
    def id(self) -> str:
        """Names it among records."""
        return self.key_id


def sign(record: KeyRecord, key: Ed25519PrivateKey) -> bytes:
    """Returns `record` as it is stored."""
    fields = {
        "platform": record.platform,
        "key_id": record.key_id,
        "sha256": record.sha256.hex(),
        "scopes": sorted(record.scopes),
        "state": record.state,
        "expire_ms": record.expire_ms,
        "version": record.version,
        "brand": record.brand,
    }
    return signed(_PURPOSE, fields, key)


def verify(stored: bytes, key: Ed25519PublicKey) -> KeyRecord:
    """Returns the record that identity signed; BadRecordError otherwise. Scopes this server does not know are left out."""
    fields = verified(_PURPOSE, stored, key)
    try:
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
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecordError("a stored key record lacks what makes one") from error
