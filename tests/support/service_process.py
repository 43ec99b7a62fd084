"""A service as it is deployed: a process of its own with real certificates, beside a real identity."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Protocol, Self

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from identity_process import IdentityProcess

from xacthuc.grpckit.tls import TlsFiles


class Process(Protocol):
    """What is done with a process, whoever started it."""

    def poll(self) -> int | None: ...

    def send_signal(self, how: int, /) -> None: ...

    def wait(self, timeout: float) -> int: ...


class ServiceProcess:
    """One process of a service in one directory, with the certificates and keys of an identity process."""

    def __init__(
        self,
        name: str,
        migrate: Callable[[str], bool],
        directory: Path,
        identity: IdentityProcess,
        **environment: str,
    ) -> None:
        self.name, self.identity = name, identity
        self.log, checkpoints = directory / f"{name}.log", directory / f"audit-{name}"
        checkpoints.mkdir()
        self.environment = {
            **identity.environment,
            "XACTHUC_PUBLIC_ADDRESS": f"unix:{directory}/{name[:4]}-public.sock",
            "XACTHUC_INTERNAL_ADDRESS": f"unix:{directory}/{name[:4]}-internal.sock",
            "XACTHUC_IDENTITY_ADDRESS": identity.internal,
            "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(checkpoints),
            **environment,
        }
        self.public, self.internal = (self.environment[f"XACTHUC_{port}_ADDRESS"] for port in ("PUBLIC", "INTERNAL"))
        migrate(self.environment["XACTHUC_DATABASE_URL"])
        self.process: Process | None = None

    def beside(self, name: str, **environment: str) -> Self:
        """Returns another process of the same installation, not started yet. Give it the addresses of its ports."""
        other = copy(self)
        other.process, other.log = None, self.log.with_name(f"{self.name}-{name}.log")
        other.environment = {**self.environment, **environment}
        other.public, other.internal = (other.environment[f"XACTHUC_{port}_ADDRESS"] for port in ("PUBLIC", "INTERNAL"))
        return other

    def launch(self) -> None:
        """Starts the process without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"xacthuc.{self.name}"], env=self.environment, stdout=log, stderr=log
            )

    def start(self) -> None:
        """Starts the process and returns when it serves."""
        self.launch()
        assert self.process is not None
        give_up = time.monotonic() + 120  # beside other suites imports alone take long
        while not self._serves():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up, self.log.read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends the process as `kill -9` does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Drains the process; returns its exit status."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """Ends it, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def administered(self) -> grpc.aio.Channel:
        """Returns a channel to the internal port as the command line has it, for the caller to close."""
        credentials = TlsFiles(self.identity.tls, "cli").channel_credentials()
        options = [("grpc.ssl_target_name_override", self.name)]
        return grpc.aio.secure_channel(self.internal, credentials, options=options)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)

    def _address(self) -> str:
        return self.public

    def _channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.public)

    def _serves(self) -> bool:
        address = self._address()
        if address.startswith("unix:") and not Path(address.removeprefix("unix:")).exists():
            return False
        with self._channel() as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
