"""Identifiers as telemetry may show them: the same one is recognisable, none can be recovered without the key."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from xacthuc.ids import decode

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST_BYTES: Final = 8
"""64 bits: among 70 million accounts the chance that a given one shares its pseudonym is about 4e-12."""


class Pseudonyms:
    """Keyed hashes of identifiers. One key per deployment, so that services agree about an account."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 random bytes; ValueError otherwise. Changing it cuts the link to older logs, on purpose."""
        if len(key) != 32:  # noqa: PLR2004 - said in the message
            raise ValueError("a telemetry key holds 32 bytes")
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> Pseudonyms:
        """Reads the key from a file holding it in one line of URL-safe base64; ValueError when it does not."""
        return cls(decode(path.read_text("ascii").strip()))

    def of(self, kind: str, value: str) -> str:
        """Returns 16 hex digits for `value`; `kind` (`account`, `device`) keeps equal values of two kinds apart."""
        return blake2b(
            value.encode(), digest_size=_DIGEST_BYTES, key=self._key, person=kind.encode("ascii")[:16]
        ).hexdigest()

    def __repr__(self) -> str:
        return "Pseudonyms(key=***)"
