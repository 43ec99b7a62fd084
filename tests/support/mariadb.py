"""Debian's MariaDB as a platform's own database: it is empty, and gone afterwards."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pymysql
import pytest

from xacthuc.embedded.ports import free_port
from xacthuc.embedded.process import OwnedProcess

HOME = Path(__file__).resolve().parents[2] / ".tools" / "mariadb"
_SYSTEM = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
_LONG = timedelta(seconds=60)


@contextmanager
def mariadb(directory: Path) -> Iterator[int]:
    """Starts a server and gives its port; `root` has no password. Skips the test where it was not fetched."""
    server = HOME / "bin" / "mariadbd"
    if not server.exists():
        pytest.skip("needs MariaDB: run tests/tools/mariadb.sh first")
    share, data, port = HOME / "tree" / "usr" / "share" / "mysql", directory / "data", free_port()
    data.mkdir(mode=0o700, parents=True)
    common = [
        str(server),
        "--no-defaults",
        f"--datadir={data}",
        f"--lc-messages-dir={share}",
        f"--character-sets-dir={share}/charsets",
        "--user=root",  # only looked at when root starts it
        "--innodb-flush-log-at-trx-commit=0",
    ]
    # What mariadb-install-db does, but for what a client's packages bring.
    system = b"CREATE DATABASE mysql;\nUSE mysql;\n" + b"".join((share / name).read_bytes() for name in _SYSTEM)
    made = subprocess.run([*common, "--bootstrap"], input=system, capture_output=True, check=False, timeout=120)
    assert made.returncode == 0, made.stderr.decode(errors="replace")[-2000:]
    process = OwnedProcess(
        [
            *common,
            "--bind-address=127.0.0.1",
            f"--port={port}",
            f"--socket={data}/s",
            "--max-allowed-packet=64M",
            "--secure-file-priv=",
        ],
        log=directory / "log",
    )
    try:
        process.wait_until(lambda: _answers(port), _LONG)
        yield port
    finally:
        process.stop((signal.SIGTERM, timedelta(seconds=10)))


def ask(port: int, *statements: str) -> None:
    """Lets root run statements."""
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", charset="utf8mb4", autocommit=True)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _answers(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
