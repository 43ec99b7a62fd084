"""What deploy/k8s renders fits Kubernetes, and the services: their settings, keys, ports, peers and drains."""

from __future__ import annotations

import re
import subprocess

import pytest
import typer
import yaml
from manifests import HAS_KUSTOMIZE, IMPORT, OVERLAYS, ROOT, VALIDATING, environment, pods

from xacthuc.backfill.settings import BackfillSettings
from xacthuc.cli.app import app
from xacthuc.cli.commands.migrate import Migrated
from xacthuc.cli.commands.serve import MODULES
from xacthuc.guardian.settings import GuardianSettings
from xacthuc.identity.settings import IdentitySettings
from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.livestream.watch.settings import WatchSettings
from xacthuc.otp.camara.settings import CamaraSettings
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.settings import OtpSettings
from xacthuc.settings import Settings
from xacthuc.up.keys import RINGS, SIGNING, SINGLE

SERVICES: dict[str, type[Settings]] = {
    "otp": OtpSettings,
    "otp-delivery": DeliverySettings,
    "otp-camara": CamaraSettings,
    "identity": IdentitySettings,
    "guardian": GuardianSettings,
    "livestream": LivestreamSettings,
    "livestream-watch": WatchSettings,
    "backfill": BackfillSettings,
}
SCALED = {"otp", "otp-delivery", "otp-camara", "identity", "guardian", "livestream", "edge"}
FIXED = {"livestream-watch": 2, "backfill": 2}
"""More of them would not help (docs/scaling.md)."""
PROBES = ("startup", "readiness", "liveness")
HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}

pytestmark = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="tests/tools/kubernetes.sh did not run or could not fetch")


def test_every_manifest_is_one_that_kubernetes_takes(rendered):
    checked = subprocess.run(
        [VALIDATING, ROOT / "deploy" / "k8s" / "validate.py", *rendered.values()],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


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


@pytest.mark.parametrize("service", ["otp", "identity", "guardian", "livestream", "livestream-watch", "backfill"])
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
    assert {container[f"{probe}Probe"]["grpc"]["port"] for probe in PROBES} == {ports["health"]}


def test_the_facade_listens_where_its_port_and_probes_say_and_calls_otp(overlays, production):
    variables = environment(overlays["production"], "otp-camara")
    container = pods(overlays["production"])["otp-camara"]["containers"][0]
    ports = {port["name"]: f"0.0.0.0:{port['containerPort']}" for port in container["ports"]}

    assert ports == {name: variables[f"XACTHUC_{name.upper()}_ADDRESS"] for name in ("public", "metrics")}
    assert {(probe["path"], probe["port"]) for probe in (container[f"{name}Probe"]["httpGet"] for name in PROBES)} == {
        ("/healthz", "public")
    }
    name, _, port = variables["XACTHUC_OTP_PUBLIC_ADDRESS"].partition(":")
    assert int(port) in [one["port"] for one in production["Service", name]["spec"]["ports"] if one["name"] == "public"]


@pytest.mark.parametrize("service", SERVICES)
def test_addresses_of_other_services_are_their_headless_names(production, overlays, service):
    called = re.findall(r"dns:///([a-z-]+):(\d+)", " ".join(environment(overlays["production"], service).values()))

    for name, port in called:
        spec = production["Service", name]["spec"]
        assert spec["clusterIP"] == "None"
        assert int(port) in [one["port"] for one in spec["ports"] if one["name"] == "internal"]


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


def test_in_production_every_service_is_scaled_or_its_number_is_fixed_as_the_page_on_scaling_says(production):
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    bounds = {name: (str(count),) for name, count in FIXED.items()}
    for kind, least, most in (
        ("HorizontalPodAutoscaler", "minReplicas", "maxReplicas"),
        ("ScaledObject", "minReplicaCount", "maxReplicaCount"),
    ):
        for (found, name), one in production.items():
            if found == kind:
                bounds[name] = (str(one["spec"][least]), str(one["spec"][most]))

    assert bounds.keys() == {*SERVICES, "edge"}
    assert {name: production["Deployment", name]["spec"]["replicas"] for name in FIXED} == FIXED
    for name, numbers in bounds.items():
        assert f"| {name} | {' to '.join(numbers)} |" in page


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
