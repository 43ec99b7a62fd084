"""Blind indexes: equal values find each other in a table without being readable in it."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INDEX_BYTES = 16
"""128 bits of HMAC-SHA-256: no collision among the 10^9 possible numbers, and half the index size."""


class BlindIndex:
    """Keyed hashes under one key per platform, derived by HKDF (RFC 5869), so that platforms cannot be joined."""

    def __init__(self, master: bytes, purpose: str) -> None:
        """Takes the 32-byte master and what is indexed, such as `phone`; purposes never share a key."""
        self._master = master
        self._purpose = purpose
        self._keys: dict[str, bytes] = {}

    def of(self, platform: str, value: str) -> bytes:
        """Returns the 16-byte index of `value` on `platform`."""
        key = self._keys.get(platform)
        if key is None:
            info = f"xacthuc/blind-index/{self._purpose}/{platform}".encode()
            key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._master)
            self._keys[platform] = key
        return hmac.digest(key, value.encode(), "sha256")[:INDEX_BYTES]
