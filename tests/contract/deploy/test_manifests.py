"""What deploy/k8s renders fits Kubernetes, and the services: their settings, keys, ports, peers and drains."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from xacthuc.backfill.settings import BackfillSettings
from xacthuc.cli.app import app
from xacthuc.cli.commands.migrate import Migrated
from xacthuc.cli.commands.serve import MODULES
from xacthuc.edge.settings import EdgeSettings
from xacthuc.grpckit.server import DEADLINE_CEILING
from xacthuc.guardian.settings import GuardianSettings
from xacthuc.identity.main import PEERS as IDENTITY_PEERS
from xacthuc.identity.settings import IdentitySettings
from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.settings import OtpSettings
from xacthuc.settings import Settings
from xacthuc.up.keys import RINGS, SIGNING, SINGLE

ROOT = Path(__file__).resolve().parents[3]
KUSTOMIZE = ROOT / ".tools" / "kustomize" / "bin" / "kustomize"
VALIDATING = ROOT / ".tools" / "kubernetes" / "bin" / "python"
CHECKOV = ROOT / ".tools" / "checkov" / "bin" / "python"
OVERLAYS = ("dev", "staging", "production")
IMPORT = "backfill-import"
SERVICES: dict[str, type[Settings]] = {
    "otp": OtpSettings,
    "otp-delivery": DeliverySettings,
    "identity": IdentitySettings,
    "guardian": GuardianSettings,
    "livestream": LivestreamSettings,
    "backfill": BackfillSettings,
}
SCALED = {"otp", "otp-delivery", "identity", "guardian", "livestream"}
HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}

pytestmark = pytest.mark.skipif(
    not (KUSTOMIZE.exists() and VALIDATING.exists()), reason="tests/tools/kubernetes.sh did not run or could not fetch"
)


@pytest.fixture(scope="module")
def rendered() -> Iterator[dict[str, Path]]:
    """Every overlay as one file, as it would be applied."""
    with tempfile.TemporaryDirectory(prefix="xacthuc-test-") as directory:
        files = {overlay: Path(directory, f"{overlay}.yaml") for overlay in (*OVERLAYS, IMPORT)}
        for overlay, file in files.items():
            source = ROOT / "deploy" / "k8s" / "overlays" / overlay
            subprocess.run([KUSTOMIZE, "build", source, "--output", file], check=True, timeout=60)
        yield files


@pytest.fixture(scope="module")
def overlays(rendered: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """The manifests of each overlay."""
    return {overlay: list(yaml.safe_load_all(file.read_text("utf-8"))) for overlay, file in rendered.items()}


@pytest.fixture
def production(overlays: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The manifests of production, by kind and name."""
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in overlays["production"]}


def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pod specifications, by the name of what makes them."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
        for manifest in manifests
        if manifest["kind"] in {"Deployment", "Job", "StatefulSet"}
    }


def environment(manifests: list[dict[str, Any]], service: str) -> dict[str, str]:
    """What a service's process finds in its environment."""
    container = pods(manifests)[service]["containers"][0]
    shared = container["envFrom"][0]["configMapRef"]["name"]
    (values,) = [one["data"] for one in manifests if one["kind"] == "ConfigMap" and one["metadata"]["name"] == shared]
    return {**values, **{variable["name"]: variable["value"] for variable in container["env"]}}


