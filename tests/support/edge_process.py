"""The JSON edge as it is deployed, in front of a server that answers every method with nothing and remembers what came."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import httpx

from xacthuc.embedded.ports import free_port, free_ports

SERVICES = ("otp", "identity", "guardian", "livestream")


@dataclass(frozen=True)
class Came:
    """One call as it reached a service."""

    method: str
    metadata: dict[str, str]
    request: bytes


class RecordingServer(grpc.GenericRpcHandler):
    """Answers every method with an empty message; with TLS where it is given a key and a certificate."""

    def __init__(self, *, host: str = "127.0.0.1", certificate: tuple[bytes, bytes] | None = None) -> None:
        self.calls: list[Came] = []
        self.address = f"{host}:{free_port()}"
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=(self,))
        if certificate is None:
            assert self._server.add_insecure_port(self.address)
        else:
            assert self._server.add_secure_port(self.address, grpc.ssl_server_credentials([certificate]))
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if not details.method.startswith("/xacthuc."):
            return None

        def answer(request: bytes, _context: grpc.ServicerContext) -> bytes:
            self.calls.append(Came(details.method, dict(details.invocation_metadata), request))
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)

    def stop(self) -> None:
        self._server.stop(None).wait()


@dataclass(frozen=True)
class EdgeProcess:
    """A running edge: where it is called, where its figures are, what it printed."""

    url: str
    metrics: str
    log: Path = field(repr=False)


@contextmanager
def edge_process(directory: Path, upstream: str, *, scheme: str = "http", **environment: str) -> Iterator[EdgeProcess]:
    """Runs the edge with every service at `upstream`; returns once it answers."""
    public, metrics = (f"127.0.0.1:{port}" for port in free_ports(2))
    log = directory / "edge.log"
    settings = {
        "XACTHUC_ENVIRONMENT": "development",
        "XACTHUC_PUBLIC_ADDRESS": public,
        "XACTHUC_METRICS_ADDRESS": metrics,
        "XACTHUC_TLS_DIRECTORY": str(directory),
        "XACTHUC_RUN_DIRECTORY": str(directory / "run"),
        "XACTHUC_DRAIN_SECONDS": "0",
        "XACTHUC_WORKERS": "1",
        **{f"XACTHUC_{name.upper()}_PUBLIC_ADDRESS": upstream for name in SERVICES},
        **environment,
    }
    command = [sys.executable, "-m", "xacthuc.edge"]
    with (
        log.open("ab") as output,
        subprocess.Popen(command, env={**os.environ, **settings}, stdout=output, stderr=output) as process,
    ):
        try:
            running = EdgeProcess(f"{scheme}://{public}", f"http://{metrics}", log)
            _await(f"{running.metrics}/ready", process, log)
            yield running
        finally:
            process.kill()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 60  # beside other suites a start takes long
    while True:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.02)
