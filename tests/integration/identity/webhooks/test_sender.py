"""Sending to receivers: what counts as accepted, where nothing is sent, and how long anything may take."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from authority import issue_certificates
from webhook_receiver import WebhookReceiver

from xacthuc.identity.adapters.webhooks.sender import opened_sender
from xacthuc.identity.domain.reach import Reach
from xacthuc.identity.domain.webhooks import Outcome

HERE = Reach(loopback=True)
OWN = Reach((ip_network("127.0.0.0/8"),))
"""As in production: this machine is an operator's own network, and only https may be sent to it."""
PATIENCE_SECONDS = 1.0
HEADERS = {"webhook-id": "e1", "content-type": "application/json"}


@pytest.fixture
async def receiver():
    made = WebhookReceiver()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def tls_receiver(tmp_path):
    """Its certificate is for the name `receiver`."""
    issue_certificates(tmp_path, "receiver")
    made = WebhookReceiver(certificate=(tmp_path / "receiver.pem", tmp_path / "receiver.key"))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def names(monkeypatch):
    """What names lead to; the resolver is asked through the event loop."""
    leads = {}

    async def resolve(self, host, port, **_how):
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        if host not in leads:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        found = leads[host].pop(0) if isinstance(leads[host][0], list) else leads[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolve)
    return leads


@asynccontextmanager
async def sender(reach=HERE, ca_file=None):
    async with opened_sender(reach, ca_file=ca_file, concurrency=4) as made:
        yield made


async def post(address, reach=HERE, ca_file=None, body=b"{}"):
    async with sender(reach, ca_file) as made:
        return await made.send(address, HEADERS, body, PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ("accept", Outcome.ACCEPTED),
        ("fail", Outcome.FAILED),
        ("refuse", Outcome.REFUSED),
        ("redirect", Outcome.REDIRECTED),
        ("hang", Outcome.TIMED_OUT),
        ("drip_head", Outcome.TIMED_OUT),
        ("garbage", Outcome.GARBLED),
        ("endless_head", Outcome.GARBLED),
        ("hang_up", Outcome.GARBLED),
        # The status came, and nothing behind it is asked.
        ("flood", Outcome.ACCEPTED),
        ("drip_body", Outcome.ACCEPTED),
    ],
)
async def test_a_status_in_time_is_all_that_counts(receiver, behaviour, outcome):
    receiver.behave(behaviour)

    began = time.monotonic()
    attempt = await post(receiver.address)

    assert attempt.outcome is outcome
    assert time.monotonic() - began < PATIENCE_SECONDS + 15
    assert len(receiver.received) == 1  # never asked again, and nowhere else


async def test_the_body_and_the_headers_arrive_as_they_were(receiver):
    await post(receiver.address, body=b'{"a": 1}')

    (asked,) = receiver.received
    assert (asked.method, asked.path, asked.body) == ("POST", "/hooks?for=xacthuc", b'{"a": 1}')
    assert asked.headers["webhook-id"] == "e1"
    assert asked.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_nobody_there_is_unreachable(receiver):
    await receiver.close()

    assert (await post(receiver.address)).outcome is Outcome.UNREACHABLE


async def test_a_name_without_an_address_is_unresolved(names):
    assert (await post("https://nobody.example/")).outcome is Outcome.UNRESOLVED


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.1"])
async def test_an_address_that_is_not_public_is_not_connected_to(receiver, host):
    attempt = await post(f"https://{host}:{receiver.port}/", Reach())

    assert (attempt.outcome, receiver.connections) == (Outcome.FORBIDDEN_ADDRESS, 0)


async def test_a_name_is_judged_by_every_address_it_leads_to(names, receiver):
    names["mixed.example"] = ["8.8.8.8", "127.0.0.1"]

    attempt = await post(f"https://mixed.example:{receiver.port}/", Reach())

    assert (attempt.outcome, receiver.connections) == (Outcome.FORBIDDEN_ADDRESS, 0)


async def test_a_name_is_resolved_once_so_that_it_cannot_lead_elsewhere_a_moment_later(names, receiver):
    """The second answer is that of a rebinding name server; a connection made by name would take it."""
    names["rebinding.example"] = [["192.0.2.1"], ["127.0.0.1"]]
    reach = Reach((ip_network("192.0.2.0/24"),))

    attempt = await post(f"https://rebinding.example:{receiver.port}/", reach)

    assert attempt.outcome in {Outcome.TIMED_OUT, Outcome.UNREACHABLE}
    assert receiver.connections == 0
    assert names["rebinding.example"] == [["127.0.0.1"]]


async def test_tls_is_checked_against_the_name_and_not_the_address(names, tls_receiver, tmp_path):
    names["receiver"], names["stranger"] = ["127.0.0.1"], ["127.0.0.1"]
    ca = tmp_path / "ca.pem"

    known = await post(f"https://receiver:{tls_receiver.port}/x", OWN, ca)
    stranger = await post(f"https://stranger:{tls_receiver.port}/x", OWN, ca)
    by_address = await post(tls_receiver.address, OWN, ca)
    unknown_authority = await post(f"https://receiver:{tls_receiver.port}/x", OWN)

    assert known.outcome is Outcome.ACCEPTED
    assert [each.outcome for each in (stranger, by_address, unknown_authority)] == [Outcome.UNTRUSTED] * 3
    assert [asked.headers["host"] for asked in tls_receiver.received] == [f"receiver:{tls_receiver.port}"]


async def test_plaintext_is_sent_nowhere_but_in_development(receiver):
    attempt = await post(receiver.address, OWN)

    assert (attempt.outcome, receiver.connections) == (Outcome.FORBIDDEN_ADDRESS, 0)


async def test_nothing_of_the_machine_s_environment_leads_it_elsewhere(receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert (await post(receiver.address)).outcome is Outcome.ACCEPTED
