"""A Lua script and the digest the server knows it by. Running it is the store's affair."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

PRELUDE = Path(__file__).with_name("prelude.lua")
"""Lua functions for every script: rendering whole numbers, refusing callers whose clock is off."""


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """A script that runs as one atomic step on the server. Make it once, at the start of the process.

    Attributes:
        name: what errors and metrics call it.
        source: Lua 5.1, using nothing newer than Redis 7.0.
        sha: the SHA-1 of `source` in hexadecimal: how EVALSHA names a script, no security purpose.

    """

    name: str
    source: str = field(repr=False)
    sha: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Computes the digest once, so that no call does."""
        digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest.encode())

    @classmethod
    def from_file(cls, path: Path, *preludes: Path) -> Script:
        """Reads a script, after the functions of the `preludes`: Lua on the server cannot import.

        The name is the file's name without its ending. Line numbers in the server's error messages count from the
        first line of the first prelude.
        """
        return cls(path.stem, "\n".join(file.read_text(encoding="utf-8") for file in (*preludes, path)))
