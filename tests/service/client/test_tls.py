"""A server with a certificate of one's own authority, and one that is somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from client_messages import CHALLENGE
from client_peer import KEY, serving

from xacthuc.client import Unavailable, Xacthuc
from xacthuc.up import certificates


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    certificates.ensure(directory, datetime.now(UTC), ("otp",))
    return directory


@pytest.fixture
def peer(tls):
    pair = tuple((tls / name).read_bytes() for name in ("otp.key", "otp.pem"))
    with serving(grpc.ssl_server_credentials([pair])) as peer:
        peer.answer("GetChallenge", CHALLENGE)
        yield peer


def test_a_server_of_the_given_authority_is_called(peer, tls):
    with Xacthuc(key=KEY, otp=peer.address, root_certificates=(tls / "ca.pem").read_bytes()) as client:
        assert CHALLENGE.name == client.otp.get_challenge(CHALLENGE.name).name


def test_a_server_of_another_authority_never_sees_the_key(peer, tmp_path):
    certificates.ensure(tmp_path, datetime.now(UTC), ())
    roots = (tmp_path / "ca.pem").read_bytes()

    with (
        Xacthuc(key=KEY, otp=peer.address, root_certificates=roots, timeout=timedelta(seconds=2)) as client,
        pytest.raises(Unavailable),
    ):
        client.otp.get_challenge(CHALLENGE.name)

    assert peer.received == []
