"""The journal of a shard: a line for each batch that identity answered. What is there is not sent again."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Self

from xacthuc.backfill.domain.importing import Answer, RefusedRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAIL: Final = 1 << 16


class JournalInUseError(Exception):
    """Another process is sending the shard."""


class Journal:
    """Is written by one process at a time. A line that a crash cut short is taken away, and its batch sent again."""

    def __init__(self, path: Path) -> None:
        """Opens it; JournalInUseError while another process has it."""
        self._path = path
        self._file = path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise JournalInUseError from None
        _mend(path)
        self.done = {answer.number: answer.rows for answer in answers(path)}
        """How many rows the batches that were answered have."""

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(self, *_: object) -> None:
        """Keeps it, whatever becomes of the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def add(self, answer: Answer) -> None:
        """Keeps an answer. A crash of the machine may lose the last ones, and identity answers those again as it did."""
        self._file.write(json.dumps(asdict(answer), separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        self.done[answer.number] = answer.rows


def answers(path: Path) -> Iterator[Answer]:
    """Yields what is in a journal; nothing when there is none."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                kept = json.loads(line)
                yield Answer(**{**kept, "refused": [RefusedRow(*each) for each in kept["refused"]]})


def _mend(path: Path) -> None:
    """Takes away what follows the last whole line."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _TAIL)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                file.truncate(start + newline + 1)
                return
            end = start
        file.truncate(0)
