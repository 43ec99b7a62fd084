"""Key files: 32-byte secrets in URL-safe base64, alone in a file or numbered in a ring so that they can be rotated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.ids import decode, encode, random_bytes

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32
"""256 bits: the strength of HMAC-SHA-256 and of AES-256 (NIST SP 800-57 part 1, table 2)."""

_CURRENT = "current"


class KeyFileError(ValueError):
    """A key file that cannot be used. The message names the file and the fault, never what is in it."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Numbered secrets: one makes new things, every one opens what it made.

    Servers of one deployment read the file at different moments, so a new key is introduced in two rounds: first all
    servers learn to open with it, then they begin to make with it.

    1. Append `<version> <key>`, with the word `current` behind the old line; restart every server.
    2. Move the word `current` to the new line; restart every server.
    3. Remove the old line once nothing made with it is left.
    """

    keys: dict[int, bytes] = field(repr=False)
    """Version, 0 to 255, to 32 bytes."""
    current: int
    """The version that new things are made with."""

    @property
    def is_rotating(self) -> bool:
        """Whether an older key than the current one is held, with which something may still be made or sealed.

        Newer ones do not count: before the second round, and after its mark was moved back, they open and make nothing.
        """
        return min(self.keys) < self.current

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Reads a ring's file; KeyFileError when it is none."""
        return cls.parse(read_text(path), str(path))

    @classmethod
    def parse(cls, content: str, place: str) -> KeyRing:
        """Reads lines of `<version> <key>`, of which one may end in `current`; `#` starts a comment.

        Without that word the highest version is current. KeyFileError, which names `place`, when nothing usable is there.
        """
        keys: dict[int, bytes] = {}
        marked: list[int] = []
        for number, line in enumerate(content.splitlines(), start=1):
            text = line.partition("#")[0].strip()
            if not text:
                continue
            version, _, rest = text.partition(" ")
            if not version.isascii() or not version.isdigit() or not 0 <= int(version) <= 255:  # noqa: PLR2004 - one byte
                raise KeyFileError(f"{place}, line {number}: begin with a version from 0 to 255")
            if int(version) in keys:
                raise KeyFileError(f"{place}, line {number}: version {version} stands twice")
            secret, *mark = rest.split() or [""]
            if mark not in ([], [_CURRENT]):
                raise KeyFileError(f"{place}, line {number}: only the word `{_CURRENT}` may follow the key")
            keys[int(version)] = _key(secret, f"{place}, line {number}")
            marked += [int(version)] if mark else []
        if not keys:
            raise KeyFileError(f"{place}: holds no key; write a line `<version> <32 bytes in URL-safe base64>`")
        if len(marked) > 1:
            raise KeyFileError(f"{place}: `{_CURRENT}` stands on {len(marked)} lines; leave it on one")
        return cls(keys=keys, current=marked[0] if marked else max(keys))

    @staticmethod
    def first_line() -> str:
        """Returns the one line of a new ring: version 0 with a fresh secret, current until the mark is moved."""
        return f"0 {encode(random_bytes(KEY_BYTES))} {_CURRENT}\n"


def read_key(path: Path) -> bytes:
    """Reads the one 32-byte secret in `path`; KeyFileError when it is not that."""
    return parse_key(read_text(path), str(path))


def parse_key(content: str, place: str) -> bytes:
    """Reads one 32-byte secret; KeyFileError, which names `place`, when `content` is not that."""
    return _key(content.strip(), place)


def read_text(path: Path) -> str:
    """Returns what stands in a key file; KeyFileError when that cannot be read."""
    try:
        return path.read_text("ascii")
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
