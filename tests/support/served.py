"""A service as a container runs it: `xacthuc serve`, secrets as files, probed on the port that is for probes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from xacthuc.embedded.ports import free_ports


class Served:
    """One process. `files` become files of `XACTHUC_SECRETS_DIRECTORY`, everything else variables."""

    def __init__(self, service: str, directory: Path, *, files: Mapping[str, str], **variables: str) -> None:
        self.public, self.internal, self.health = (f"127.0.0.1:{port}" for port in free_ports(3))
        self.log = directory / f"{service}-{self.health.rpartition(':')[2]}.log"
        secrets = directory / "secrets"
        secrets.mkdir(exist_ok=True)
        for name, value in files.items():
            (secrets / name).write_text(f"{value}\n")
        given = {name: value for name, value in os.environ.items() if not name.startswith("XACTHUC_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xacthuc.cli.main", "serve", service],
                env={
                    **given,
                    "XACTHUC_SECRETS_DIRECTORY": str(secrets),
                    "XACTHUC_PUBLIC_ADDRESS": self.public,
                    "XACTHUC_INTERNAL_ADDRESS": self.internal,
                    "XACTHUC_HEALTH_ADDRESS": self.health,
                    **variables,
                },
                stdout=log,
                stderr=log,
            )

    def until_ready(self) -> None:
        """Returns when the probe is content."""
        give_up = time.monotonic() + 120  # beside other suites imports alone take long
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up, self.log.read_text()
            time.sleep(0.02)

    def ready(self) -> bool:
        """Asks as the kubelet does."""
        with grpc.insecure_channel(self.health) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def answered(self) -> bool:
        """Whether its log tells of a call."""
        return '"event":"rpc"' in self.log.read_text()

    def terminate(self) -> int:
        """Ends it as Kubernetes does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        """Ends it, if it runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
