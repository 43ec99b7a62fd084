"""The files of checkpoints outside of the database: only ever appended to, by several processes if need be."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Final

from xacthuc.audit.checkpoints import Checkpoint, CheckpointError, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILES: Final = {Kind.REACHED: "checkpoints.jsonl", Kind.PRUNED: "pruned.jsonl"}
"""Apart, so that within a file the seals that checkpoints are about only rise."""
_TAIL_BYTES: Final = 4_096
"""The last line and a torn one behind it: a line has some 400 bytes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of a file, and where it stands."""

    place: str
    checkpoint: Checkpoint | None
    """None for a line that is none: torn by a crash, or spoiled."""


class CheckpointFiles:
    """The files in one directory. Calls block for as long as the disk takes; OSError when it does not take anything."""

    def __init__(self, directory: Path) -> None:
        """Takes the directory; what is missing is made when it is needed."""
        self._directory = directory

    def last(self) -> Checkpoint | None:
        """Returns the checkpoint that was appended last; None before the first."""
        try:
            with (self._directory / _FILES[Kind.REACHED]).open("rb") as file:
                return _last(file.fileno())
        except FileNotFoundError:
            return None

    def append(self, checkpoint: Checkpoint) -> None:
        """Appends a checkpoint and returns when the disk has it, unless one about the same seal or a later one is there."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / _FILES[checkpoint.kind]
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            last = _last(descriptor)
            if last is not None and last.number >= checkpoint.number:
                return
            # A process or a machine that died may have left half a line. It stays: nothing here is ever taken away.
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if torn else b"") + checkpoint.line().encode("ascii") + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_all(directory: Path) -> Iterator[Placed]:
    """Yields the lines of all `*.jsonl` files of a directory, by the seals they are about as long as each file is.

    Only what is there when it is called: a checkpoint that is appended later may be about a seal that whoever reads the
    trail did not get any more. Nothing but one line of each file is in memory. OSError when the directory cannot be read.
    """
    paths = sorted(path for path in directory.iterdir() if path.suffix == ".jsonl")
    streams = [_lines(path, path.stat().st_size) for path in paths]
    return merge(*streams, key=lambda placed: placed.checkpoint.number if placed.checkpoint else 0)


def _lines(path: Path, size: int) -> Iterator[Placed]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            size -= len(line)
            if line.strip() and size >= 0:
                yield Placed(f"{path.name}:{number}", _read(line.decode("utf-8", "replace")))
            if size <= 0:
                return


def _last(descriptor: int) -> Checkpoint | None:
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
    readable = (_read(line) for line in reversed(tail.splitlines()))
    return next((each for each in readable if each is not None), None)


def _read(line: str) -> Checkpoint | None:
    try:
        return Checkpoint.read(line)
    except CheckpointError:
        return None
