"""Key files: 32-byte secrets in URL-safe base64, alone in a file or numbered in a ring so that they can be rotated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.ids import decode, encode, random_bytes

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32
"""256 bits: the strength of HMAC-SHA-256 and of AES-256 (NIST SP 800-57 part 1, table 2)."""


class KeyFileError(ValueError):
    """A key file that cannot be used. The message names the file and the fault, never what is in it."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Numbered secrets. The highest number makes new things; every number still opens old ones."""

    keys: dict[int, bytes] = field(repr=False)
    """Version, 0 to 255, to 32 bytes."""
    current: int
    """The version that new things are made with."""

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Reads lines of `<version> <key>`; `#` starts a comment. KeyFileError when nothing usable is there."""
        keys: dict[int, bytes] = {}
        for number, line in enumerate(_lines(path), start=1):
            text = line.partition("#")[0].strip()
            if not text:
                continue
            version, _, secret = text.partition(" ")
            if not version.isascii() or not version.isdigit() or not 0 <= int(version) <= 255:  # noqa: PLR2004 - one byte
                raise KeyFileError(f"{path}, line {number}: begin with a version from 0 to 255")
            if int(version) in keys:
                raise KeyFileError(f"{path}, line {number}: version {version} stands twice")
            keys[int(version)] = _key(secret.strip(), f"{path}, line {number}")
        if not keys:
            raise KeyFileError(f"{path}: holds no key; write a line `<version> <32 bytes in URL-safe base64>`")
        return cls(keys=keys, current=max(keys))

    @staticmethod
    def new_line(version: int) -> str:
        """Returns a line with a fresh secret, to append to a ring."""
        return f"{version} {encode(random_bytes(KEY_BYTES))}\n"


def read_key(path: Path) -> bytes:
    """Reads the one 32-byte secret in `path`; KeyFileError when it is not that."""
    return _key("".join(_lines(path)).strip(), str(path))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: cannot be read as a key file ({type(error).__name__})") from None


def _key(text: str, place: str) -> bytes:
    try:
        secret = decode(text)
    except ValueError:
        raise KeyFileError(f"{place}: the key is not URL-safe base64 without padding") from None
    if len(secret) != KEY_BYTES:
        raise KeyFileError(f"{place}: the key has {len(secret)} bytes, not {KEY_BYTES}")
    return secret
