"""A PostgreSQL that hangs: connections stay open, new ones are accepted by the kernel, and nobody answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xacthuc.embedded import Postgres


@contextmanager
def silent(server: Postgres) -> Iterator[None]:
    """Suspends the server and all its sessions for the length of the block."""
    assert server.process is not None
    parent = server.process.pid
    # The parent first, so that no session is born meanwhile; each is a process of its own (postgres(1)).
    os.kill(parent, signal.SIGSTOP)
    sessions = _children(parent)
    try:
        for session in sessions:
            _send(session, signal.SIGSTOP)
        yield
    finally:
        for process in (*sessions, parent):
            _send(process, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    """Returns the processes whose parent (field 4 of proc_pid_stat(5)) is this one."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
    return found


def _send(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
