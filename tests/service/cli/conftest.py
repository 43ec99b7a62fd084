"""The `xacthuc` command beside a peer on both ports, found as a running stack is: by the files in its data directory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from client_peer import KEY, Peer, serving

from xacthuc.cli.main import run
from xacthuc.up import certificates


@dataclass
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Command:
    data: Path
    public: Peer
    admin: Peer
    capsys: pytest.CaptureFixture[str] = field(repr=False)

    def __call__(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        status = run(["--data", str(self.data), *arguments])
        return Ran(status, *self.capsys.readouterr())


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tls")
    certificates.ensure(directory, datetime.now(UTC), ("otp", "cli"))
    return directory


@pytest.fixture
def command(
    tmp_path: Path, tls: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    """Runs `xacthuc` with arguments: `command("keys", "list", "demo")`."""
    admins = ("OTP_ADMIN", "IDENTITY_ADMIN", "GUARDIAN_ADMIN", "LIVESTREAM_ADMIN", "BACKFILL_ADMIN")
    for name in ("KEY", "DATA", "OTP", *admins, "TLS_DIRECTORY", "DATABASE_URL", "STAFF_SESSION"):
        monkeypatch.delenv(f"XACTHUC_{name}", raising=False)
    ca, key, certificate = ((tls / name).read_bytes() for name in ("ca.pem", "otp.key", "otp.pem"))
    mutual = grpc.ssl_server_credentials([(key, certificate)], ca, require_client_auth=True)
    with serving() as public, serving(mutual) as admin:
        (tmp_path / "tls").symlink_to(tls)
        (tmp_path / "demo.json").write_text(json.dumps({"name": "platforms/demo/keys/1", "secret": KEY}))
        services = ("otp", "identity", "guardian", "livestream", "backfill")
        internal = {f"{service}_internal": admin.address for service in services}
        (tmp_path / "up.json").write_text(json.dumps({"otp": public.address, **internal}))
        yield Command(tmp_path, public, admin, capsys)
