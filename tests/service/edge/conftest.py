"""One edge in front of a server that remembers what came, for every test that changes neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from edge_process import EdgeProcess, RecordingServer, edge_process


@pytest.fixture(scope="package")
def upstream() -> Iterator[RecordingServer]:
    server = RecordingServer()
    yield server
    server.stop()


@pytest.fixture
def place() -> Iterator[Path]:
    with TemporaryDirectory(prefix="xacthuc-edge-") as path:
        yield Path(path)


@pytest.fixture(scope="package")
def edge(upstream: RecordingServer) -> Iterator[EdgeProcess]:
    with (
        TemporaryDirectory(prefix="xacthuc-edge-") as path,
        edge_process(Path(path), upstream.address) as running,
    ):
        yield running


@pytest.fixture(scope="package")
def http(edge: EdgeProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=edge.url, headers={"authorization": "Bearer xt_dev_x"}, timeout=30) as client:
        yield client
