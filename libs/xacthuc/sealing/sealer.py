"""Authenticated encryption of small personal data: AES-256-GCM-SIV (RFC 8452) under numbered keys."""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from xacthuc.masked import Sealed

if TYPE_CHECKING:
    from xacthuc.sealing.keys import KeyRing

NONCE_BYTES = 12
"""RFC 8452 section 4. The SIV mode survives a repeated nonce; equal plaintexts would merely look equal."""


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
