"""A bundled engine never outlives its owner, and what was acknowledged survives whatever ended it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xacthuc.embedded import DirectoryInUseError, Postgres, Valkey
from xacthuc.embedded.directory import socket_directory
from xacthuc.embedded.postgres import installation
from xacthuc.embedded.process import launcher_command

OWNER = """
import sys, time
from pathlib import Path
from xacthuc.embedded import Postgres, Valkey
directory = Path(sys.argv[1])
valkey, postgres = Valkey(directory / "valkey"), Postgres(directory / "postgres")
valkey.launch(); postgres.launch()
valkey.wait(); postgres.wait()
print(valkey.process.pid, postgres.process.pid, flush=True)
time.sleep(600)
"""

NOBODY = 65534
Eventually = Callable[..., None]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A path as awkward as a home directory can be: private, with spaces and accents, longer than a socket's may be."""
    private = tmp_path / "Thư mục của tôi"
    private.mkdir(mode=0o700)
    return private / ("d" * 120)


@pytest.fixture(params=["root", "ordinary user"])
def owner(request: pytest.FixtureRequest, place: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that owns both engines. A user namespace makes it an ordinary user, without root's capabilities."""
    command = [sys.executable, "-c", OWNER, str(place)]
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    if request.param == "ordinary user" and os.geteuid() == 0:
        command = launcher_command(command, death_signal=signal.SIGKILL, user="namespace")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()
    for name in ("valkey", "postgres"):
        for uid in (os.geteuid(), NOBODY):
            shutil.rmtree(socket_directory(place / name, uid), ignore_errors=True)


def engine_pids(owner: subprocess.Popen[str]) -> list[int]:
    assert owner.stdout is not None
    return [int(word) for word in owner.stdout.readline().split()]


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"  # nobody reaps it in a container whose first process does not


def test_killing_the_owner_ends_both_engines(owner: subprocess.Popen[str], eventually_blocking: Eventually) -> None:
    pids = engine_pids(owner)
    assert len(pids) == 2

    owner.kill()

    eventually_blocking(lambda: all(gone(pid) for pid in pids))


def test_a_new_owner_starts_at_once_after_the_last_one_was_killed(owner: subprocess.Popen[str], place: Path) -> None:
    engine_pids(owner)
    owner.kill()
    owner.wait()

    with Valkey(place / "valkey") as valkey, Postgres(place / "postgres") as postgres:
        assert valkey.process is not None
        assert postgres.process is not None


def test_no_directory_above_the_data_changes_its_permissions(tmp_path: Path) -> None:
    data = tmp_path / "private" / "data"
    data.parent.mkdir(mode=0o700)
    before = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in data.parents}

    with Postgres(data):
        assert before == {folder: stat.S_IMODE(folder.stat().st_mode) for folder in data.parents}


def test_a_second_owner_is_refused_with_advice(owner: subprocess.Popen[str], place: Path) -> None:
    engine_pids(owner)

    with pytest.raises(DirectoryInUseError, match=r"in use by another process\. Stop it first"):
        Postgres(place / "postgres").launch()


def psql(server: Postgres, statement: str) -> str:
    command = [str(installation() / "bin" / "psql"), "-h", str(server.socket_directory), "-U", "xacthuc", "-qAtXc"]
    return subprocess.run([*command, statement], check=True, capture_output=True, text=True).stdout.strip()


def test_rows_survive_a_kill_of_the_server(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    server.start()
    psql(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.process is not None
    server.process.send(signal.SIGKILL)
    server.stop()

    with server:
        assert psql(server, "SELECT answer FROM kept") == "42"


def test_a_stale_pid_file_naming_a_living_process_is_no_obstacle(tmp_path: Path) -> None:
    with Postgres(tmp_path):
        pass
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n0\n5432\n\n\n")

    with Postgres(tmp_path) as server:
        assert psql(server, "SELECT 1") == "1"


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    assert valkey_says(server, "SET kept 42") == "+OK"
    server.stop()

    with server:
        assert valkey_says(server, "GET kept") == "$2\r\n42"


def valkey_says(server: Valkey, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket_path))
        connection.sendall(command.encode() + b"\r\n")
        return connection.recv(1024).decode().strip()
