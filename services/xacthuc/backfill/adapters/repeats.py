"""What stands in several rows of any number of them, in memory that has a bound.

Each value becomes a keyed digest of 16 bytes, with a key that is drawn anew and kept nowhere: what has to go to disk
(unnamed files, gone with the process) tells nobody anything. Digests are parted by their first bits, so that one part is
in memory at a time.
"""

from __future__ import annotations

import struct
import tempfile
from hashlib import blake2b
from itertools import chain
from secrets import token_bytes
from typing import TYPE_CHECKING, Final, Self

from xacthuc.backfill.ports.repeats import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

DIGEST_BYTES: Final = 16
"""So that two of ten thousand million values share one with a chance of 1 in 10^18."""
_IN_MEMORY_BYTES: Final = 64 << 20


class Digester:
    """Makes digests with a key of its own."""

    def __init__(self) -> None:
        """Draws the key."""
        self._key = token_bytes(32)

    def __call__(self, value: str) -> bytes:
        """Returns the digest of a value."""
        return blake2b(self._key + value.encode(), digest_size=DIGEST_BYTES).digest()


class Repeats:
    """Remembers digests, each with some bytes, in the order in which they came."""

    def __init__(self, extra: int, in_memory_bytes: int = _IN_MEMORY_BYTES) -> None:
        """`extra` is how many bytes come with each digest."""
        self._record = struct.Struct(f"<{DIGEST_BYTES}s{extra}s")
        self._most_bytes = in_memory_bytes // PARTS
        self._parts = [bytearray() for _ in range(PARTS)]
        self._chunks: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forgets everything."""
        if self._file is not None:
            self._file.close()

    def add(self, parts: Sequence[bytes | bytearray]) -> None:
        """Remembers digests, each with its bytes behind it."""
        for number, more in enumerate(parts):
            if more:
                part = self._parts[number]
                part += more
                if len(part) >= self._most_bytes:
                    self._put_away(number)

    def groups(self) -> Iterator[list[bytes]]:
        """Yields what came with each digest that came more than once, in order."""
        for number in range(PARTS):
            first: dict[bytes, bytes] = {}
            repeated: dict[bytes, list[bytes]] = {}
            for digest, extra in chain.from_iterable(map(self._record.iter_unpack, self._some(number))):
                if digest not in first:
                    first[digest] = extra
                elif digest in repeated:
                    repeated[digest].append(extra)
                else:
                    repeated[digest] = [first[digest], extra]
            yield from repeated.values()

    def _put_away(self, number: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        part = self._parts[number]
        self._chunks[number].append((self._file.tell(), len(part)))
        self._file.write(part)
        part.clear()

    def _some(self, number: int) -> Iterator[bytes | bytearray]:
        """Yields a part, some of it at a time: where one value stands everywhere a part is all there is."""
        if self._file is not None:
            for start, size in self._chunks[number]:
                self._file.seek(start)
                yield self._file.read(size)
        yield self._parts[number]
