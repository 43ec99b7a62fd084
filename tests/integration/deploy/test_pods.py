"""The rendered pods, run by podman from the image that `make image` built: `make test-pods`.

podman 4.3 reads pods but neither secrets nor projected volumes nor probes of gRPC, so volumes become directories with the
same files, and the tests ask for health themselves. Image, arguments, environment, user, read-only root and limits are
what the cluster would be given.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc

from xacthuc.embedded import Valkey
from xacthuc.embedded.ports import free_port, free_ports
from xacthuc.up import certificates, keys

ROOT = Path(__file__).resolve().parents[3]
KUSTOMIZE = ROOT / ".tools" / "kustomize" / "bin" / "kustomize"
IMAGE = "localhost/xacthuc"
CONFIG = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
"""podman as it also runs inside of a machine that is a container itself."""


def missing() -> str:
    """Returns what the tests lack; empty when they can run."""
    if shutil.which("podman") is None or os.geteuid() != 0:
        return "needs root and Debian's podman, runc and catatonit"
    if not KUSTOMIZE.exists():
        return "needs kustomize: tests/tools/kubernetes.sh"
    if subprocess.run(["podman", "image", "exists", IMAGE], check=False).returncode != 0:
        return "needs the image: IMAGE_BASE=debootstrap make image"
    return ""


pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips where the tests cannot run."""
    if lacking := missing():
        pytest.skip(lacking)


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    """What the overlay of a developer renders."""
    overlay = ROOT / "deploy" / "k8s" / "overlays" / "dev"
    rendered = subprocess.run([KUSTOMIZE, "build", overlay], check=True, capture_output=True, text=True)
    return list(yaml.safe_load_all(rendered.stdout))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """A store that a pod reaches."""
    with Valkey(tmp_path / "valkey", port=free_port()) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


class Pod:
    """One pod of a deployment, with the files of its secrets below a directory."""

    def __init__(self, manifests: list[dict[str, Any]], service: str, directory: Path, files: dict[str, str]) -> None:
        (deployment,) = [one for one in manifests if one["kind"] == "Deployment" and one["metadata"]["name"] == service]
        template = deployment["spec"]["template"]
        self.service, self.directory, spec = service, directory, template["spec"]
        self._lay_out(files)
        container = spec["containers"][0]
        container["image"] = IMAGE
        for left_out in ("startupProbe", "readinessProbe", "livenessProbe", "ports"):
            container.pop(left_out)
        spec["hostNetwork"] = True  # to reach the store of the test
        spec["restartPolicy"] = "Never"  # a test ends it, and looks how it ended
        spec["volumes"] = [self._volume(volume["name"], volume) for volume in spec["volumes"]]
        settings = [one for one in manifests if one["kind"] == "ConfigMap"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{service}-test"}, "spec": spec}
        self.file = directory / f"{service}.yaml"
        self.file.write_text(self._on_free_ports(yaml.safe_dump_all([*settings, pod])))
        self.health = re.findall(r"XACTHUC_HEALTH_ADDRESS: 0\.0\.0\.0:(\d+)", self.file.read_text())[0]
        self._environment = {**os.environ, "CONTAINERS_CONF": str(directory / "containers.conf")}
        (directory / "containers.conf").write_text(CONFIG)

    def podman(self, *arguments: str, check: bool = True) -> str:
        """Runs podman; returns what it printed."""
        ran = subprocess.run(
            ["podman", *arguments], env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout

    def start(self) -> None:
        """Starts it and returns when it is ready."""
        self.podman("kube", "play", str(self.file))
        give_up = time.monotonic() + 240
        while not self.ready():
            assert time.monotonic() < give_up, self.podman("logs", self.container)
            time.sleep(0.1)

    @property
    def container(self) -> str:
        """podman's name of its one container."""
        return f"{self.service}-test-{self.service}"

    def ready(self) -> bool:
        """Asks for health."""
        with grpc.insecure_channel(f"127.0.0.1:{self.health}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def end(self) -> int:
        """Ends it as Kubernetes does; returns the exit status."""
        self.podman("kill", "--signal", "TERM", self.container)
        self.podman("wait", self.container)
        return int(json.loads(self.podman("inspect", self.container))[0]["State"]["ExitCode"])

    def remove(self) -> None:
        """Removes whatever is left of it."""
        self.podman("kube", "down", str(self.file), check=False)

    def _lay_out(self, files: dict[str, str]) -> None:
        for name in ("keys", "tls", "secrets", "empty"):
            (self.directory / name).mkdir(mode=0o755)
        keys.make_missing(self.directory / "keys")
        certificates.ensure(self.directory / "tls", datetime.now(UTC), [self.service])
        for name, value in files.items():
            (self.directory / "secrets" / name).write_text(value)
        for file in self.directory.glob("*/*"):
            file.chmod(0o644)  # as the volume of a secret has them
        for above in (self.directory, *self.directory.parents):
            if above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)

    def _volume(self, name: str, volume: dict[str, Any]) -> dict[str, Any]:
        if "emptyDir" in volume:
            place = self.directory / f"volume-{name}"
            place.mkdir()
            place.chmod(0o777)
        else:
            place = self.directory / name if (self.directory / name).exists() else self.directory / "empty"
        return {"name": name, "hostPath": {"path": str(place), "type": "Directory"}}

    def _on_free_ports(self, text: str) -> str:
        taken = sorted(set(re.findall(r"0\.0\.0\.0:(\d+)", text)))
        for port, free in zip(taken, free_ports(len(taken)), strict=True):
            text = text.replace(f"0.0.0.0:{port}", f"0.0.0.0:{free}")
        return text


@pytest.mark.parametrize("service", ["otp", "otp-delivery"])
def test_a_pod_serves_from_a_root_that_nobody_can_write_to_and_ends_when_it_is_told(
    manifests: list[dict[str, Any]], store: str, tmp_path: Path, service: str
) -> None:
    pod = Pod(manifests, service, tmp_path, {"XACTHUC_STATE_URL": store})
    try:
        pod.start()
        state = json.loads(pod.podman("inspect", pod.container))[0]
        written = pod.podman("exec", pod.container, "/bin/sh", "-c", "id -u; touch /written 2>&1 || true")
        status = pod.end()
    finally:
        pod.remove()

    assert written.splitlines()[0] == "65532"
    assert "Read-only file system" in written
    assert state["HostConfig"]["ReadonlyRootfs"]
    assert status == 0
