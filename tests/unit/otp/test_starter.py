"""Who starts a challenge: counted by keyed hashes, apart by kind and platform."""

from __future__ import annotations

import pytest

from xacthuc.otp.domain.starter import Digests, Starter, network_of

DIGESTS = Digests(b"\x07" * 32)


def starter(**changes: object) -> Starter:
    fields = {"platform": "forum", "account": "A", "device": "D", "address": "I", "prefix": "P"}
    return Starter(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("", ""),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0/b", "fe80::/64"),
    ],
)
def test_an_address_is_counted_as_what_one_line_holds(address: str, network: str) -> None:
    assert network_of(address, 64) == network


def test_digests_differ_by_kind_platform_and_value() -> None:
    digests = {
        DIGESTS.of(kind, platform, value)
        for kind in ("account", "device")
        for platform in ("forum", "video")
        for value in ("a", "b")
    }
    assert len(digests) == 8
    assert all(len(digest) == 16 for digest in digests)


def test_nothing_has_no_digest() -> None:
    assert DIGESTS.of("device", "forum", "") == ""


def test_a_solved_captcha_is_charged_to_an_allowance_of_its_own() -> None:
    plain, solved = starter(), starter(captcha_solved=True)
    assert plain.charged == "a:A,d:D,i:I,p:P"
    assert solved.charged == "a:A~captcha,d:D~captcha,i:I~captcha,p:P~captcha"


def test_what_the_platform_did_not_say_is_not_charged() -> None:
    assert starter(device="", address="").charged == "a:A,p:P"
