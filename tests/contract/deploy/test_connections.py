"""Every process that a deployment may run finds room at PostgreSQL for all of its connections."""

from __future__ import annotations

from typing import Any, Final

import pytest
from manifests import HAS_KUSTOMIZE, ROOT
from sqlalchemy.ext.asyncio import AsyncEngine

from xacthuc.backfill.adapters.pools import Pools as BackfillPools
from xacthuc.backfill.settings import BackfillSettings
from xacthuc.guardian.adapters.pools import Pools as GuardianPools
from xacthuc.guardian.settings import GuardianSettings
from xacthuc.identity.adapters.pools import Pools as IdentityPools
from xacthuc.identity.settings import IdentitySettings
from xacthuc.livestream.adapters.pools import Pools as LivestreamPools
from xacthuc.livestream.settings import LivestreamSettings

RESERVED: Final = 30
"""For CloudNativePG itself, replication and an administrator."""

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


def connections(pools: object) -> dict[str, int]:
    """How many connections each pool of a process may hold."""
    engines = {name: value for name, value in vars(pools).items() if isinstance(value, AsyncEngine)}
    return {name: engine.pool.size() for name, engine in engines.items()}  # type: ignore[attr-defined] # a QueuePool


@pytest.fixture(scope="module")
def of_a_process() -> dict[str, int]:
    """Connections of one process, by database."""
    identity = connections(IdentityPools(IdentitySettings()))
    return {
        "account-keys": identity.pop("keys"),
        "identity": sum(identity.values()),
        "guardian": sum(connections(GuardianPools(GuardianSettings())).values()),
        "livestream": sum(connections(LivestreamPools(LivestreamSettings())).values()),
        "backfill": sum(connections(BackfillPools(BackfillSettings())).values()),
    }


def processes(manifests: list[dict[str, Any]], service: str) -> int:
    """How many there may be at once, in the middle of a roll-out too."""
    (deployment,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == ("Deployment", service)]
    scaled = [
        one["spec"]["maxReplicas"]
        for one in manifests
        if one["kind"] == "HorizontalPodAutoscaler" and one["spec"]["scaleTargetRef"]["name"] == service
    ]
    more: int = deployment["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0)
    return max([deployment["spec"].get("replicas", 1), *scaled]) + more


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_no_process_is_refused_a_connection(overlays, overlay, of_a_process):
    manifests = overlays[overlay]
    clusters = {one["metadata"]["name"]: one["spec"] for one in manifests if one["kind"] == "Cluster"}
    limits = {role["name"]: role["connectionLimit"] for role in clusters["xacthuc-db"]["managed"]["roles"]}
    (keys,) = clusters["account-keys"]["managed"]["roles"]
    running = {service: processes(manifests, service) for service in limits}
    # Those for watchers use the same role; they open no more than the others.
    running["livestream"] += processes(manifests, "livestream-watch")
    need = {service: running[service] * of_a_process[service] for service in limits}

    assert {service: need[service] for service in limits if need[service] > limits[service]} == {}
    assert processes(manifests, "identity") * of_a_process["account-keys"] <= keys["connectionLimit"]
    for name, spec in clusters.items():
        granted = sum(role["connectionLimit"] for role in spec["managed"]["roles"])
        assert granted + RESERVED <= int(spec["postgresql"]["parameters"]["max_connections"]), name


def test_the_page_on_scaling_says_how_many_a_process_holds(of_a_process):
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")

    assert {name: f"| {name} | {count} |" in page for name, count in of_a_process.items()} == dict.fromkeys(
        of_a_process, True
    )
