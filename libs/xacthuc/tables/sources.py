"""Where a table's bytes come from: a file, which can be read again, or what another program writes, which cannot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from xacthuc.tables.rows import UnusableTableError

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer

_HEAD: Final = 1 << 20
"""Bytes that are looked at to tell what a file is, and where its headings are."""


class Source(Protocol):
    """The bytes of a table."""

    @property
    def name(self) -> str:
        """As a person named it."""
        ...

    @property
    def path(self) -> Path | None:
        """Where they can be read in any order."""
        ...

    @property
    def head(self) -> bytes:
        """The first of them."""
        ...

    def opened(self) -> io.BufferedReader:
        """Returns all of them from the first."""
        ...


class FileSource:
    """A file."""

    def __init__(self, path: Path) -> None:
        """Reads its head; OSError when that cannot be done."""
        self.name, self.path = str(path), path
        with path.open("rb") as file:
            self.head = file.read(_HEAD)

    def opened(self) -> io.BufferedReader:
        """Opens it."""
        return self.path.open("rb")


class PipeSource:
    """What another program writes. It is read once."""

    path = None

    def __init__(self, name: str, pipe: BinaryIO) -> None:
        """Waits for its head."""
        self.name, self._pipe = name, pipe
        self.head = pipe.read(_HEAD)
        self._read = False

    def opened(self) -> io.BufferedReader:
        """Returns it; UnusableTableError the second time."""
        if self._read:
            raise UnusableTableError(f"{self.name} can be read once only", "Write it to a file, and name that.")
        self._read = True
        return io.BufferedReader(cast("io.RawIOBase", _Joined(self.head, self._pipe)))


class _Joined(io.RawIOBase):
    """What was read already, and the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._rest.close()
        super().close()

    def readinto(self, buffer: WriteableBuffer) -> int:
        space = memoryview(buffer)
        data = self._head.read(len(space)) or self._rest.read(len(space))
        space[: len(data)] = data
        return len(data)
