"""Where log lines go: standard output, many lines a write, and never waiting for whoever reads them.

A line waits at most 50 ms, or until 64 KiB have gathered, because a `write` for every call would cost as much as the
rest of its telemetry. A crash loses those milliseconds of lines; what must not be lost is in the audit, not in logs.
A reader that stalls must not stall the calls: lines are kept up to 1 MiB, then the newest are dropped and counted.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_DELAY_SECONDS: Final = 0.05
_FULL_BYTES: Final = 65_536
_KEPT_BYTES: Final = 1_048_576
_TYPICAL_BYTES: Final = 256
"""Of a line that is not made yet."""
_CLOSE_SECONDS: Final = 1.0


class LineWriter:
    """Gathers the lines of one event loop and writes them; writes at once while there is no loop."""

    def __init__(self, descriptor: int = 1) -> None:
        """Writes to a file descriptor, which is 1 (standard output) unless a test asks for another."""
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._lines: list[bytes] = []
        self._unrendered: list[tuple[int, Callable[..., bytes], tuple[object, ...]]] = []
        self._gathered = 0
        self._stuck = b""
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.dropped = 0
        """Lines that were given up because nobody read, or that came after `close`."""

    def write(self, line: bytes) -> None:
        """Takes one line, its newline included."""
        if self._closed:
            self.dropped += 1
            return
        if self._timer is None and not self._begin():
            if self._emit(line):
                self.dropped += 1
            return
        if self._gathered > _KEPT_BYTES:
            self.dropped += 1
            return
        self._lines.append(line)
        self._gathered += len(line)
        if self._gathered >= _FULL_BYTES and not self._stuck:
            self.flush()

    def write_later(self, render: Callable[..., bytes], *facts: object) -> None:
        """Takes what a line is made of, to be made when it is written: `render(*facts)` must not depend on the time.

        A call then leaves 2 µs earlier, and lines are made a hundred in a row, by code that is still in the caches.
        """
        if self._closed:
            self.dropped += 1
            return
        if self._timer is None and not self._begin():
            self.write(render(*facts))
            return
        if self._gathered > _KEPT_BYTES:
            self.dropped += 1
            return
        self._unrendered.append((len(self._lines), render, facts))
        self._lines.append(b"")
        self._gathered += _TYPICAL_BYTES
        if self._gathered >= _FULL_BYTES and not self._stuck:
            self.flush()

    def _begin(self) -> bool:
        """Starts the timer that ends a gathering; False where there is no event loop to run it."""
        try:
            self._timer = asyncio.get_running_loop().call_later(_DELAY_SECONDS, self.flush)
        except RuntimeError:
            return False
        return True

    def flush(self) -> None:
        """Writes what was gathered, as far as the reader takes it; in the loop's thread, or after the loop ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for place, render, facts in self._unrendered:
            self._lines[place] = render(*facts)
        block = self._stuck + b"".join(self._lines)
        self._unrendered.clear()
        self._lines.clear()
        self._stuck = self._emit(block)
        self._gathered = len(self._stuck)
        if self._stuck:
            self._begin()

    def close(self) -> None:
        """Writes what is left, giving up after a second without a reader, and takes no line from then on.

        Logging goes on pointing here, while whoever owns the descriptor may close it: its number may be a connection
        of somebody else's by the time of the next line.
        """
        give_up = time.monotonic() + _CLOSE_SECONDS
        self.flush()
        while self._stuck and time.monotonic() < give_up:
            self._room.poll(50)
            self.flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._closed = True

    def _emit(self, block: bytes) -> bytes:
        """Writes `block` without waiting; returns what was not taken.

        What nobody can take is gone: the reader closed its end, the disk is full. No call fails for want of a log.
        """
        # A pipe that polls writable takes PIPE_BUF bytes without blocking (POSIX); more it might not.
        while block and self._room.poll(0):
            try:
                block = block[os.write(self._descriptor, block[: select.PIPE_BUF]) :]
            except BlockingIOError:
                break
            except OSError:
                return b""
        return block
