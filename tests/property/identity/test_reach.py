"""What may be connected to because somebody else asked for it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.identity.domain.reach import Reach

PUBLIC = Reach()
PRIVATE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:10.0.0.0/104", "64:ff9b::/96", "100::/64",
    "2001::/32", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
PUBLIC_ADDRESSES = ["1.1.1.1", "8.8.8.8", "103.1.236.1", "2606:4700:4700::1111", "2405:4800::1", "::ffff:8.8.8.8"]
METADATA = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "::ffff:169.254.169.254"]


def within(network):
    return st.integers(0, network.num_addresses - 1).map(lambda place: str(network[place]))


@given(st.sampled_from(PRIVATE).flatmap(lambda text: within(ip_network(text))))
def test_nothing_that_is_not_public_may_be_connected_to(address):
    assert not PUBLIC.allows(address)


@given(st.sampled_from(PRIVATE[:10]).flatmap(lambda text: within(ip_network(text))))
def test_an_address_is_judged_as_what_it_is_mapped_from(address):
    assert not PUBLIC.allows(f"::ffff:{address}")


@pytest.mark.parametrize("address", METADATA)
def test_what_clouds_tell_their_machines_is_out_of_reach(address):
    assert not PUBLIC.allows(address)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_may(address):
    assert PUBLIC.allows(address)


@given(st.text(max_size=30))
def test_what_is_no_address_may_not(text):
    assert not PUBLIC.allows("x" + text)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "127.1", "0x7f.0.0.1", "2130706433", "::1%lo"])
def test_other_spellings_of_an_address_are_none(address):
    assert not Reach(loopback=True).allows(address)


@given(within(IPv4Network("10.20.0.0/16")), within(IPv4Network("10.21.0.0/16")))
def test_a_network_of_the_operator_s_own_may_and_its_neighbour_may_not(own, neighbour):
    reach = Reach((IPv4Network("10.20.0.0/16"), IPv6Network("fd00:1::/64")))

    assert reach.allows(own)
    assert reach.allows(f"::ffff:{own}")
    assert not reach.allows(neighbour)
    assert not reach.allows("169.254.169.254")


def test_this_machine_may_in_development_alone():
    assert Reach(loopback=True).allows("127.0.0.1")
    assert Reach(loopback=True).allows("::1")
    assert not Reach(loopback=True).allows("10.0.0.1")
    assert not PUBLIC.allows("127.0.0.1")
