"""How positions of the outbox are spelled outside: as cursors, and as the ids of events.

A position would tell every platform how much happens on all the others, and could be made up. So each is one block of
AES under a key of the outbox's own: the same place has the same spelling for ever, and of spellings that were made up
one in 2^48 passes for a cursor. Nothing personal is in either, so that the key is no secret to whoever reads the table.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from xacthuc.ids import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK: Final = struct.Struct(">B5xQH")
_BYTES: Final = 16
_CURSOR: Final = 1
_EVENT: Final = 2
_MOST: Final = 2**63 - 1
"""Of a position, which is PostgreSQL's bigint."""


class Places:
    """The spellings of one outbox."""

    def __init__(self, secret: bytes) -> None:
        """Takes the 32 bytes that were drawn for it."""
        # Single blocks that never repeat need no mode; this one is the name of using none.
        cipher = Cipher(AES256(secret), ECB())  # noqa: S305 - as above
        self._encrypt: Callable[[bytes], bytes] = cipher.encryptor().update
        self._decrypt: Callable[[bytes], bytes] = cipher.decryptor().update

    def cursor(self, position: int) -> str:
        """Returns what stands for everything up to `position`."""
        return self._spelled(_CURSOR, position, 0)

    def position(self, cursor: str) -> int | None:
        """Returns the position behind `cursor`; None when it was not made here."""
        place = self._read(_CURSOR, cursor)
        return None if place is None or place[1] else place[0]

    def event_id(self, position: int, number: int) -> str:
        """Returns the id of the n-th event that a position is told as."""
        return self._spelled(_EVENT, position, number)

    def event(self, event_id: str) -> tuple[int, int] | None:
        """Returns position and number behind the id of an event; None when it was not made here."""
        return self._read(_EVENT, event_id)

    def _spelled(self, kind: int, position: int, number: int) -> str:
        return encode(self._encrypt(_BLOCK.pack(kind, position, number)))

    def _read(self, kind: int, text: str) -> tuple[int, int] | None:
        try:
            raw = decode(text)
        except ValueError:
            return None
        if len(raw) != _BYTES:
            return None
        block = self._decrypt(raw)
        found, position, number = _BLOCK.unpack(block)
        # Packed again: what the format skips must be zero, which is what a made-up spelling fails at.
        if found != kind or position > _MOST or block != _BLOCK.pack(kind, position, number):
            return None
        return position, number
