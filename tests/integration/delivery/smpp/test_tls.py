"""Connections that nobody on the way can read, to a center that has to say who it is."""

from __future__ import annotations

import ssl

import pytest
import smsc
from authority import issue_certificates
from smsc import message

from xacthuc.otp.delivery.ports import Accepted, Left, Rejected

UNREACHABLE = Rejected(reason="unreachable", left=Left.NOTHING)


@pytest.fixture
async def encrypted(tmp_path):
    """The port of a center whose certificate is that of `localhost`."""
    issue_certificates(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "localhost.pem", tmp_path / "localhost.key")
    async with smsc.bare(smsc.accept_all, tls=context) as port:
        yield port


async def sent_to(host: str, port: int, tend, extra: str):
    tended = await tend(port, f'tls = "on"\n{extra}', host=host)
    return await tended.provider.send(message())


async def test_a_center_with_a_certificate_of_a_known_authority_is_believed(encrypted, tend, tmp_path):
    answer = await sent_to("localhost", encrypted, tend, f'ca_file = "{tmp_path / "ca.pem"}"')
    assert isinstance(answer, Accepted)


async def test_a_certificate_of_somebody_else_is_not(encrypted, tend, tmp_path):
    assert await sent_to("127.0.0.1", encrypted, tend, f'ca_file = "{tmp_path / "ca.pem"}"') == UNREACHABLE


async def test_an_authority_of_ones_own_has_to_be_named(encrypted, tend):
    assert await sent_to("localhost", encrypted, tend, "") == UNREACHABLE


async def test_a_center_that_does_not_encrypt_is_not_spoken_to(node, tend):
    assert await sent_to("localhost", node.port, tend, "") == UNREACHABLE
    assert (await node.report())["binds"] == 0
