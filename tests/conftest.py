"""What every suite shares: the real engines, a clock that stands still, polling with a deadline, and the rule marker.

Each xdist worker has engines of its own, started when a test first asks. `XACTHUC_TEST_STORE=redis7` runs the same
tests on Debian's Redis 7.0, the oldest store the product supports, instead of the bundled Valkey;
`XACTHUC_TEST_DATABASE=postgres15` runs those of the database on Debian's PostgreSQL 15, likewise the oldest.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import socket
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest

from xacthuc.clock import FixedClock
from xacthuc.embedded import Postgres, Valkey, ValkeyCluster
from xacthuc.embedded.postgres import installation

ROOT = Path(__file__).resolve().parents[1]
REDIS7 = ROOT / ".tools" / "redis7" / "bin" / "redis-server"
STORE = os.environ.get("XACTHUC_TEST_STORE", "valkey")
STORE_FIXTURES = {"valkey_server", "lasting_valkey", "own_valkey", "valkey_cluster"}
POSTGRES15 = ROOT / ".tools" / "postgres15"
DATABASE = os.environ.get("XACTHUC_TEST_DATABASE", "bundled")
DATABASE_FIXTURES = {"postgres_server"}
KINDS = ("integration", "service", "contract", "property", "unit")
RULES = {f"R{number}" for number in range(1, 56)}

# Nothing the tests store has to survive the machine, and a database per test is cheap without waiting for the disk.
UNSAFE_POSTGRES = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}

# One example may start a server call or wait for a busy machine: a time limit per example would only be noise.
hypothesis.settings.register_profile("test", deadline=None, max_examples=100, print_blob=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=5000, print_blob=True)
hypothesis.settings.load_profile("soak" if os.environ.get("XACTHUC_SOAK") else "test")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rule", help="run only the tests that need this requirement of the law, such as R25")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuses rule markers that name no requirement; keeps the tests that `--rule` or another engine asks for."""
    rules = {item: {str(rule) for mark in item.iter_markers("rule") for rule in mark.args} for item in items}
    unknown = sorted(f"{item.nodeid}: {rule}" for item, named in rules.items() for rule in named - RULES)
    if unknown:
        raise pytest.UsageError("@pytest.mark.rule takes R1 to R55:\n" + "\n".join(unknown))
    if wanted := config.getoption("--rule"):
        _keep(config, items, lambda item: wanted in rules[item])
    if STORE != "valkey":
        _keep(config, items, _is_about_the_store)
    if DATABASE != "bundled":
        _keep(config, items, lambda item: _uses(item, DATABASE_FIXTURES))
    items.sort(key=_room)


def _room(item: pytest.Item) -> tuple[int, Path]:
    """The directory a test lies in, so that what a directory shares is started once and is gone after its last test.

    Those with the longest files come first, that no worker is left alone with one in the end.
    """
    directory = item.path.parent
    kind = directory.relative_to(item.config.rootpath / "tests").parts[:1]
    return KINDS.index(kind[0]) if kind and kind[0] in KINDS else len(KINDS), directory


def _is_about_the_store(item: pytest.Item) -> bool:
    """Whether another store could make it fail: where a database is at work too, what matters is there unless marked."""
    marked = item.get_closest_marker("store") is not None
    return _uses(item, STORE_FIXTURES) and (marked or not _uses(item, DATABASE_FIXTURES))


def _uses(item: pytest.Item, fixtures: set[str]) -> bool:
    return bool(fixtures & set(getattr(item, "fixturenames", ())))


def _keep(config: pytest.Config, items: list[pytest.Item], chosen: Callable[[pytest.Item], bool]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not chosen(item)])
    items[:] = [item for item in items if chosen(item)]


@contextmanager
def private_directory() -> Iterator[Path]:
    """Gives a directory that is gone afterwards, unlike pytest's, which keeps those of three runs."""
    with TemporaryDirectory(prefix="xacthuc-test-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
def store_binary() -> Path | None:
    """The server the store tests run on: None is the bundled Valkey."""
    if STORE == "valkey":
        return None
    if not REDIS7.exists():
        raise pytest.UsageError("XACTHUC_TEST_STORE=redis7 needs Redis 7.0: run tests/tools/redis7.sh first")
    return REDIS7


@pytest.fixture(scope="session")
def valkey_server(store_binary: Path | None) -> Iterator[Valkey]:
    """The worker's store. Tests which stop, suspend or reconfigure a server take `own_valkey` instead."""
    with private_directory() as directory, Valkey(directory, binary=store_binary) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: Valkey) -> str:
    """An empty store."""
    _empty(valkey_server)
    return valkey_server.url


