"""Becomes a service time and again: what that imports is imported once, so that a round of kills costs no start-up.

`python -c "from xacthuc.launch import launch; launch('warm')" xacthuc.backfill.main` forks for each line that it reads, before
gRPC has any thread, writes the number of the process, and another line when that has ended. The process is what the service
is: it has the same `main`, environment and certificates, and no other process of the test.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ends with whoever started it."""
    service = import_module(sys.argv[1])
    _die_with_parent()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads cannot be forked"
    while sys.stdin.readline():
        if (process := os.fork()) == 0:
            _die_with_parent()
            os.dup2(2, 1)
            service.main()
            os._exit(0)
        os.write(1, b"%d\n" % process)
        os.waitpid(process, 0)
        os.write(1, b"ended\n")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
