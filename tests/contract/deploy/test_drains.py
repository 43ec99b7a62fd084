"""A pod that is taken away ends every call that it has: what it is left, less the notice, is more than the longest call."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml
from manifests import HAS_KUSTOMIZE, IMPORT, OVERLAYS, ROOT, environment, pods

from xacthuc import posted
from xacthuc.grpckit.server import DEADLINE_CEILING, notice_of
from xacthuc.otp.camara import application as facade
from xacthuc.otp.delivery.adapters.http_exchange import Exchange
from xacthuc.settings import Settings

SERVED = ("otp", "identity", "guardian", "livestream", "livestream-watch", "backfill")
"""Whose calls end by their deadline, which is none beyond the ceiling."""
SPARE = timedelta(seconds=10)
"""For what is done after a drain: spans are sent, jobs and partitions given back, connections closed."""
NOTICE = timedelta(seconds=5)
"""After which no router sends anybody to a pod that is ending."""
OTHERS = {"collector", "valkey"}
"""Not ours: they have ways of their own to end."""
EDGE = ROOT / "services" / "xacthuc" / "edge" / "edge.yaml"

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


def drain_of(manifests, service, monkeypatch) -> Settings:
    for name, value in environment(manifests, service).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XACTHUC_SECRETS_DIRECTORY", raising=False)
    return Settings()


def granted(pod) -> timedelta:
    return timedelta(seconds=pod["terminationGracePeriodSeconds"])


def before_stop(pod) -> timedelta:
    """How long a pod goes on before its process hears that it ends."""
    (container,) = pod["containers"]
    return timedelta(seconds=container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0))


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVED)
def test_the_grace_less_the_notice_is_longer_than_any_call(overlays, overlay, service, monkeypatch):
    settings, pod = drain_of(overlays[overlay], service, monkeypatch), pods(overlays[overlay])[service]
    drain = timedelta(seconds=settings.drain_seconds)

    assert drain - notice_of(settings) > DEADLINE_CEILING
    assert granted(pod) >= before_stop(pod) + drain + SPARE


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_provider_that_is_being_asked_may_answer(overlays, overlay, monkeypatch):
    settings, pod = drain_of(overlays[overlay], "otp-delivery", monkeypatch), pods(overlays[overlay])["otp-delivery"]
    most = 10.0  # of `timeout_seconds` and `response_seconds`: files with more are refused

    assert settings.drain_seconds > Exchange(None, most).longest_seconds
    assert granted(pod) >= before_stop(pod) + timedelta(seconds=settings.drain_seconds) + SPARE


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_came_to_the_facade_last_is_answered(overlays, overlay):
    pod = pods(overlays[overlay])["otp-camara"]
    left = before_stop(pod) + timedelta(seconds=posted.STOP_SECONDS)

    assert left - NOTICE > timedelta(seconds=posted.READ_SECONDS + facade.SECONDS)
    assert granted(pod) >= left + SPARE


@pytest.mark.parametrize("overlay", [each for each in OVERLAYS if each != "dev"])
def test_whoever_came_to_the_edge_last_is_answered(overlays, overlay):
    """Envoy ends at once: nothing is left but what it goes on for. Streams are resumed elsewhere."""
    pod, (reading, *routes) = pods(overlays[overlay])["edge"], longest_of_the_edge()

    assert before_stop(pod) - NOTICE > reading + max(routes)
    assert granted(pod) >= before_stop(pod) + SPARE


def longest_of_the_edge() -> list[timedelta]:
    """How long a request may take to arrive, and what each route may take to answer."""
    lines = [line.strip() for line in EDGE.read_text("utf-8").splitlines()]
    (reading,) = [line for line in lines if line.startswith("request_timeout:")]
    told = [reading, *(line for line in lines if line.startswith("route:"))]
    found = [yaml.safe_load(line) for line in told]
    spelled = [each.get("request_timeout") or each["route"]["timeout"] for each in found]
    return [timedelta(seconds=float(each.removesuffix("s"))) for each in spelled]


@pytest.mark.parametrize("overlay", [*OVERLAYS, IMPORT])
def test_no_pod_is_forgotten_here(overlays, overlay):
    lasting = {one["metadata"]["name"] for one in overlays[overlay] if one["kind"] in {"Deployment", "StatefulSet"}}

    assert lasting <= {*SERVED, "otp-delivery", "otp-camara", "edge", *OTHERS}
