"""Blind indexes: equal values find each other in a table without being readable in it, also while keys are rotated.

    version (1 byte) | HMAC-SHA-256 of the value, cut to 16 bytes

One key per version, purpose and platform, derived by HKDF (RFC 5869): platforms cannot be joined. The version in front
tells which rows are still to be moved to a newer key, and lets a row be compared under the key it was made with.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xacthuc.masked import Digest
from xacthuc.sealing.sealer import UnknownSealKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.sealing.keys import KeyRing

HASH_BYTES: Final = 16
"""128 bits of HMAC-SHA-256: no collision among the 10^9 possible numbers, and half the index size."""

_VERSIONS: Final = tuple(bytes((version,)) for version in range(256))


class BlindIndex:
    """Keyed hashes for one purpose, under every version of a ring."""

    def __init__(self, ring: KeyRing, purpose: str) -> None:
        """Takes the ring of masters and what is indexed, such as `phone`; purposes never share a key."""
        self._ring = ring
        self._versions = sorted(ring.keys)
        self._purpose = purpose
        # Begun under their keys: to begin anew takes OpenSSL three times as long as to hash a number.
        self._begun: dict[tuple[int, str], HMAC] = {}

    @property
    def is_rotating(self) -> bool:
        """Whether rows may have been written under several versions."""
        return len(self._versions) > 1

    def of(self, platform: str, value: str) -> Digest:
        """Returns the index that a new row of `value` on `platform` gets."""
        return self._of(self._ring.current, platform, value)

    def of_each(self, platform: str, values: Iterable[str]) -> list[Digest]:
        """Does what `of` does for each, in less time."""
        begun, version = self._begun_for(self._ring.current, platform), _VERSIONS[self._ring.current]
        indexes = []
        for value in values:
            hashed = begun.copy()
            hashed.update(value.encode())
            indexes.append(Digest(version + hashed.finalize()[:HASH_BYTES]))
        return indexes

    def every(self, platform: str, value: str) -> tuple[Digest, ...]:
        """Returns the indexes under which a row of `value` may be found: one per version of the ring, oldest first."""
        return tuple(self._of(version, platform, value) for version in self._versions)

    def matches(self, kept: bytes, platform: str, value: str) -> bool:
        """Whether `kept` is an index of `value`; UnknownSealKeyError when its key is not in the ring."""
        if kept[0] not in self._ring.keys:
            raise UnknownSealKeyError
        return hmac.compare_digest(kept, self._of(kept[0], platform, value))

    def _of(self, version: int, platform: str, value: str) -> Digest:
        hashed = self._begun_for(version, platform).copy()
        hashed.update(value.encode())
        return Digest(_VERSIONS[version] + hashed.finalize()[:HASH_BYTES])

    def _begun_for(self, version: int, platform: str) -> HMAC:
        return self._begun.get((version, platform)) or self._begin(version, platform)

    def _begin(self, version: int, platform: str) -> HMAC:
        info = f"xacthuc/blind-index/{self._purpose}/{platform}".encode()
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._ring.keys[version])
        begun = self._begun[version, platform] = HMAC(key, SHA256())
        return begun


def lock_ids(indexes: Iterable[bytes]) -> list[int]:
    """Returns the advisory locks of what `indexes` stand for, in the one order in which everybody must take them.

    Give the indexes of *every* version of each value. Two servers one step of a rotation apart have different rings, yet
    always share a version (the old key before its second round, the new one after the first, both in between), so the
    lock under that version keeps them apart; a lock under the current version alone would not, since each has another.
    Whoever took them in another order than the others could wait for one who waits for him.
    """
    return sorted(int.from_bytes(index[1:9], "big", signed=True) for index in indexes)
