"""An engine's data directory: who may use it, and where its socket lives.

Layout of a directory `D`: `D/owner.lock`, `D/server.lock`, `D/<engine>.log` and `D/data/`, the engine's own files.
Two locks, because two questions are asked. `owner.lock` is held by the process that started the engine and answers
"is it in use?". `server.lock` is inherited by the server and all its children and answers "has the last server of a
killed owner really gone?"; while it is held, files such as `postmaster.pid` are believed, afterwards they are stale.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import time
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final

from xacthuc.embedded.process import EngineError

_SOCKET_ROOT: Final = Path("/tmp")  # noqa: S108 - sun_path holds 107 bytes (unix(7)), $TMPDIR may be longer
_POLL_SECONDS: Final = 0.01
_DYING_SERVER: Final = timedelta(seconds=20)


class DirectoryInUseError(EngineError):
    """Another process runs an engine on this data directory."""


class Claim:
    """The exclusive use of a data directory, from construction to `release`."""

    def __init__(self, directory: Path) -> None:
        """Claims `directory`, making it when missing. DirectoryInUseError when another process owns it."""
        self.directory = directory.resolve()
        # A server that root runs as somebody else has to pass through; everything inside is private by itself.
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        self._owner = _open_lock(self.directory / "owner.lock")
        if not _try_lock(self._owner):
            os.close(self._owner)
            raise DirectoryInUseError(
                f"{self.directory} is in use by another process. Stop it first, or choose another data directory."
            )
        self.server_lock = _open_lock(self.directory / "server.lock")
        try:
            self._wait_for_a_dying_server()
            self.socket_directory = _make_private(socket_directory(self.directory, os.geteuid()))
        except BaseException:
            os.close(self.server_lock)
            os.close(self._owner)
            raise

    @property
    def data(self) -> Path:
        """Where the engine keeps its own files."""
        return self.directory / "data"

    def release(self) -> None:
        """Gives the directory up and removes the socket directory. The server must have ended."""
        shutil.rmtree(self.socket_directory, ignore_errors=True)
        os.close(self.server_lock)
        os.close(self._owner)

    def _wait_for_a_dying_server(self) -> None:
        give_up = time.monotonic() + _DYING_SERVER.total_seconds()
        while not _try_lock(self.server_lock):
            if time.monotonic() > give_up:
                raise DirectoryInUseError(
                    f"A server of a process that was killed still runs on {self.directory}. End it, then start again."
                )
            time.sleep(_POLL_SECONDS)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def socket_directory(directory: Path, uid: int) -> Path:
    """Returns where the server of `directory`, owned by `uid`, listens: named by a hash, so that it stays short."""
    digest = blake2b(os.fsencode(directory.resolve()), digest_size=8).hexdigest()
    return _SOCKET_ROOT / f"xacthuc-{uid}-{digest}"


def _make_private(path: Path) -> Path:
    """Makes `path` anew as a directory only this user can enter, over what a killed owner left."""
    if os.path.lexists(path):
        _refuse_a_stranger(path)
        shutil.rmtree(path)
    path.mkdir(mode=0o700)
    return path


def _refuse_a_stranger(path: Path) -> None:
    """EngineError unless `path` is a directory of root's or ours: anybody may create names in a shared directory."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or (found.st_uid != os.geteuid() and os.geteuid() != 0):
        raise EngineError(f"{path} belongs to somebody else. Remove it, or choose another data directory.")
