"""The identity service as it is deployed: a process of its own with real certificates, and a peer in otp's place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, closing
from copy import copy
from datetime import UTC, datetime
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from otp_peer import OtpPeer

from xacthuc.identity import migrate
from xacthuc.up import certificates, keys

REPEATED = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED})
"""What a client answers by the same request again: nobody told it what became of the first."""


class IdentityProcess:
    """One identity process and what it needs, in one directory. The test stops and kills it as it likes."""

    def __init__(
        self, directory: Path, database_url: str, store_url: str, *, key_database_url: str = "", migrated: bool = True
    ) -> None:
        self.tls, self.keys, self.checkpoints = (directory / name for name in ("tls", "keys", "audit"))
        self.public, self.internal = (f"unix:{directory}/{name}.sock" for name in ("public", "internal"))
        for made in (self.tls, self.keys, self.checkpoints):
            made.mkdir()
        certificates.ensure(self.tls, datetime.now(UTC))
        keys.make_missing(self.keys)
        self.log = directory / "log"
        self.database_url = database_url
        self.otp = OtpPeer(f"unix:{directory}/otp.sock", self.tls)
        self.environment = {
            **os.environ,
            "XACTHUC_ENVIRONMENT": "development",
            "XACTHUC_DATABASE_URL": database_url,
            "XACTHUC_STATE_URL": store_url,
            "XACTHUC_PUBLIC_ADDRESS": self.public,
            "XACTHUC_INTERNAL_ADDRESS": self.internal,
            "XACTHUC_OTP_ADDRESS": f"unix:{directory}/otp.sock",
            "XACTHUC_TLS_DIRECTORY": str(self.tls),
            "XACTHUC_KEYS_DIRECTORY": str(self.keys),
            "XACTHUC_AUDIT_CHECKPOINTS_DIRECTORY": str(self.checkpoints),
            "XACTHUC_AUDIT_CHECKPOINT_INTERVAL": "PT0.2S",
            "XACTHUC_DRAIN_SECONDS": "2",
        }
        if key_database_url:
            self.environment["XACTHUC_KEY_DATABASE_URL"] = key_database_url
        if migrated:
            migrate.main(database_url, key_database_url)
        self.process: subprocess.Popen[bytes] | None = None

    def beside(self, name: str, **environment: str) -> IdentityProcess:
        """Returns another process of the same installation, not started yet."""
        other = copy(self)
        other.process, other.log = None, self.log.with_name(f"log-{name}")
        other.environment = {**self.environment, **environment}
        other.public, other.internal = (f"unix:{self.log.parent}/{name}-{port}.sock" for port in ("public", "internal"))
        other.environment |= {"XACTHUC_PUBLIC_ADDRESS": other.public, "XACTHUC_INTERNAL_ADDRESS": other.internal}
        return other

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts the process without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xacthuc.identity"], env=self.environment, stdout=log, stderr=log
            )
        return self.process

    def start(self) -> None:
        """Starts the process and returns when it serves."""
        process = self.launch()
        give_up = time.monotonic() + 120  # beside other suites imports alone take long
        while not self._serves():
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up, self.log.read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends the process as `kill -9` does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Drains the process; returns its exit status."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """Ends everything."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.otp.stop()

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout=60)
        self.process = None
        return status

    def _serves(self) -> bool:
        with grpc.insecure_channel(self.public) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def identity_process(
    directory: Path, database_url: str, store_url: str, *, key_database_url: str = ""
) -> AbstractContextManager[IdentityProcess]:
    """Makes a process, which the caller starts, and ends it and all beside it with the block."""
    return closing(IdentityProcess(directory, database_url, store_url, key_database_url=key_database_url))
