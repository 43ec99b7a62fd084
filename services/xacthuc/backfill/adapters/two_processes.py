"""Reading one table in two processes, each half of its batches, as if it were one."""

from __future__ import annotations

import errno
import os
import signal
from itertools import count
from multiprocessing import Pipe
from typing import TYPE_CHECKING, TypeVar

from xacthuc.tables.rows import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from multiprocessing.connection import Connection

T = TypeVar("T")


def in_two(work: Callable[[Turn], Iterator[T]]) -> Generator[T]:
    """Yields what `work` makes of the batches of a table, in their order; the second half of them in another process.

    Nothing is in the other process that was not here before, and it ends with this one. OSError when it died.
    """
    receiving, sending = Pipe(duplex=False)
    process = os.fork()
    if process == 0:
        receiving.close()
        _send(work(Turn(1, 2)), sending)
    sending.close()
    try:
        yield from _in_order(work(Turn(0, 2)), receiving)
    finally:
        receiving.close()
        os.kill(process, signal.SIGKILL)  # in vain when it has ended
        os.waitpid(process, 0)


def _in_order(ours: Iterator[T], theirs: Connection) -> Iterator[T]:
    for number in count():
        if number % 2:
            try:
                (whole,) = theirs.recv() or (None,)
            except EOFError:
                raise OSError(errno.EPIPE, "a process that read along died") from None
        else:
            whole = next(ours, None)
        if whole is None:
            return  # nobody has a batch behind one that is not there
        yield whole


def _send(work: Iterator[T], sending: Connection) -> None:
    """Sends all that is made, and ends the process."""
    status = 1
    try:
        for each in work:
            sending.send((each,))
        sending.send(None)
        status = 0
    finally:
        os._exit(status)
