"""Which servers a URL names."""

from __future__ import annotations

import pytest
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection

from xacthuc.valkey.redispy import is_cluster, seeds, single


@pytest.mark.parametrize(
    ("url", "name", "kind"),
    [
        ("redis://store.example:6380/2", "store.example:6380", Connection),
        ("rediss://store.example:6380", "store.example:6380", SSLConnection),
        ("unix:///run/valkey.sock?db=1", "/run/valkey.sock", UnixDomainSocketConnection),
        ("redis://store.example", "store.example:6379", Connection),
    ],
)
def test_a_url_names_one_server(url: str, name: str, kind: type) -> None:
    address = single(url)
    assert (name, kind) == (address.name, address.connection_class)
    assert not is_cluster(url)


def test_a_cluster_url_names_several_servers_with_the_same_credentials() -> None:
    url = "rediss+cluster://app:s3cret@one:7000,two:7001/?ssl_ca_certs=/ca.pem"
    found = seeds(url)
    assert is_cluster(url)
    assert [address.name for address in found] == ["one:7000", "two:7001"]
    assert {SSLConnection} == {address.connection_class for address in found}
    assert {"s3cret"} == {address.arguments["password"] for address in found}
    assert {"/ca.pem"} == {address.arguments["ssl_ca_certs"] for address in found}


def test_the_password_is_not_in_the_repr() -> None:
    assert "s3cret" not in repr(single("redis://app:s3cret@store.example:6380"))


@pytest.mark.parametrize("url", ["http://store.example", "store.example:6379", ""])
def test_an_unknown_scheme_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="scheme"):
        single(url)


def test_a_cluster_url_without_hosts_is_refused() -> None:
    with pytest.raises(ValueError, match="host:port"):
        seeds("redis+cluster://")
