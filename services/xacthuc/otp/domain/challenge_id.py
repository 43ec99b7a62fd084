"""The challenge id: one byte partition, one byte key version, 128 random bits, in 24 URL-safe characters.

It leads to the store slot and to the key without a look-up, and says nothing of the number: the partition is a keyed
hash shared by about one number in 256.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import NamedTuple

from xacthuc.ids import random_bytes

RANDOM_BYTES = 16
"""128 bits, as a UUID4 has 122: ids cannot be guessed, so knowing one is part of the authority to check it."""
ID_BYTES = 2 + RANDOM_BYTES
ID_CHARACTERS = 24

_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class ChallengeId(NamedTuple):
    """Where a challenge lives and which key its code comes from."""

    raw: bytes
    text: str

    @property
    def partition(self) -> int:
        """The store partition, 0 to 255."""
        return self.raw[0]

    @property
    def key_version(self) -> int:
        """The version of the key that its code and proof are derived with, 0 to 255."""
        return self.raw[1]

    @property
    def name(self) -> str:
        """The resource name."""
        return f"challenges/{self.text}"


def random_part() -> bytes:
    """Returns the unguessable part of a new id, from the operating system."""
    return random_bytes(RANDOM_BYTES)


def make(partition: int, key_version: int, randomness: bytes) -> ChallengeId:
    """Builds an id from its parts; `randomness` is 16 bytes from the operating system."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"a challenge id takes {RANDOM_BYTES} random bytes")
    raw = bytes((partition, key_version)) + randomness
    return ChallengeId(raw=raw, text=b2a_base64(raw, newline=False).translate(_TO_URL_SAFE).decode("ascii"))


def parse(text: str) -> ChallengeId:
    """Reads the 24 characters of an id; ValueError when they are not that. 18 bytes have exactly one spelling."""
    if len(text) != ID_CHARACTERS:
        raise ValueError("a challenge id has 24 characters")
    raw = a2b_base64(text.encode("ascii").translate(_FROM_URL_SAFE), strict_mode=True)
    if len(raw) != ID_BYTES:
        raise ValueError("a challenge id has 24 URL-safe base64 characters")
    return ChallengeId(raw=raw, text=text)