def test_every_manifest_is_one_that_kubernetes_takes(rendered):
    checked = subprocess.run(
        [VALIDATING, ROOT / "deploy" / "k8s" / "validate.py", *rendered.values()],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.timeout(300)
def test_checkov_finds_nothing_that_is_not_excused_with_a_reason(rendered):
    if not CHECKOV.exists():
        pytest.skip("no checkov here: run tests/tools/checkov.sh, as make test does")
    config, directory = ROOT / "deploy" / "k8s" / "checkov.yaml", rendered["production"].parent
    checked = subprocess.run(
        [CHECKOV, "-m", "checkov.main", "--config-file", config, "--directory", directory, "--output", "json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    summary = json.loads(checked.stdout)["summary"]
    assert (checked.returncode, summary["failed"], summary["parsing_errors"]) == (0, 0, 0), checked.stdout
    assert summary["passed"] > 1000


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_can_read_what_it_is_set_by(overlays, overlay, service, monkeypatch):
    for name, value in environment(overlays[overlay], service).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XACTHUC_SECRETS_DIRECTORY")

    SERVICES[service]()


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_is_a_setting(overlays, service):
    names = set(environment(overlays["production"], service)) - {"XACTHUC_SECRETS_DIRECTORY"}
    settings = {f"XACTHUC_{field.upper()}" for owner in SERVICES.values() for field in owner.model_fields}

    assert names <= settings


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_keys_that_it_reads_and_no_others(overlays, service):
    (volume,) = [one for one in pods(overlays["production"])[service]["volumes"] if one["name"] == "keys"]
    package = MODULES[service].replace(".", "/")
    source = (ROOT / "services" / package / "settings.py").read_text("utf-8")
    read = {name for name in (*RINGS, *SINGLE, *SIGNING) if f'"{name}"' in source}

    assert {item["key"] for item in volume["secret"]["items"]} == read


@pytest.mark.parametrize("service", ["otp", "identity", "guardian", "livestream", "backfill"])
def test_a_service_listens_where_its_ports_and_probes_say(overlays, service):
    variables = environment(overlays["production"], service)
    container = pods(overlays["production"])[service]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    listens = {
        name: int(variables[f"XACTHUC_{name.upper()}_ADDRESS"].rpartition(":")[2])
        for name in ("public", "internal", "metrics", "health")
        if f"XACTHUC_{name.upper()}_ADDRESS" in variables
    }

    assert ports == listens
    assert {container[f"{probe}Probe"]["grpc"]["port"] for probe in ("startup", "readiness", "liveness")} == {
        ports["health"]
    }


@pytest.mark.parametrize("service", SERVICES)
def test_addresses_of_other_services_are_their_headless_names(production, overlays, service):
    called = re.findall(r"dns:///([a-z-]+):(\d+)", " ".join(environment(overlays["production"], service).values()))

    for name, port in called:
        spec = production["Service", name]["spec"]
        assert spec["clusterIP"] == "None"
        assert int(port) in [one["port"] for one in spec["ports"] if one["name"] == "internal"]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_is_left_longer_than_its_drain_and_the_drain_is_longer_than_any_call(overlays, overlay, service):
    drain = float(environment(overlays[overlay], service)["XACTHUC_DRAIN_SECONDS"])

    assert pods(overlays[overlay])[service]["terminationGracePeriodSeconds"] >= drain + 10
    assert drain * 4 / 5 >= DEADLINE_CEILING.total_seconds() * 4 / 5  # a fifth is for routers to hear of it


@pytest.mark.parametrize("overlay", [*OVERLAYS, IMPORT])
def test_every_pod_keeps_to_the_restricted_profile(overlays, overlay):
    loose = {
        name
        for name, pod in pods(overlays[overlay]).items()
        for container in pod["containers"]
        if container.get("securityContext") != HARDENED
        or not pod["securityContext"]["runAsNonRoot"]
        or pod["securityContext"]["seccompProfile"] != {"type": "RuntimeDefault"}
        or pod["automountServiceAccountToken"]
    }

    assert loose == set()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_namespace_refuses_pods_that_do_not(overlays, overlay):
    (namespace,) = [one for one in overlays[overlay] if one["kind"] == "Namespace"]

    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("overlay", [*OVERLAYS, IMPORT])
def test_every_container_states_what_it_needs_and_what_it_may_take(overlays, overlay):
    for pod in pods(overlays[overlay]).values():
        for container in pod["containers"]:
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert container["resources"]["limits"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("service", SERVICES)
def test_in_production_one_pod_at_a_time_is_taken_away_and_they_stand_apart(production, service):
    pod = production["Deployment", service]["spec"]["template"]["spec"]

    assert production["PodDisruptionBudget", service]["spec"]["maxUnavailable"] == 1
    assert [one["topologyKey"] for one in pod["topologySpreadConstraints"]] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]


@pytest.mark.parametrize("service", sorted(SCALED))
def test_in_production_whoever_scales_a_service_owns_the_number(production, service):
    kind = "ScaledObject" if service == "otp-delivery" else "HorizontalPodAutoscaler"

    assert production[kind, service]["spec"]["scaleTargetRef"]["name"] == service
    assert "replicas" not in production["Deployment", service]["spec"]


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
    ("service", "port"), [("otp", 7411), ("identity", 7421), ("guardian", 7431), ("livestream", 7441)]
)
def test_platforms_come_by_the_edge_alone(production, service, port):
    assert sources(production["NetworkPolicy", service], port) == {"edge"}


def test_the_edge_ends_tls_and_calls_every_public_port(production, monkeypatch):
    container = production["Deployment", "edge"]["spec"]["template"]["spec"]["containers"][0]
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    settings = EdgeSettings()

    assert not settings.public_plaintext
    for service in ("otp", "identity", "guardian", "livestream"):
        name, _, port = getattr(settings, f"{service}_public_address").rpartition(":")
        assert int(port) in [
            one["port"] for one in production["Service", name]["spec"]["ports"] if one["name"] == "public"
        ]


def test_a_part_of_an_import_is_told_by_the_index_of_its_pod(overlays):
    (job,) = [one for one in overlays[IMPORT] if one["kind"] == "Job"]

    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"][:2] == ["backfill", "import"]
    assert import_part_variable() == "JOB_COMPLETION_INDEX"


def import_part_variable() -> str | None:
    """The variable that `xacthuc backfill import` reads its part from."""
    command = typer.main.get_command(app)
    for name in ("backfill", "import"):
        command = command.commands[name]  # type: ignore[attr-defined] # a group
    (option,) = [one for one in command.params if "--shard" in one.opts]
    return str(option.envvar)


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


@pytest.mark.parametrize("service", [str(service) for service in Migrated])
def test_a_service_has_a_database_and_a_role_of_its_own(production, service):
    roles = production["Cluster", "xacthuc-db"]["spec"]["managed"]["roles"]

    assert production["Database", service]["spec"]["owner"] == service
    assert [role["passwordSecret"]["name"] for role in roles if role["name"] == service] == [f"db-{service}"]
    assert not any(role.get("superuser") for role in roles)


def test_keys_of_accounts_are_on_a_server_of_their_own(production):
    assert production["Database", "identity-keys"]["spec"]["cluster"]["name"] == "account-keys"


@pytest.mark.parametrize("peer", ["otp", "identity", "guardian", "livestream", "backfill", "cli"])
def test_a_certificate_names_its_service_as_servers_and_clients_look_for_it(production, peer):
    spec = production["Certificate", peer]["spec"]

    assert (spec["uris"], spec["dnsNames"]) == ([f"spiffe://xacthuc/{peer}"], [peer])
    assert (spec["duration"], spec["renewBefore"], spec["privateKey"]["rotationPolicy"]) == ("24h", "8h", "Always")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_schema_is_migrated_as_the_role_of_its_service(overlays, overlay):
    for service in Migrated:
        pod = pods(overlays[overlay])[f"migrate-{service}"]

        assert pod["containers"][0]["args"] == ["migrate", str(service)]
        assert [volume["secret"]["secretName"] for volume in pod["volumes"]] == [service]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_has_to_be_there_first_is_told_on_the_page(overlays, overlay):
    page = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")
    text = yaml.safe_dump_all(overlays[overlay])
    made = {manifest["spec"]["secretName"] for manifest in overlays[overlay] if manifest["kind"] == "Certificate"}
    asked = set(re.findall(r"secretName: (\S+)", text)) - made
    untold = {name for name in asked if f"`{name}`" not in page and name.removesuffix("-tls") == name}

    assert untold == set()
