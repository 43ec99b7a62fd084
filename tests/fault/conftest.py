"""Engines of the test's own, to be stopped and killed, and an installation that is upgraded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_process import ServiceProcess
from upgrade import before_and_now

from xacthuc.embedded import Postgres, Valkey
from xacthuc.up import migrate

# Written to before the answer, unlike the suite's engine: what is acknowledged must be there after a kill.
DURABLE = {"shared_buffers": "32MB"}


@pytest.fixture(scope="session")
def migrated_directory(tmp_path_factory) -> Path:
    """The data of a stopped server with the tables of every service, to be copied, which is faster than migrating anew."""
    directory = tmp_path_factory.mktemp("migrated")
    with Postgres(directory, settings=DURABLE) as server:
        migrate.main(server.url)
    return directory / "data"


@pytest.fixture
def own_postgres(migrated_directory, tmp_path) -> Iterator[Postgres]:
    """A started server, to be suspended, killed and restarted (`stop`, `start`)."""
    directory = tmp_path / "postgres"
    directory.mkdir()
    shutil.copytree(migrated_directory, directory / "data")
    with Postgres(directory, settings=DURABLE) as server:
        yield server
    shutil.rmtree(directory)


@pytest.fixture
def bare_postgres(tmp_path) -> Iterator[str]:
    """The URL of a server with nothing in it, for whoever migrates it step by step."""
    directory = tmp_path / "bare"
    directory.mkdir()
    with Postgres(directory, settings=DURABLE) as server:
        yield server.url


@pytest.fixture
def installed(
    request: pytest.FixtureRequest, tmp_path: Path, bare_postgres: str, own_valkey: Valkey
) -> Iterator[tuple[ServiceProcess, ServiceProcess]]:
    """An old process that serves and a new one of one installation, beside an identity of today.

    The parameter is the service's name, and where it takes more to start one, that too.
    """
    place = tmp_path / "home"
    place.mkdir()
    name, *kind = request.param if isinstance(request.param, tuple) else (request.param,)
    with before_and_now(name, place, bare_postgres, own_valkey.url, *kind) as both:
        yield both
