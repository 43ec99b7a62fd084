"""The secret for emergencies: made offline, printed once, kept as a slow hash in a key file.

The file is one line, `scrypt <n> <r> <p> <salt> <hash>`, with the last two in URL-safe base64 (RFC 7914).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, Self

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from xacthuc.ids import decode, encode, random_bytes

FILE: Final = "staff-break-glass.key"
"""Among the key files of identity."""

_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_COST, _BLOCK, _LANES = 2**15, 8, 1
"""32 MiB and about a tenth of a second: much for who guesses, little for who knows, and the secret has 256 bits anyway."""
_MOST_COST: Final = 2**20
_LINE: Final = re.compile(r"scrypt ([0-9]{1,8}) ([0-9]{1,2}) ([0-9]{1,2}) ([A-Za-z0-9_-]{22,86}) ([A-Za-z0-9_-]{43})")


class BreakGlassFileError(ValueError):
    """The key file does not hold what `xacthuc staff break-glass init` writes."""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """What a secret is compared with."""

    cost: int
    block: int
    lanes: int
    salt: bytes = field(repr=False)
    hash: bytes = field(repr=False)

    @classmethod
    def new(cls) -> tuple[str, Self]:
        """Makes a secret, for the one time it is shown, and what is kept of it."""
        secret, salt = f"xb_{encode(random_bytes(_SECRET_BYTES))}", random_bytes(_SALT_BYTES)
        return secret, cls(_COST, _BLOCK, _LANES, salt, _derived(secret, salt, _COST, _BLOCK, _LANES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a key file; BreakGlassFileError, without quoting it, when it is none."""
        match = _LINE.fullmatch(text.strip())
        if match is None or not 1 < int(match[1]) <= _MOST_COST:
            raise BreakGlassFileError(f"{FILE} does not hold one line: scrypt, three numbers, salt and hash")
        return cls(int(match[1]), int(match[2]), int(match[3]), decode(match[4]), decode(match[5]))

    @property
    def line(self) -> str:
        """How it is kept."""
        return f"scrypt {self.cost} {self.block} {self.lanes} {encode(self.salt)} {encode(self.hash)}\n"

    def matches(self, secret: str) -> bool:
        """Whether this is the secret. Takes about a tenth of a second of a processor: never on an event loop."""
        return compare_digest(self.hash, _derived(secret, self.salt, self.cost, self.block, self.lanes))


def _derived(secret: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return Scrypt(salt=salt, length=_HASH_BYTES, n=cost, r=block, p=lanes).derive(secret.encode())
