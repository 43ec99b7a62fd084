"""Rendered pods of deploy/k8s as podman runs them on one machine, with the files of their secrets below a directory.

podman 4.3 reads pods but neither secrets nor projected volumes nor probes of gRPC, so volumes become directories with the
same files, and whoever uses this asks for health. The network is the host's, so every port is one that is free here, and the
name of a service leads to it. Image, arguments, environment, user, read-only root and limits are what the cluster would be given.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import httpx
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc

from xacthuc.embedded.ports import free_ports
from xacthuc.up import certificates, keys

HEALTH = 7410
"""Where every pod is probed, each at an address of its own."""
_CONFIG = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
"""podman as it also runs inside of a machine that is a container itself."""


class Place:
    """What the pods of one installation share: keys, certificates, the port that each port of theirs is here."""

    def __init__(self, directory: Path, manifests: list[dict[str, Any]], secrets: Mapping[str, str]) -> None:
        self.directory, self.manifests = directory, manifests
        for name in ("keys", "tls", "secrets", "empty"):
            (directory / name).mkdir(mode=0o755)
        keys.make_missing(directory / "keys")
        certificates.ensure(directory / "tls", datetime.now(UTC), (*certificates.PEERS, "edge-public"))
        for name, value in secrets.items():
            (directory / "secrets" / name).write_text(value)
        for file in directory.glob("*/*"):
            file.chmod(0o644)  # as the volume of a secret has them
        for above in (directory, *directory.parents):
            if above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
        self._environment = {**os.environ, "CONTAINERS_CONF": str(directory / "containers.conf")}
        (directory / "containers.conf").write_text(_CONFIG)
        taken = sorted(
            {int(port) for port in re.findall(r"0\.0\.0\.0:(\d+)", yaml.safe_dump_all(manifests))} - {HEALTH}
        )
        self.ports = dict(zip(taken, free_ports(len(taken)), strict=True))

    def address(self, port: int) -> str:
        """Where a port of the manifests is here."""
        return f"127.0.0.1:{self.ports[port]}"

    def here(self, text: str, health: int) -> str:
        """Returns manifests with every address as it is on this machine."""

        def own(found: re.Match[str]) -> str:
            port = int(found[1])
            return f"0.0.0.0:{health if port == HEALTH else self.ports[port]}"

        text = re.sub(r"0\.0\.0\.0:(\d+)", own, text)
        names = "|".join(one["metadata"]["name"] for one in self.manifests if one["kind"] == "Service")
        return re.sub(
            rf"(?:dns:///)?\b(?:{names}):(\d+)\b",
            lambda found: self.address(int(found[1])) if int(found[1]) in self.ports else found[0],
            text,
        )

    def podman(self, *arguments: str, check: bool = True) -> str:
        """Runs podman; returns what it printed."""
        ran = subprocess.run(
            ["podman", *arguments], env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout


class Pod:
    """One pod of a deployment or a job."""

    def __init__(self, place: Place, name: str, image: str) -> None:
        (owner,) = [
            one for one in place.manifests if one["kind"] in {"Deployment", "Job"} and one["metadata"]["name"] == name
        ]
        self.place, self.name, spec = place, name, owner["spec"]["template"]["spec"]
        self.volumes = place.directory / f"volumes-{name}"
        self.volumes.mkdir(mode=0o755)
        container = spec["containers"][0]
        container["image"] = image
        for left_out in ("startupProbe", "readinessProbe", "livenessProbe", "ports", "lifecycle"):
            container.pop(left_out, None)
        self.container = f"{name}-test-{container['name']}"
        spec["hostNetwork"] = True
        spec["restartPolicy"] = "Never"  # a test ends it, and looks how it ended
        spec["volumes"] = [self._volume(volume["name"], volume) for volume in spec["volumes"]]
        settings = [one for one in place.manifests if one["kind"] == "ConfigMap"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-test"}, "spec": spec}
        (self.health,) = free_ports(1)
        self.file = place.directory / f"{name}.yaml"
        self.file.write_text(place.here(yaml.safe_dump_all([*settings, pod]), self.health))

    def start(self) -> None:
        """Starts it and returns when it is ready."""
        self.place.podman("kube", "play", str(self.file))
        give_up = time.monotonic() + 240
        while not self.ready():
            assert self.state()["Status"] == "running", self.place.podman("logs", self.container)
            assert time.monotonic() < give_up, self.place.podman("logs", self.container)
            time.sleep(0.1)

    def ready(self) -> bool:
        """Asks for health as its probes do."""
        if self.name == "edge":
            return self._answers(f"https://{self.place.address(8443)}/healthz")
        if self.name == "otp-camara":
            return self._answers(f"http://{self.place.address(7416)}/healthz")
        with grpc.insecure_channel(f"127.0.0.1:{self.health}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def state(self) -> dict[str, Any]:
        """What podman knows of its one container's state."""
        found: dict[str, Any] = json.loads(self.place.podman("inspect", self.container))[0]["State"]
        return found

    def done(self) -> int:
        """Starts a job and returns its exit status."""
        self.place.podman("kube", "play", str(self.file))
        self.place.podman("wait", self.container)
        return int(self.state()["ExitCode"])

    def end(self) -> int:
        """Ends it as Kubernetes does; returns the exit status."""
        self.place.podman("kill", "--signal", "TERM", self.container)
        self.place.podman("wait", self.container)
        return int(self.state()["ExitCode"])

    def remove(self) -> None:
        """Removes whatever is left of it."""
        self.place.podman("kube", "down", str(self.file), check=False)

    def _answers(self, url: str) -> bool:
        trusted = ssl.create_default_context(cafile=self.place.directory / "tls" / "ca.pem")
        with suppress(httpx.TransportError):
            return httpx.get(url, verify=trusted, timeout=2).is_success
        return False

    def _volume(self, name: str, volume: dict[str, Any]) -> dict[str, Any]:
        if "emptyDir" in volume:
            place = self.volumes / name
            place.mkdir()
            place.chmod(0o777)
        else:
            shared = self.place.directory / name
            place = shared if shared.exists() else self.place.directory / "empty"
        return {"name": name, "hostPath": {"path": str(place), "type": "Directory"}}


@contextmanager
def running(pod: Pod) -> Iterator[Pod]:
    """Starts a pod, gives it, and removes it."""
    try:
        pod.start()
        yield pod
    finally:
        pod.remove()
