from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from authority import Authority, replace

from xacthuc.grpckit.errors import Unauthenticated
from xacthuc.grpckit.peers import PeerCertificates
from xacthuc.grpckit.tls import CertificateError, TlsFiles

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.clock import FixedClock


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    replace(tmp_path / "ca.pem", made.pem)
    return made


def test_a_certificate_is_good_until_the_instant_it_ends(
    tmp_path: Path, authority: Authority, clock: FixedClock
) -> None:
    ends = authority.issue(tmp_path, "identity").not_valid_after_utc
    shown = {"x509_pem_cert": [(tmp_path / "identity.pem").read_bytes()]}
    clock.advance(ends - clock.now() - timedelta(seconds=1))
    peers = PeerCertificates(tmp_path, lambda: clock.now().timestamp())

    assert peers.service(shown) == "identity"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated, match="ended"):
        peers.service(shown)


@pytest.mark.parametrize("shown", [{}, {"x509_pem_cert": [b"no certificate"]}], ids=["none", "none that can be read"])
def test_a_call_without_a_certificate_that_can_be_read_is_nobodys(
    tmp_path: Path, shown: dict[str, list[bytes]]
) -> None:
    with pytest.raises(Unauthenticated, match="must name one service"):
        PeerCertificates(tmp_path).service(shown)


def test_a_service_does_not_start_with_a_revocation_list_that_cannot_be_read(
    tmp_path: Path, authority: Authority
) -> None:
    replace(tmp_path / "crl.pem", authority.pem)

    with pytest.raises(CertificateError, match="has to hold revocation lists"):
        PeerCertificates(tmp_path)


def test_a_service_does_not_start_with_the_certificate_of_another_key(tmp_path: Path, authority: Authority) -> None:
    authority.issue(tmp_path, "otp")
    authority.issue(tmp_path, "identity")
    replace(tmp_path / "otp.key", (tmp_path / "identity.key").read_bytes())

    with pytest.raises(CertificateError, match=r"otp\.pem is not the certificate of otp\.key"):
        TlsFiles(tmp_path, "otp").server_credentials()


def test_lists_of_two_authorities_count_while_one_replaces_the_other(tmp_path: Path, authority: Authority) -> None:
    other = Authority("the next authority")
    replace(tmp_path / "ca.pem", authority.pem + other.pem)
    taken = [authority.issue(tmp_path, "identity"), other.issue(tmp_path, "guardian")]
    shown = [{"x509_pem_cert": [(tmp_path / f"{name}.pem").read_bytes()]} for name in ("identity", "guardian")]
    replace(tmp_path / "crl.pem", authority.revocations(taken[0]) + other.revocations(taken[1]))
    peers = PeerCertificates(tmp_path)

    for one in shown:
        with pytest.raises(Unauthenticated, match="taken back"):
            peers.service(one)
