"""Authenticated encryption of small personal data.

Under the numbered keys of a ring, which seal without end: AES-256-GCM-SIV (RFC 8452), which survives a repeated nonce.
Under a key that seals a handful of things: AES-256-GCM, which takes half the time. With random nonces of 96 bits it is
good for 2^32 things a key (NIST SP 800-38D, section 8.3).
"""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from xacthuc.masked import Sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xacthuc.sealing.keys import KeyRing

NONCE_BYTES: Final = 12
"""RFC 8452 section 4, NIST SP 800-38D section 5.2.1.1."""

_ONLY_VERSION: Final = b"\0"
"""Of a key outside any ring; a byte of the format, in case there is ever to be a second one."""


class UnsealError(Exception):
    """Sealed data that does not open: another context, an unknown key version, or damage. Says no more than that."""


class UnknownSealKeyError(UnsealError):
    """Sealed under a version this server's ring does not hold: another server's key file is ahead of this one's."""


class Sealer:
    """Seals and opens bytes. The associated data says whose they are, so they open in no other place."""

    __slots__ = ("_ciphers", "_encrypt", "_prefix")

    def __init__(self, ring: KeyRing) -> None:
        """Takes the ring whose current key seals and whose every key opens."""
        self._ciphers = {version: AESGCMSIV(key) for version, key in ring.keys.items()}
        self._prefix = bytes((ring.current,))
        self._encrypt = self._ciphers[ring.current].encrypt

    def seal(self, plaintext: bytes, associated_data: bytes) -> Sealed:
        """Returns version (1 byte), nonce (12), ciphertext and tag (16)."""
        nonce, prefix = urandom(NONCE_BYTES), self._prefix
        return Sealed(prefix + nonce + self._encrypt(nonce, plaintext, prefix + associated_data))

    def seal_many(self, plaintexts: Sequence[bytes], associated_data: Sequence[bytes]) -> list[Sealed]:
        """Does what `seal` does for each, and asks for chance once."""
        prefix, encrypt = self._prefix, self._encrypt
        nonces = fresh_nonces(len(plaintexts))
        return [
            Sealed(prefix + nonce + encrypt(nonce, plain, prefix + data))
            for nonce, plain, data in zip(nonces, plaintexts, associated_data, strict=True)
        ]

    def open(self, sealed: bytes, associated_data: bytes) -> bytes:
        """Returns what was sealed; UnsealError when it does not open here, UnknownSealKeyError when a key is missing."""
        if not sealed:
            raise UnsealError
        cipher = self._ciphers.get(sealed[0])
        if cipher is None:
            raise UnknownSealKeyError
        try:
            return cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], sealed[:1] + associated_data)
        except (InvalidTag, ValueError):
            raise UnsealError from None


class KeySealer:
    """Seals and opens a handful of things under one key of its own."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        """Takes 32 bytes."""
        self._cipher = AESGCM(key)

    def seal(self, plaintext: bytes, associated_data: bytes) -> Sealed:
        """Returns version (1 byte), nonce (12), ciphertext and tag (16)."""
        return self.seal_each((self,), (plaintext,), (associated_data,))[0]

    @staticmethod
    def seal_each(
        sealers: Iterable[KeySealer], plaintexts: Sequence[bytes], associated_data: Iterable[bytes]
    ) -> list[Sealed]:
        """Does what `seal` does, each thing under the key at its place, and asks for chance once."""
        return [
            Sealed(_ONLY_VERSION + nonce + sealer._cipher.encrypt(nonce, plain, data))  # noqa: SLF001 - of this class
            for nonce, sealer, plain, data in zip(
                fresh_nonces(len(plaintexts)), sealers, plaintexts, associated_data, strict=True
            )
        ]

    def open(self, sealed: bytes, associated_data: bytes) -> bytes:
        """Returns what was sealed; UnsealError when it does not open here, UnknownSealKeyError under another version."""
        if not sealed:
            raise UnsealError
        if sealed[:1] != _ONLY_VERSION:
            raise UnknownSealKeyError
        try:
            return self._cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], associated_data)
        except (InvalidTag, ValueError):
            raise UnsealError from None


def fresh_nonces(count: int) -> list[bytes]:
    """Returns nonces that nobody has used, for one call of the system's generator."""
    drawn = urandom(NONCE_BYTES * count)
    return [drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES)]