@pytest.fixture(scope="module")
def emptied_valkey(valkey_server: Valkey) -> Valkey:
    """The worker's store, emptied once for all tests of a module."""
    _empty(valkey_server)
    return valkey_server


def _empty(server: Valkey) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket_path))
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64) == b"+OK\r\n"


@pytest.fixture(scope="session")
def lasting_valkey(store_binary: Path | None) -> Iterator[Valkey]:
    """The store of services that live through many tests: nobody empties it, and they write into nobody else's."""
    with private_directory() as directory, Valkey(directory, binary=store_binary) as server:
        yield server


@pytest.fixture
def own_valkey(store_binary: Path | None) -> Iterator[Valkey]:
    """A started store of the test's own, to be suspended, killed (`.process`) and restarted (`stop`, `start`)."""
    with private_directory() as directory, Valkey(directory, binary=store_binary) as server:
        yield server


@pytest.fixture(scope="module")
def valkey_cluster(store_binary: Path | None) -> Iterator[ValkeyCluster]:
    """Three masters with a replica each, for the tests of one module."""
    with private_directory() as directory, ValkeyCluster(directory, binary=store_binary) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_binaries() -> Path | None:
    """The PostgreSQL the database tests run on: None is the bundled one."""
    if DATABASE == "bundled":
        return None
    if not POSTGRES15.exists():
        raise pytest.UsageError(
            "XACTHUC_TEST_DATABASE=postgres15 needs PostgreSQL 15: run tests/tools/postgres15.sh first"
        )
    return POSTGRES15


@pytest.fixture(scope="session")
def postgres_server(postgres_binaries: Path | None) -> Iterator[Postgres]:
    """The worker's PostgreSQL."""
    with (
        private_directory() as directory,
        Postgres(directory, binaries=postgres_binaries, settings=UNSAFE_POSTGRES) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def sql(postgres_server: Postgres) -> Callable[[str], None]:
    """Runs one statement in the maintenance database, outside any event loop."""
    host = postgres_server.socket_directory
    psql = [str(installation() / "bin" / "psql"), "-h", str(host), "-U", "xacthuc", "-d", "postgres", "-qXc"]

    def run(statement: str) -> None:
        subprocess.run([*psql, statement], check=True, capture_output=True)

    return run


@pytest.fixture
def database_url(postgres_server: Postgres, sql: Callable[[str], None]) -> Iterator[str]:
    """A new, empty database, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    sql(f"CREATE DATABASE {name}")
    yield postgres_server.database_url(name)
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> FixedClock:
    """Stands at an ordinary working hour in Vietnam until a test moves it."""
    return FixedClock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))


Eventually = Callable[..., Awaitable[None]]


class _Patience:
    """How long a condition is waited for. A machine that stood still did not work meanwhile: that counts for little."""

    def __init__(self, time_: timedelta) -> None:
        self._left_seconds = time_.total_seconds()
        self._looked = time.monotonic()

    def lasts(self) -> bool:
        now = time.monotonic()
        self._left_seconds -= min(now - self._looked, 0.25)
        self._looked = now
        return self._left_seconds > 0


@pytest.fixture
def eventually() -> Eventually:
    """`await eventually(condition, within=timedelta(...))`: polls a plain or async condition until it is true."""

    async def poll(condition: Callable[[], object], *, within: timedelta = timedelta(seconds=60)) -> None:
        patience = _Patience(within)
        while True:
            outcome = condition()
            if await outcome if inspect.isawaitable(outcome) else outcome:
                return
            assert patience.lasts(), f"not true within {within}: {_source(condition)}"
            await asyncio.sleep(0.005)

    return poll


@pytest.fixture
def eventually_blocking() -> Callable[..., None]:
    """`eventually` for tests without an event loop."""

    def poll(condition: Callable[[], object], *, within: timedelta = timedelta(seconds=60)) -> None:
        patience = _Patience(within)
        while not condition():
            assert patience.lasts(), f"not true within {within}: {_source(condition)}"
            time.sleep(0.005)

    return poll


def _source(condition: Callable[[], object]) -> str:
    try:
        return re.sub(r"\s+", " ", inspect.getsource(condition))
    except (OSError, TypeError):
        return repr(condition)
