"""The edge calls services with TLS where their authority is named, and none that cannot show its certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from authority import Authority
from edge_process import RecordingServer, edge_process

HOST = "localhost"
"""What the edge calls services by, as it would by the name of a headless service."""

Serve = Callable[..., RecordingServer]


@pytest.fixture
def authority(place: Path) -> Authority:
    made = Authority()
    (place / "ca.pem").write_bytes(made.pem)
    return made


@pytest.fixture
def serve(place: Path) -> Iterator[Serve]:
    """Makes a service that shows a certificate for a name."""
    running = []

    def make(issuer: Authority, name: str = HOST) -> RecordingServer:
        issuer.issue(place, name)
        files = [(place / f"{name}.{ending}").read_bytes() for ending in ("key", "pem")]
        running.append(RecordingServer(host=HOST, certificate=(files[0], files[1])))
        return running[-1]

    yield make
    for server in running:
        server.stop()


def ask(place: Path, upstream: RecordingServer) -> httpx.Response:
    with edge_process(place, upstream.address, XACTHUC_UPSTREAM_CA=str(place / "ca.pem")) as edge:
        return httpx.get(f"{edge.url}/v1/accounts", headers={"authorization": "Bearer x"}, timeout=30)


def test_a_service_with_a_certificate_of_the_authority_is_called(place, authority, serve) -> None:
    upstream = serve(authority)

    assert ask(place, upstream).is_success
    [call] = upstream.calls
    assert call.method.endswith("/ListAccounts")
    assert call.metadata["authorization"] == "Bearer x"


def test_a_service_with_a_certificate_of_somebody_else_is_told_no_key(place, authority, serve) -> None:
    upstream = serve(Authority("somebody else"))

    answer = ask(place, upstream)

    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (503, "SERVICE_UNREACHABLE")
    assert upstream.calls == []


def test_a_service_with_the_certificate_of_another_one_is_told_no_key(place, authority, serve) -> None:
    upstream = serve(authority, "guardian")

    assert ask(place, upstream).status_code == 503
    assert upstream.calls == []


def test_a_service_without_tls_is_told_no_key(place, authority) -> None:
    upstream = RecordingServer(host=HOST)
    try:
        assert ask(place, upstream).status_code == 503
        assert upstream.calls == []
    finally:
        upstream.stop()
