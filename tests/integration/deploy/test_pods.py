"""The rendered pods, run by podman from the images that `make image` built: `make test-pods`."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from manifests import KUSTOMIZE, ROOT
from pods import Place, Pod, running

from xacthuc.embedded import Postgres, Valkey
from xacthuc.embedded.ports import free_port

IMAGE, EDGE_IMAGE = "localhost/xacthuc", "localhost/xacthuc-edge"
MIGRATED = ("identity", "guardian", "livestream", "backfill")
SERVICES = ("otp", "otp-delivery", "otp-camara", *MIGRATED, "livestream-watch")
SCHEMAS = {**{service: service for service in MIGRATED}, "livestream-watch": "livestream"}
"""Whose tables a service reads."""


def missing() -> str:
    """Returns what the tests lack; empty when they can run."""
    if shutil.which("podman") is None or os.geteuid() != 0:
        return "needs root and Debian's podman, runc and catatonit"
    if not KUSTOMIZE.exists():
        return "needs kustomize: tests/tools/kubernetes.sh"
    if not has(IMAGE):
        return "needs the image: IMAGE_BASE=debootstrap make image"
    return ""


def has(image: str) -> bool:
    return subprocess.run(["podman", "image", "exists", image], check=False).returncode == 0


pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips where the tests cannot run."""
    if lacking := missing():
        pytest.skip(lacking)


def rendered(overlay: str) -> list[dict[str, Any]]:
    """What an overlay renders."""
    source = ROOT / "deploy" / "k8s" / "overlays" / overlay
    made = subprocess.run([KUSTOMIZE, "build", source], check=True, capture_output=True, text=True)
    return list(yaml.safe_load_all(made.stdout))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that a pod reaches, empty."""
    # An address of loopback that nobody else listens on; callers come from 127.0.0.1, whom the server trusts.
    number = os.getpid()
    host = f"127.1.{number >> 8 & 255}.{number & 255 | 1}"
    with Postgres(tmp_path_factory.mktemp("postgres"), settings={"listen_addresses": host}):
        yield f"postgresql+asyncpg://xacthuc@{host}/xacthuc"


@pytest.fixture
def place(tmp_path: Path, database: str) -> Iterator[Place]:
    """A developer's overlay, with the edge of the one that has it, and a store and a database that its pods reach."""
    manifests = rendered("dev")
    (edge,) = [one for one in rendered("staging") if one["kind"] == "Deployment" and one["metadata"]["name"] == "edge"]
    with Valkey(tmp_path / "valkey", port=free_port()) as store:
        secrets = {"XACTHUC_STATE_URL": f"redis://127.0.0.1:{store.port}/0", "XACTHUC_DATABASE_URL": database}
        yield Place(tmp_path, [*manifests, edge], secrets)


def migrate(place: Place, *services: str) -> None:
    """Has the jobs of services migrate their schemas, as they are rendered."""
    for service in services:
        job = Pod(place, f"migrate-{service}", IMAGE)
        try:
            assert job.done() == 0, place.podman("logs", job.container)
        finally:
            job.remove()


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_serves_from_a_root_that_nobody_can_write_to_and_ends_when_it_is_told(place: Place, service: str) -> None:
    if service in SCHEMAS:
        migrate(place, SCHEMAS[service])
    with running(Pod(place, service, IMAGE)) as pod:
        state = json.loads(place.podman("inspect", pod.container))[0]
        written = place.podman("exec", pod.container, "/bin/sh", "-c", "id -u; touch /written 2>&1 || true")
        status = pod.end()

    assert written.splitlines()[0] == "65532"
    assert "Read-only file system" in written
    assert state["HostConfig"]["ReadonlyRootfs"]
    assert status == 0


