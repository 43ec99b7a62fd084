"""Becomes another program, after tying its life to the parent and choosing the user it runs as.

Run as a file, `python -I -S launch.py PARENT SIGNAL USER COMMAND...`, so that it starts in some 15 ms and needs
nothing installed. A process of its own is needed because the three system calls below change the calling process,
and code between fork and exec of a threaded interpreter may deadlock.

USER is `same`, `namespace` (root only: nobody inside a new user namespace, still owning root's files outside), or
`UID:GID` (root only).
"""

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_NOBODY = 65534  # the kernel's overflow id, "nobody" in every passwd file


def main(arguments: list[str]) -> None:
    """Replaces this process by COMMAND; exits 125 when it could not be prepared, 127 when there is no such program."""
    parent, death_signal, user, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if user == "namespace":
        _enter_namespace(libc)
    elif user != "same":
        _become(*(int(part) for part in user.split(":")))
    # Last, because a change of credentials clears it (prctl(2)).
    if libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        _fail("prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the call above: then nobody would ever send the signal.
    if os.getppid() != int(parent):
        sys.exit(125)
    try:
        os.execvp(command[0], command)  # noqa: S606 - becoming the named program is the purpose of this file
    except OSError as error:
        sys.stderr.write(f"cannot execute {command[0]}: {error.strerror}\n")
        sys.exit(127)


def _enter_namespace(libc: ctypes.CDLL) -> None:
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        _fail("unshare(CLONE_NEWUSER)")
    own = Path("/proc/self")
    own.joinpath("setgroups").write_text("deny", "ascii")  # user_namespaces(7) asks for it before gid_map
    own.joinpath("uid_map").write_text(f"{_NOBODY} {uid} 1", "ascii")
    own.joinpath("gid_map").write_text(f"{_NOBODY} {gid} 1", "ascii")


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _fail(call: str) -> None:
    sys.stderr.write(f"{call} failed: {os.strerror(ctypes.get_errno())}\n")
    sys.exit(125)


if __name__ == "__main__":
    main(sys.argv[1:])
