"""A child process that cannot outlive this one, and the errors of this package.

EngineError
└── DirectoryInUseError   another process owns the data directory (directory.py)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

LAUNCHER: Final = Path(__file__).with_name("launch.py")
_LOG_KEPT_BYTES: Final = 10 * 1024 * 1024
_POLL_SECONDS: Final = 0.005


class EngineError(Exception):
    """A bundled engine could not be started or has died; the message says what to do."""


def launcher_command(command: Sequence[str], *, death_signal: signal.Signals, user: str) -> list[str]:
    """Returns `command` wrapped so that it gets `death_signal` when this process dies, run as `user` (see launch.py)."""
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), user, *command]


def run(command: Sequence[str], *, user: str, statement: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs `command` to its end, as `user`, with `statement` on its standard input; its output is in the result."""
    return subprocess.run(  # noqa: S603 - the commands are literals of this package and paths of its data directory
        launcher_command(command, death_signal=signal.SIGKILL, user=user),
        input=statement,
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
    )


class OwnedProcess:
    """A running child: in a session of its own (a terminal's Ctrl-C reaches the owner alone), output in a log file.

    Must be created on the main thread: Linux sends the death signal when the *thread* that forked ends (prctl(2)).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        death_signal: signal.Signals = signal.SIGKILL,
        user: str = "same",
        environment: Mapping[str, str] | None = None,
        inherited: Iterable[int] = (),
    ) -> None:
        """Starts `command`; `inherited` are descriptors it keeps open. EngineError off the main thread."""
        if threading.current_thread() is not threading.main_thread():
            raise EngineError("start child processes on the main thread: their life is tied to the thread that forks")
        self.name = Path(command[0]).name
        self.log = log
        _rotate(log)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab") as output:
            self._log_began = output.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the caller is this product, not its users
                launcher_command(command, death_signal=death_signal, user=user),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(os.environ if environment is None else environment),
                pass_fds=tuple(inherited),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, also after death."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; else its status, negative for a signal."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], within: timedelta) -> None:
        """Returns once `ready()`; EngineError with the end of the log when it dies or time runs out first."""
        give_up = time.monotonic() + within.total_seconds()
        while not ready():
            if self.exit_status is not None:
                raise EngineError(f"{self.name} stopped with status {self.exit_status}. {self.last_words()}")
            if time.monotonic() > give_up:
                raise EngineError(f"{self.name} was not ready within {within.total_seconds():g} s. {self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal; a dead process ignores it."""
        self._process.send_signal(number)

    def stop(self, *steps: tuple[signal.Signals, timedelta]) -> None:
        """Sends each signal in turn until the process is gone within its time; SIGKILL ends what is left."""
        for number, patience in steps:
            self._process.send_signal(number)
            try:
                self._process.wait(patience.total_seconds())
            except subprocess.TimeoutExpired:
                continue
            return
        self._process.kill()
        self._process.wait()

    def last_words(self) -> str:
        """Returns the end of what this process wrote into its log, to be shown to the person who started it."""
        try:
            with self.log.open("rb") as written:
                written.seek(self._log_began)
                lines = written.read().decode("utf-8", "replace").splitlines()[-5:]
        except FileNotFoundError:
            lines = []
        return "\n  ".join([f"The end of {self.log}:", *lines])


def _rotate(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_KEPT_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))
