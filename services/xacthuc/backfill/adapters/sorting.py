"""Any number of values in the order of their keys, in memory that has a bound: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
import struct
import tempfile
from contextlib import ExitStack
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_SIZES: Final = struct.Struct("<HI")
_BUFFER: Final = 1 << 16
_IN_MEMORY_BYTES: Final = 32 << 20
_OVERHEAD: Final = 150
"""Bytes that two objects and a pair of them take beside what they hold."""
_key: Final = itemgetter(0)


class Sorter:
    """Takes values and gives them back by their keys. What goes to disk has no name, and is gone with the process."""

    def __init__(self, directory: Path, in_memory_bytes: int = _IN_MEMORY_BYTES) -> None:
        """Runs lie in a directory that nobody else may look into."""
        self._directory, self._most_bytes = directory, in_memory_bytes
        self._held: list[tuple[bytes, bytes]] = []
        self._bytes = 0
        self._opened = ExitStack()
        self._runs: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forgets everything."""
        self._opened.close()

    def add(self, key: bytes, value: bytes) -> None:
        """Takes a value; keys differ."""
        self._held.append((key, value))
        self._bytes += len(key) + len(value) + _OVERHEAD
        if self._bytes >= self._most_bytes:
            self._put_away()

    def values(self) -> Iterator[tuple[bytes, bytes]]:
        """Yields keys and values, by key."""
        self._held.sort(key=_key)
        yield from heapq.merge(*map(_run, self._runs), self._held, key=_key)

    def _put_away(self) -> None:
        file = tempfile.TemporaryFile(buffering=_BUFFER, dir=self._directory)  # noqa: SIM115 - closed by __exit__
        run = self._opened.enter_context(file)
        run.writelines(_SIZES.pack(len(key), len(value)) + key + value for key, value in sorted(self._held, key=_key))
        self._runs.append(run)
        self._held.clear()
        self._bytes = 0


def _run(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    file.seek(0)
    while head := file.read(_SIZES.size):
        of_key, of_value = _SIZES.unpack(head)
        yield file.read(of_key), file.read(of_value)
