"""A session of the staff: its secret, and what servers are told about it, signed as `signing` says."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from xacthuc.credentials.signing import BadRecordError, signed, verified
from xacthuc.credentials.staff import Role
from xacthuc.ids import encode, random_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PURPOSE: Final = b"xacthuc staff session record 1\n"
_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(r"xs_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """A session's secret in clear. Exists while it is answered, and in the file of who signed in."""

    text: str = field(repr=False)
    """What the command sends as `authorization: Bearer {text}`."""

    @classmethod
    def generate(cls) -> Self:
        """Makes a new one."""
        return cls(f"xs_{encode(random_bytes(_SECRET_BYTES))}")

    @property
    def sha256(self) -> bytes:
        """The 32 bytes that are stored. 256 random bits need no salt and no slow hash."""
        return hashlib.sha256(self.text.encode()).digest()


def is_session(text: str) -> bool:
    """Whether `text` looks like a session's secret, known or not."""
    return _TEXT.fullmatch(text) is not None


class SessionState(StrEnum):
    """Whether a session opens anything."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One session as every server knows it."""

    id: str
    operator: str
    roles: frozenset[Role]
    sha256: bytes = field(repr=False)
    state: SessionState
    create_ms: int
    expire_ms: int
    """From then on, in milliseconds since the Unix epoch, it is refused, however much it was used."""
    idle_ms: int
    """After so many milliseconds without a call it is refused as well."""
    version: int


def sign(record: SessionRecord, key: Ed25519PrivateKey) -> bytes:
    """Returns `record` as it is stored."""
    fields = {
        "id": record.id,
        "operator": record.operator,
        "roles": sorted(record.roles),
        "sha256": record.sha256.hex(),
        "state": record.state,
        "create_ms": record.create_ms,
        "expire_ms": record.expire_ms,
        "idle_ms": record.idle_ms,
        "version": record.version,
    }
    return signed(_PURPOSE, fields, key)


def verify(stored: bytes, key: Ed25519PublicKey) -> SessionRecord:
    """Returns the record that identity signed; BadRecordError otherwise. Roles this server does not know are left out."""
    fields = verified(_PURPOSE, stored, key)
    try:
        return SessionRecord(
            id=str(fields["id"]),
            operator=str(fields["operator"]),
            roles=frozenset(Role(name) for name in fields["roles"] if name in Role.__members__),
            sha256=bytes.fromhex(fields["sha256"]),
            state=SessionState(fields["state"]),
            create_ms=int(fields["create_ms"]),
            expire_ms=int(fields["expire_ms"]),
            idle_ms=int(fields["idle_ms"]),
            version=int(fields["version"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecordError("a stored session record lacks what makes one") from error
