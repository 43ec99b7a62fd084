"""What the bundled engines have in common: how they start, get ready and stop, and hold their data directory meanwhile.

Owns the order of things. What a server is started with, when it is ready and where it listens are its own.
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from xacthuc.embedded.directory import Claim
from xacthuc.embedded.process import EngineError, OwnedProcess

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_READY_WITHIN: Final = timedelta(seconds=60)  # replaying a large log on a busy laptop

Step = tuple[signal.Signals, timedelta]
"""A signal, and how long the server has to end before the next one."""


class Engine(ABC):
    """Something that runs from `start` to `stop`, or for the length of a `with` block."""

    @abstractmethod
    def start(self) -> str:
        """Starts and returns the URL once it answers. EngineError, DirectoryInUseError."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it. Harmless when not running."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, kw_only=True)
class Program:
    """What becomes the server."""

    command: list[str]
    user: str = "same"
    """As whom it runs, as launch.py takes it."""


class Server(Engine):
    """A server on a data directory of its own. `launch` and `wait` apart let several start side by side."""

    def __init__(self, directory: Path, name: str, *endings: Step) -> None:
        """Names the directory, made when missing, and the log in it.

        `endings` are tried in turn to stop the server; the first one's signal also ends it when this process dies.
        """
        self._directory = directory
        self._name = name
        self._endings = endings
        self._claim: Claim | None = None
        self._process: OwnedProcess | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def _prepare(self, claim: Claim) -> Program:
        """Makes the claimed directory ready for the program it returns."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the launched server does its work."""

    def start(self) -> str:
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Starts without waiting."""
        claim = Claim(self._directory)
        self._claim = claim
        try:
            program = self._prepare(claim)
            self._process = OwnedProcess(
                program.command,
                log=claim.directory / f"{self._name}.log",
                death_signal=self._endings[0][0],
                user=program.user,
                environment={"LC_ALL": "C"},
                inherited=[claim.server_lock],
            )
        except BaseException:
            self.stop()
            raise

    def wait(self) -> str:
        """Returns the URL once the launched server has loaded its data and answers. EngineError."""
        if self._process is None:
            raise EngineError("the server was not launched")
        try:
            self._process.wait_until(self._is_ready, _READY_WITHIN)
        except BaseException:
            self.stop()
            raise
        return self.url

    @property
    def process(self) -> OwnedProcess | None:
        """The server process, None before `launch` and after `stop`."""
        return self._process

    @property
    def socket_directory(self) -> Path:
        """Where its unix socket is. EngineError before `launch`."""
        if self._claim is None:
            raise EngineError("the server was not launched")
        return self._claim.socket_directory

    def stop(self) -> None:
        """Ends the server, data flushed, and gives the directory up. Harmless when not running or already dead."""
        if self._process is not None:
            # A server that was suspended would not see the next signal.
            self._process.send(signal.SIGCONT)
            self._process.stop(*self._endings)
            self._process = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None
