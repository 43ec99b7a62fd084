"""Checkpoints: signed statements of where the chain stood, kept where whoever can write to the database cannot.

Ed25519 (RFC 8032). A checkpoint is one line of JSON, the same in the file, in the log and in an answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from xacthuc import ids
from xacthuc.audit.chain import DIGEST_BYTES, Head, micros, packed, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.sealing.keys import KeyRing

_DOMAIN: Final = b"xacthuc.audit.checkpoint.1"
_PEM_END: Final = "-----END PUBLIC KEY-----"


class CheckpointError(ValueError):
    """A line that is no checkpoint, or a file that holds no public key."""


class Kind(StrEnum):
    """What is stated."""

    REACHED = "REACHED"
    """The chain stood here."""
    PRUNED = "PRUNED"
    """Everything up to here was deleted, because its time was over: the chain begins behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What was stated, by which key."""

    kind: Kind
    number: int
    """Of the last seal."""
    entries: int
    """How many were sealed up to then."""
    chain: bytes
    time: datetime
    public_key: bytes
    """Of whoever signed, as it says itself: no proof of who that is."""
    signature: bytes

    @property
    def key_id(self) -> str:
        """What the key is called."""
        return key_id(self.public_key)

    @property
    def head(self) -> Head:
        """Where the chain stood."""
        return Head(number=self.number, entries=self.entries, chain=self.chain)

    def is_signed(self) -> bool:
        """Whether the key that it names signed it."""
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(self.signature, _signed(self.kind, self.head, self.time))
        except (InvalidSignature, ValueError):
            return False
        return True

    def line(self) -> str:
        """Returns it as one line of JSON."""
        return json.dumps(
            {
                "kind": self.kind.value,
                "number": self.number,
                "entries": self.entries,
                "chain": self.chain.hex(),
                "time": self.time.isoformat(),
                "key_id": self.key_id,
                "public_key": ids.encode(self.public_key),
                "signature": ids.encode(self.signature),
            },
            separators=(",", ":"),
        )

    @classmethod
    def read(cls, line: str) -> Checkpoint:
        """Reads a line; CheckpointError when it is none."""
        try:
            fields = json.loads(line)
            made = cls(
                kind=Kind(fields["kind"]),
                number=int(fields["number"]),
                entries=int(fields["entries"]),
                chain=bytes.fromhex(fields["chain"]),
                time=datetime.fromisoformat(fields["time"]),
                public_key=ids.decode(fields["public_key"]),
                signature=ids.decode(fields["signature"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CheckpointError("not a checkpoint") from None
        if made.time.tzinfo is None or made.number < 0 or len(made.chain) != DIGEST_BYTES:
            raise CheckpointError("not a checkpoint")
        return made


class CheckpointSigner:
    """Signs with the current key of a ring, which is rotated as every other ring is."""

    def __init__(self, ring: KeyRing) -> None:
        """Takes the ring; any 32 bytes are an Ed25519 key (RFC 8032 section 5.1.5)."""
        keys = {version: Ed25519PrivateKey.from_private_bytes(secret) for version, secret in ring.keys.items()}
        self._key = keys[ring.current]
        self.public_keys = tuple(key.public_key().public_bytes_raw() for _, key in sorted(keys.items()))
        """Of every version, oldest first."""

    def sign(self, kind: Kind, head: Head, now: datetime) -> Checkpoint:
        """States where the chain stands."""
        return Checkpoint(
            kind=kind,
            number=head.number,
            entries=head.entries,
            chain=head.chain,
            time=now,
            public_key=self._key.public_key().public_bytes_raw(),
            signature=self._key.sign(_signed(kind, head, now)),
        )


def key_id(public_key: bytes) -> str:
    """Returns a name made of the key itself, so that nobody means different keys by one name (as RFC 7638 does)."""
    return ids.encode(hashlib.sha256(public_key).digest()[:12])


def written_keys(public_keys: Iterable[bytes]) -> str:
    """Returns keys in PEM, one after the other, each behind a line with its id."""
    return "".join(
        f"# {key_id(key)}\n"
        + Ed25519PublicKey.from_public_bytes(key)
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
        for key in public_keys
    )


def read_keys(text: str) -> frozenset[bytes]:
    """Reads what `written_keys` wrote; CheckpointError when that holds no Ed25519 key."""
    found = set[bytes]()
    for block in text.split(_PEM_END)[:-1]:
        try:
            key = load_pem_public_key((block[block.index("-----BEGIN") :] + _PEM_END + "\n").encode("ascii"))
        except ValueError:
            raise CheckpointError("a block of the file is no public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey):
            raise CheckpointError("a key of the file is not Ed25519")
        found.add(key.public_bytes_raw())
    if not found:
        raise CheckpointError("the file holds no public key; `xacthuc audit key` prints it")
    return frozenset(found)


def _signed(kind: Kind, head: Head, time: datetime) -> bytes:
    return packed(
        _DOMAIN, kind.value.encode(), whole(head.number), whole(head.entries), head.chain, whole(micros(time))
    )