class Caller:
    """A platform that calls the edge, with a key that an operator made."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.environment = {
            **os.environ,
            "XACTHUC_TLS_DIRECTORY": str(place.directory / "tls"),
            "XACTHUC_OTP": place.address(7411),
            **{
                f"XACTHUC_{name}_ADMIN": place.address(port)
                for name, port in (
                    ("OTP", 7412),
                    ("IDENTITY", 7422),
                    ("GUARDIAN", 7432),
                    ("LIVESTREAM", 7442),
                    ("BACKFILL", 7452),
                )
            },
        }
        self.operate("platforms", "create", "forum", "--display-name", "Forum")
        scopes = [part for scope in ("otp", "identity", "guardian", "livestream") for part in ("--scope", scope)]
        key = self.operate("keys", "create", "forum", *scopes)["secret"]
        self.http = httpx.Client(
            base_url=f"https://{place.address(8443)}",
            verify=ssl.create_default_context(cafile=place.directory / "tls" / "ca.pem"),
            headers={"authorization": f"Bearer {key}"},
            timeout=30,
        )

    def operate(self, *arguments: str) -> Any:
        """Runs `xacthuc ... --json`; returns its value."""
        ran = subprocess.run(
            [sys.executable, "-m", "xacthuc.cli.main", *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def write(self, path: str, **fields: Any) -> Any:
        """Calls a method that writes."""
        answer = self.http.post(path, json={**fields, "requestId": str(uuid.uuid4())})
        assert answer.is_success, answer.text
        return answer.json()

    def until_known(self) -> None:
        """Servers hear of a key within a second."""
        paths = ("/v1/accounts/nobody", "/v1/links/none", "/v1/broadcasts/none", "/v1/challenges/none")
        give_up = time.monotonic() + 60
        while any(self.http.get(path).status_code in {401, 503} for path in paths):
            assert time.monotonic() < give_up, [self.http.get(path).text for path in paths]
            time.sleep(0.1)

    def code(self, inbox: Path, challenge: str) -> str:
        """Waits for the code of a challenge."""
        give_up = time.monotonic() + 60
        while True:
            lines = inbox.read_text("utf-8").splitlines() if inbox.exists() else []
            for message in map(json.loads, lines):
                if challenge.endswith(message["challenge"]):
                    return str(message["code"])
            assert time.monotonic() < give_up, "no message came"
            time.sleep(0.05)


def test_an_account_is_verified_through_all_pods_together(place: Place) -> None:
    """From the edge, over certificates and keys that the pods read as files, to the worker's message and back."""
    if not has(EDGE_IMAGE):
        pytest.skip("needs the edge's image: IMAGE_BASE=debootstrap IMAGE_TARGET=edge make image")
    migrate(place, *MIGRATED)
    with ExitStack() as stack:
        pods = {service: stack.enter_context(running(Pod(place, service, IMAGE))) for service in SERVICES}
        pods["edge"] = stack.enter_context(running(Pod(place, "edge", EDGE_IMAGE)))
        caller = Caller(place)
        stack.enter_context(caller.http)
        caller.until_known()
        account = caller.write(
            "/v1/accounts",
            accountId="an",
            fullName="Nguyễn Văn An",
            birthDate={"year": 1995, "month": 9, "day": 2},
            consent={"textVersion": "2026-01", "acceptTime": f"{datetime.now(UTC):%FT%TZ}", "affirmed": True},
        )
        challenge = caller.write(
            "/v1/challenges:start",
            phoneNumber="0992000014",
            purpose="ACCOUNT_VERIFICATION",
            subject="accounts/an",
        )["name"]
        code = caller.code(pods["otp-delivery"].volumes / "inbox" / "inbox.jsonl", challenge)
        proof = caller.write(f"/v1/{challenge}:checkCode", code=code)["proofToken"]
        verified = caller.write("/v1/accounts/an:verifyPhone", proofToken=proof)
        cleared = caller.write("/v1/broadcasts:authorize", account="accounts/an", broadcastId="show", commercial=False)
        campaigns = caller.operate("backfill", "status", "forum")
        links = caller.http.get("/v1/accounts/an/links")
        figures = httpx.get(f"http://{place.address(7419)}/stats/prometheus", timeout=30).text
        statuses = {name: pod.end() for name, pod in reversed(pods.items())}

    assert (account["state"], verified["state"], cleared["ruling"]) == ("UNVERIFIED", "VERIFIED", "CONTINUE")
    assert campaigns == []
    assert links.is_success, links.text
    assert 'envoy_cluster_membership_healthy{envoy_cluster_name="guardian"} 1' in figures
    assert statuses == dict.fromkeys(pods, 0)
