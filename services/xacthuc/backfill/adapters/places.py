"""Which rows of an export something is true of: a bit a row, so that of ten million they are a few megabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class Places:
    """Rows, each by its file and its place in that."""

    def __init__(self) -> None:
        """Begins with none."""
        self._bits: dict[int, bytearray] = {}

    @classmethod
    def read(cls, directory: Path, name: str, files: int) -> Self:
        """Reads what `write` wrote of so many files."""
        made = cls()
        for file in range(files):
            if (kept := directory / f"{name}-{file}").exists():
                made._bits[file] = bytearray(kept.read_bytes())
        return made

    def write(self, directory: Path, name: str) -> None:
        """Writes them down, a file `NAME-NUMBER` for each file of the export that has some."""
        for file, marked in self._bits.items():
            (directory / f"{name}-{file}").write_bytes(marked)

    def add(self, file: int, place: int) -> None:
        """Takes a row."""
        bits, byte = self._bits.setdefault(file, bytearray()), place >> 3
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits)))
        bits[byte] |= 1 << (place & 7)

    def has(self, file: int, place: int) -> bool:
        """Whether a row is one of them."""
        bits, byte = self._bits.get(file, b""), place >> 3
        return byte < len(bits) and bits[byte] >> (place & 7) & 1 == 1

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._bits)
