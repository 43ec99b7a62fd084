"""Names in a store that forgets within minutes: keyed, so that no id can be read there, and quick to make.

Keyed BLAKE2b (RFC 7693 section 2.9) takes a sixth of the time of HMAC-SHA-256, and every decision needs a name. What is
kept in tables is named by `index.py`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.sealing.keys import KeyRing

NAME_BYTES: Final = 16
"""128 bits: no collision among all accounts there are."""


class FleetingNames:
    """Keyed hashes for one purpose, under one key per platform and version of a ring, so that platforms cannot be joined."""

    def __init__(self, ring: KeyRing, purpose: str) -> None:
        """Takes the ring of masters and what is named, such as `standing`; purposes never share a key."""
        self._ring = ring
        self._purpose = purpose
        self._begun: dict[tuple[int, str], blake2b] = {}

    def of(self, platform: str, values: Iterable[str]) -> list[str]:
        """Returns the present name of each of `values` on `platform`, in hexadecimal digits."""
        return self._of(self._ring.current, platform, values)

    def every(self, platform: str, values: Iterable[str]) -> list[str]:
        """Returns all names that servers at any step of a rotation know `values` by."""
        every = list(values)
        return [name for version in sorted(self._ring.keys) for name in self._of(version, platform, every)]

    def _of(self, version: int, platform: str, values: Iterable[str]) -> list[str]:
        begun = self._begun.get((version, platform)) or self._begin(version, platform)
        names = []
        for value in values:
            hashed = begun.copy()
            hashed.update(value.encode())
            names.append(hashed.hexdigest())
        return names

    def _begin(self, version: int, platform: str) -> blake2b:
        info = f"xacthuc/fleeting-names/{self._purpose}/{platform}".encode()
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._ring.keys[version])
        begun = self._begun[version, platform] = blake2b(key=key, digest_size=NAME_BYTES)
        return begun
