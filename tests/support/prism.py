"""An operator nobody here wrote: prism, serving CAMARA's own definition, refuses whatever is not of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from xacthuc.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "tests" / "data" / "camara" / "number-verification.yaml"
_PRISM = ROOT / "node_modules" / ".bin" / "prism"
_PATIENCE_SECONDS = 30


@contextmanager
def serving(definition: Path) -> Iterator[str]:
    """Serves a definition on a loopback port; gives the base URL."""
    if not _PRISM.exists():
        raise pytest.UsageError("these tests need prism: make test installs it, or npm ci --ignore-scripts")
    port = free_port()
    command = [str(_PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), str(definition)]
    # Prism forks: a group of its own is ended as a whole.
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _await(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "prism ended at its start"
            assert time.monotonic() < give_up, "prism does not listen"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """The base URL of CAMARA Number Verification as prism serves it."""
    with serving(DEFINITION) as url:
        yield url


class Preferring(httpx.AsyncBaseTransport):
    """Passes requests on to prism with the wish for one of the definition's answers, and keeps what it complained of."""

    def __init__(self, preference: str) -> None:
        self._preference = preference
        self._inner = httpx.AsyncHTTPTransport()
        self.violations: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._preference:
            request.headers["prefer"] = self._preference
        response = await self._inner.handle_async_request(request)
        if complaint := response.headers.get("sl-violations"):
            self.violations.append(complaint)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
