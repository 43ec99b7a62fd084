"""Where things are on one machine: the files below the data directory and the ports.

var/
  postgres/  valkey/    the engines, each in a directory of its own (absent when a URL names another server)
  tls/                  ca.pem, ca.key, <service>.pem, <service>.key: a development CA and what it issued
  keys/                 the services' secrets (keys.py)
  log/<service>.log     what each process prints
  edge/                 what Envoy reads
  audit/                signed checkpoints of identity's audit trail; audit-guardian/ of guardian's, audit-livestream/ of
                        livestream's, audit-backfill/ of backfill's
  inbox.jsonl           the messages the console provider "sent"
  demo.json             the development platform's key, mode 0600
  up.json               the endpoints, while it runs, for the `xacthuc` command
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

PORT_BASE: Final = 7411
_HOST: Final = "127.0.0.1"


class UpError(Exception):
    """The stack cannot be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The files below one data directory."""

    root: Path

    @property
    def tls(self) -> Path:
        """Certificates and their keys."""
        return self.root / "tls"

    @property
    def keys(self) -> Path:
        """The services' secrets."""
        return self.root / "keys"

    @property
    def audit(self) -> Path:
        """Signed checkpoints of identity's audit trail."""
        return self.root / "audit"

    @property
    def guardian_audit(self) -> Path:
        """Signed checkpoints of guardian's audit trail."""
        return self.root / "audit-guardian"

    @property
    def livestream_audit(self) -> Path:
        """Signed checkpoints of livestream's audit trail."""
        return self.root / "audit-livestream"

    @property
    def backfill_audit(self) -> Path:
        """Signed checkpoints of backfill's audit trail."""
        return self.root / "audit-backfill"

    @property
    def edge(self) -> Path:
        """What Envoy reads."""
        return self.root / "edge"

    @property
    def inbox(self) -> Path:
        """Messages of the console provider, one JSON object a line."""
        return self.root / "inbox.jsonl"

    @property
    def demo(self) -> Path:
        """The development platform's key."""
        return self.root / "demo.json"

    @property
    def endpoints(self) -> Path:
        """What the `xacthuc` command reads to find the running stack."""
        return self.root / "up.json"

    def log(self, service: str) -> Path:
        """What `service` prints."""
        return self.root / "log" / f"{service}.log"

    def make(self) -> None:
        """Makes the directories, private to this user."""
        for directory in (self.root, self.tls, self.keys, self.root / "log"):
            directory.mkdir(parents=True, exist_ok=True, mode=0o711 if directory == self.root else 0o700)


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback addresses, all derived from one number."""

    base: int = PORT_BASE

    @property
    def otp_public(self) -> str:
        """OtpService."""
        return f"{_HOST}:{self.base}"

    @property
    def otp_internal(self) -> str:
        """OtpInternal and OtpAdmin."""
        return f"{_HOST}:{self.base + 1}"

    @property
    def otp_metrics(self) -> str:
        """What Prometheus scrapes of otp."""
        return f"{_HOST}:{self.base + 2}"

    @property
    def delivery_metrics(self) -> str:
        """What Prometheus scrapes of the delivery worker."""
        return f"{_HOST}:{self.base + 3}"

    @property
    def otp_camara(self) -> str:
        """CAMARA one-time-password-sms, behind the edge."""
        return f"{_HOST}:{self.base + 4}"

    @property
    def edge_public(self) -> str:
        """JSON over HTTP, and gRPC, of every public service."""
        return f"{_HOST}:{self.base + 8}"

    @property
    def edge_metrics(self) -> str:
        """What Prometheus scrapes of the edge, at a path of its own."""
        return f"{_HOST}:{self.base + 9}"

    @property
    def identity_public(self) -> str:
        """IdentityService."""
        return f"{_HOST}:{self.base + 10}"

    @property
    def identity_internal(self) -> str:
        """IdentityInternal and IdentityAdmin."""
        return f"{_HOST}:{self.base + 11}"

    @property
    def identity_metrics(self) -> str:
        """What Prometheus scrapes of identity."""
        return f"{_HOST}:{self.base + 12}"

    @property
    def guardian_public(self) -> str:
        """GuardianService."""
        return f"{_HOST}:{self.base + 20}"

    @property
    def guardian_internal(self) -> str:
        """GuardianAdmin."""
        return f"{_HOST}:{self.base + 21}"

    @property
    def guardian_metrics(self) -> str:
        """What Prometheus scrapes of guardian."""
        return f"{_HOST}:{self.base + 22}"

    @property
    def livestream_public(self) -> str:
        """LivestreamService."""
        return f"{_HOST}:{self.base + 30}"

    @property
    def livestream_internal(self) -> str:
        """Nothing yet but health."""
        return f"{_HOST}:{self.base + 31}"

    @property
    def livestream_metrics(self) -> str:
        """What Prometheus scrapes of livestream."""
        return f"{_HOST}:{self.base + 32}"

    @property
    def backfill_internal(self) -> str:
        """BackfillAdmin."""
        return f"{_HOST}:{self.base + 41}"

    @property
    def backfill_metrics(self) -> str:
        """What Prometheus scrapes of backfill."""
        return f"{_HOST}:{self.base + 42}"

    @property
    def all(self) -> tuple[str, ...]:
        """Every address above."""
        return (
            self.otp_public,
            self.otp_internal,
            self.otp_metrics,
            self.delivery_metrics,
            self.otp_camara,
            self.edge_public,
            self.edge_metrics,
            self.identity_public,
            self.identity_internal,
            self.identity_metrics,
            self.guardian_public,
            self.guardian_internal,
            self.guardian_metrics,
            self.livestream_public,
            self.livestream_internal,
            self.livestream_metrics,
            self.backfill_internal,
            self.backfill_metrics,
        )

    def require_free(self) -> None:
        """UpError naming the first port that something else listens on."""
        for address in self.all:
            host, _, port = address.rpartition(":")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
                try:
                    probe.bind((host, int(port)))
                except OSError as error:
                    raise UpError(
                        f"Port {port} is taken ({error.strerror}). Stop what listens there, perhaps another "
                        f"`xacthuc up`, or choose other ports: --port-base {self.base + 100}"
                    ) from error


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only this user can read, in one step."""
    with private_file(path) as file:
        file.write(content)


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Opens what only this user can read, and puts it into its place once it is whole; what fails leaves nothing."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # of a run that was killed: its mode, or where it points, is not ours
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a secret that encrypts data must not be newer on the disk than the data
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
