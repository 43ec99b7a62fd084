from __future__ import annotations

import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from xacthuc.up.certificates import PEERS, ensure

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import FixedClock


@pytest.fixture
def directory(tmp_path: Path, clock: FixedClock) -> Path:
    ensure(tmp_path, clock.now())
    return tmp_path


def certificate(directory: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((directory / f"{name}.pem").read_bytes())


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_is_named_by_its_uri_and_reached_by_its_names(directory: Path, peer: str) -> None:
    names = certificate(directory, peer).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://xacthuc/{peer}"]
    assert names.get_values_for_type(x509.DNSName) == [peer, "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize("peer", PEERS)
def test_the_development_ca_vouches_for_every_peer(directory: Path, peer: str) -> None:
    certificate(directory, peer).verify_directly_issued_by(certificate(directory, "ca"))


def test_nothing_is_issued_again_while_it_is_good(directory: Path, clock: FixedClock) -> None:
    before = certificate(directory, "otp").serial_number

    clock.advance(timedelta(days=59))
    ensure(directory, clock.now())

    assert certificate(directory, "otp").serial_number == before


def test_a_certificate_is_renewed_a_month_before_it_ends(directory: Path, clock: FixedClock) -> None:
    before = certificate(directory, "otp").serial_number

    clock.advance(timedelta(days=61))
    ensure(directory, clock.now())

    assert certificate(directory, "otp").serial_number != before


def test_renewal_keeps_the_ca_so_that_running_peers_still_trust_each_other(directory: Path, clock: FixedClock) -> None:
    before = certificate(directory, "ca").serial_number

    clock.advance(timedelta(days=61))
    ensure(directory, clock.now())

    assert certificate(directory, "ca").serial_number == before


def test_no_private_key_is_readable_by_anybody_else(directory: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.glob("*.key")} == {0o600}
