"""Bytes that cannot be printed by accident: whatever renders them shows what they are and how long, never what they say.

They are bytes in every other respect, so a driver, a cipher or a comparison takes them as they are. Sealed data and
hashes are not readable, but a log of them joins people across tables for as long as the log lives.
"""

from __future__ import annotations

from typing import ClassVar


class Masked(bytes):
    """Bytes whose repr, str and format show kind and length alone."""

    __slots__ = ()
    kind: ClassVar[str] = "masked"

    def __repr__(self) -> str:
        """Returns such as `<sealed 57 bytes>`."""
        return f"<{self.kind} {len(self)} bytes>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Formats what `repr` returns."""
        return format(repr(self), spec)


class Sealed(Masked):
    """Personal data, encrypted."""

    __slots__ = ()
    kind = "sealed"


class Digest(Masked):
    """A hash of something."""

    __slots__ = ()
    kind = "digest"
