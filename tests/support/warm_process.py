"""Services that are killed so often that they cannot import everything anew each time; `warm` says how."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import IO

from backfill_process import BackfillProcess
from identity_process import IdentityProcess
from service_process import Process

_BECOME = "from xacthuc.launch import launch; launch('warm')"


class Warm:
    """A process that has imported a service, and forks it when told to, one at a time."""

    def __init__(self, service: str, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BECOME, f"xacthuc.{service}.main"],
                env={**environment, "PYTHONPATH": str(Path(__file__).parent)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def launch(self) -> Process:
        """Starts the service."""
        told, tell = self._process.stdout, self._process.stdin
        assert told is not None
        assert tell is not None
        tell.write(b"\n")
        tell.flush()
        return _Forked(int(told.readline()), told)

    def close(self) -> None:
        """Ends it, and the service with it."""
        self._process.kill()
        self._process.communicate()


class _Forked:
    """What is done with a process that is the child of another one."""

    def __init__(self, number: int, told: IO[bytes]) -> None:
        self._number, self._told = number, told

    def poll(self) -> int | None:
        try:
            os.kill(self._number, 0)
        except ProcessLookupError:
            return 0
        return None

    def send_signal(self, how: int, /) -> None:
        os.kill(self._number, how)

    def wait(self, timeout: float) -> int:
        """Returns when it has ended; who forked it says so."""
        assert self._told.readline() == b"ended\n", f"not within {timeout} s"
        return 0


class WarmBackfill(BackfillProcess):
    """The backfill service."""

    def __init__(self, directory: Path, identity: IdentityProcess, **environment: str) -> None:
        super().__init__(directory, identity, **environment)
        self._warm = Warm(self.name, self.environment, self.log)

    def launch(self) -> None:
        self.process = self._warm.launch()

    def close(self) -> None:
        super().close()
        self._warm.close()


class WarmIdentity(IdentityProcess):
    """The identity service."""

    def __init__(self, directory: Path, database_url: str, store_url: str) -> None:
        super().__init__(directory, database_url, store_url)
        self._warm = Warm("identity", self.environment, self.log)

    def launch(self) -> Process:
        self.process = made = self._warm.launch()
        return made

    def close(self) -> None:
        super().close()
        self._warm.close()


def warm_backfill(
    directory: Path, identity: IdentityProcess, **environment: str
) -> AbstractContextManager[WarmBackfill]:
    """Makes a process, which the caller starts, and ends it with the block."""
    return closing(WarmBackfill(directory, identity, **environment))


def warm_identity(directory: Path, database_url: str, store_url: str) -> AbstractContextManager[WarmIdentity]:
    """Does the same for identity."""
    return closing(WarmIdentity(directory, database_url, store_url))
