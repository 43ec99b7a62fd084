"""Who may talk to whom in a cluster: what policies let through is what services call, and the edge calls all that is public."""

from __future__ import annotations

from typing import Any

import pytest
from manifests import HAS_KUSTOMIZE

from xacthuc.edge.settings import EdgeSettings
from xacthuc.identity.main import PEERS as IDENTITY_PEERS

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


def sources(policy: dict[str, Any], port: int) -> set[str]:
    """The pods that a policy lets in at a port."""
    return {
        source["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for rule in policy["spec"]["ingress"]
        if port in [one["port"] for one in rule["ports"]]
        for source in rule["from"]
        if "podSelector" in source
    }


def test_nothing_may_talk_to_anything_that_no_policy_names(production):
    spec = production["NetworkPolicy", "default-deny"]["spec"]

    assert spec["podSelector"] == {}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert [port["port"] for rule in spec["egress"] for port in rule["ports"]] == [53, 53]


def test_the_network_lets_to_identity_those_that_its_methods_list(production):
    listed = set().union(*IDENTITY_PEERS.values())

    assert sources(production["NetworkPolicy", "identity"], 7422) == listed | {"cli"}


@pytest.mark.parametrize(
    ("service", "port"),
    [("otp-camara", 7416), ("identity", 7421), ("guardian", 7431), ("livestream", 7441), ("livestream-watch", 7444)],
)
def test_platforms_come_by_the_edge_alone(production, service, port):
    assert sources(production["NetworkPolicy", service], port) == {"edge"}


def test_codes_are_asked_for_by_the_edge_and_by_the_facade_behind_it(production):
    assert sources(production["NetworkPolicy", "otp"], 7411) == {"edge", "otp-camara"}


def test_the_edge_ends_tls_and_calls_every_public_port(production, monkeypatch):
    container = production["Deployment", "edge"]["spec"]["template"]["spec"]["containers"][0]
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    settings = EdgeSettings()

    assert not settings.public_plaintext
    called = (
        "otp_public",
        "identity_public",
        "guardian_public",
        "livestream_public",
        "livestream_watch_public",
        "camara",
    )
    for address in (getattr(settings, f"{name}_address") for name in called):
        name, _, port = address.rpartition(":")
        assert int(port) in [
            one["port"] for one in production["Service", name]["spec"]["ports"] if one["name"] == "public"
        ]


def test_every_call_between_services_is_let_out_where_it_is_let_in(production):
    policies = {name: one["spec"] for (kind, name), one in production.items() if kind == "NetworkPolicy"}
    out = {
        (name, peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"], port["port"])
        for name, spec in policies.items()
        for rule in spec["egress"]
        for peer in rule["to"]
        for port in rule["ports"]
        if "app.kubernetes.io/name" in peer.get("podSelector", {}).get("matchLabels", {})
    }

    assert {
        (name, target, port) for name, target, port in out if name not in sources({"spec": policies[target]}, port)
    } == set()
