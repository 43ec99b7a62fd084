"""How the edge behaves as a process: certificates, allowances, outages, and what it serves itself."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest
from authority import issue_certificates
from edge_process import EdgeProcess, RecordingServer, edge_process

from xacthuc.embedded.ports import free_port

API = Path(__file__).resolve().parents[3] / "libs" / "xacthuc" / "api"
LIST = "/v1/accounts"


def certificate(directory: Path) -> str:
    """Issues a certificate of a new authority, as a renewal would put it there; returns the authority's."""
    fresh = directory / "fresh"
    fresh.mkdir(exist_ok=True)
    issue_certificates(fresh, "edge-public")
    for name in ("edge-public.key", "edge-public.pem"):
        (fresh / name).replace(directory / name)
    return (fresh / "ca.pem").read_text()


def trusting(authority: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority)
    context.check_hostname = False  # the certificate is of a name, the test calls an address
    return context


def test_a_renewed_certificate_is_taken_up_without_a_restart(
    place: Path, upstream: RecordingServer, eventually_blocking
) -> None:
    first = certificate(place)

    with edge_process(place, upstream.address, scheme="https", XACTHUC_ENVIRONMENT="production") as edge:
        assert httpx.get(f"{edge.url}/healthz", verify=trusting(first)).is_success
        second = certificate(place)

        def renewed() -> bool:
            try:
                return httpx.get(f"{edge.url}/healthz", verify=trusting(second)).is_success
            except httpx.ConnectError:
                return False

        eventually_blocking(renewed)
        assert httpx.get(f"{edge.url}{LIST}", verify=trusting(second)).is_success


def test_production_does_not_serve_keys_in_clear(place: Path) -> None:
    """As every public port: unless it is said that something in front ends TLS."""
    command = [sys.executable, "-m", "xacthuc.edge"]
    settings = {"XACTHUC_TLS_DIRECTORY": str(place), "XACTHUC_RUN_DIRECTORY": str(place)}

    ran = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert ran.stderr.startswith("The edge cannot start: ")
    assert "edge-public.pem: the certificate of the public port is missing" in ran.stderr


@pytest.mark.parametrize("setting", ["XACTHUC_REQUESTS_PER_SECOND_OF_KEY", "XACTHUC_REQUESTS_PER_SECOND"])
def test_a_flood_is_kept_from_the_services(place: Path, upstream: RecordingServer, setting) -> None:
    with (
        edge_process(place, upstream.address, **{setting: "10"}) as edge,
        httpx.Client(base_url=edge.url, timeout=30) as http,
    ):
        before = len(upstream.calls)
        answers = [http.get(LIST, headers={"authorization": "Bearer flood"}) for _ in range(120)]
        other = http.get(LIST, headers={"authorization": "Bearer other"})

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[429] > 0
    assert statuses[200] >= 20
    assert len(upstream.calls) - before == statuses[200] + (other.status_code == 200)
    limited = next(answer.json() for answer in answers if answer.status_code == 429)
    assert (limited["code"], limited["details"][0]["reason"]) == (8, "EDGE_LIMIT")
    assert limited["details"][1]["@type"].endswith("RetryInfo")
    if setting.endswith("KEY"):
        assert other.status_code == 200


def test_a_service_that_is_down_is_told_apart_from_a_wrong_request(place: Path) -> None:
    with edge_process(place, f"127.0.0.1:{free_port()}") as edge:
        answer = httpx.get(f"{edge.url}{LIST}", headers={"authorization": "Bearer x"})
        alive = httpx.get(f"{edge.url}/healthz")

    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (503, "SERVICE_UNREACHABLE")
    assert alive.status_code == 200


def test_the_description_and_the_page_are_served_whole(edge: EdgeProcess) -> None:
    described, page = httpx.get(f"{edge.url}/openapi.json"), httpx.get(f"{edge.url}/docs")

    assert described.headers["content-type"] == "application/json"
    assert described.json() == json.loads((API / "openapi.json").read_text("utf-8"))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text == (API / "reference.html").read_text("utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
