"""Keys over HTTP from a real server: what is taken from it, and what is not."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from token_issuer import ACCOUNT, ISSUER, PLATFORM, Issuer

from xacthuc.client.standing import AsyncStandingVerifier, JwksUrl, KeysUnavailable, StandingVerifier

ABOUT = {"platform": PLATFORM, "issuer": ISSUER}
QUICK = timedelta(milliseconds=200)


@dataclass
class KeyServer:
    """Answers every request with the same."""

    url: str = ""
    status: int = 200
    body: bytes = json.dumps(Issuer().signer.jwks()).encode()
    headers: dict[str, str] = field(default_factory=dict)
    silent: threading.Event | None = None
    """Says nothing until it is set."""
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[KeyServer]:
    said = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.paths.append(self.path)
            if said.silent is not None:
                said.silent.wait(10)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        said.url = f"http://127.0.0.1:{listening.server_port}/jwks"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield said
        if said.silent is not None:
            said.silent.set()
        listening.shutdown()
        thread.join()


def test_a_standing_is_verified_with_keys_of_an_address(server, clock):
    verifier = StandingVerifier(JwksUrl(server.url), clock=clock, **ABOUT)

    assert verifier.verify(Issuer().token()).account == ACCOUNT
    assert server.paths == ["/jwks"]


async def test_so_it_is_for_asyncio(server, clock):
    verifier = AsyncStandingVerifier(JwksUrl(server.url).fetch, clock=clock, **ABOUT)

    assert (await verifier.verify(Issuer().token())).account == ACCOUNT


def test_a_redirect_is_not_followed(server):
    server.status, server.headers = 302, {"location": server.url + "/elsewhere"}

    with pytest.raises(OSError, match="HTTP 302"):
        JwksUrl(server.url)()
    assert server.paths == ["/jwks"]


def test_an_error_is_not_taken_for_keys(server):
    server.status = 503

    with pytest.raises(OSError, match="HTTP 503"):
        JwksUrl(server.url)()


def test_a_document_longer_than_any_key_set_is_not_read_to_its_end(server):
    server.body = b" " * 65_537

    with pytest.raises(ValueError, match="longer than any"):
        JwksUrl(server.url)()


def test_what_is_no_json_is_no_document(server):
    server.body = b"<html>"

    with pytest.raises(ValueError, match="Expecting value"):
        JwksUrl(server.url)()


def test_a_server_that_says_nothing_is_given_up(server, clock):
    server.silent = threading.Event()
    verifier = StandingVerifier(JwksUrl(server.url, timeout=QUICK), clock=clock, **ABOUT)

    with pytest.raises(KeysUnavailable) as caught:
        verifier.verify(Issuer().token())
    assert isinstance(caught.value.__cause__, OSError)


def test_the_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    assert JwksUrl(server.url)() == Issuer().signer.jwks()


def test_a_plain_server_is_not_talked_to_when_tls_was_asked_for(server):
    with pytest.raises(OSError, match=r"(?i)ssl") as caught:
        JwksUrl(server.url.replace("http:", "https:"))()
    assert isinstance(caught.value.__context__, ssl.SSLError)


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.vn/jwks",
        "http://127.0.0.1.example.vn/jwks",
        "http://127.0.0.1@id.example.vn/jwks",
        "file:///etc/passwd",
        "ftp://127.0.0.1/jwks",
        "id.example.vn/jwks",
        "",
    ],
)
def test_an_address_that_anybody_could_answer_for_is_refused(url):
    with pytest.raises(ValueError, match="over https"):
        JwksUrl(url)
