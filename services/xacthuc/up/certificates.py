"""A development CA and the certificates of the internal ports, so that mutual TLS is on from the first day.

A peer is known by its SAN `spiffe://xacthuc/<service>`; the DNS and IP names let clients check the server. The CA's
key stays on this machine: in production an operator's own CA issues the same files.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from xacthuc.up.layout import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

PEERS: Final = ("otp", "identity", "guardian", "livestream", "backfill", "cli")

_CA_LIFE: Final = timedelta(days=3650)
_LEAF_LIFE: Final = timedelta(days=90)
_RENEW_BEFORE: Final = timedelta(days=30)
_BACKDATED: Final = timedelta(minutes=5)  # a container's clock may be behind its host's


def ensure(directory: Path, now: datetime, peers: Iterable[str] = PEERS) -> None:
    """Issues what is missing or expires within 30 days; a new CA makes everything anew."""
    ca_path, ca_key_path = directory / "ca.pem", directory / "ca.key"
    new_ca = not ca_key_path.exists() or _expires_soon(ca_path, now)
    if new_ca:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        _store(ca_path, _self_signed(ca_key, now))
        _store_key(ca_key_path, ca_key)
    for peer in peers:
        path, key_path = directory / f"{peer}.pem", directory / f"{peer}.key"
        if new_ca or not key_path.exists() or _expires_soon(path, now):
            key = ec.generate_private_key(ec.SECP256R1())
            _store(path, _issued(peer, key, _load(ca_path), _load_key(ca_key_path), now))
            _store_key(key_path, key)


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("Xacthuc development CA")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, name, key.public_key(), now, _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _issued(
    peer: str,
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    names = x509.SubjectAlternativeName(
        [
            x509.UniformResourceIdentifier(f"spiffe://xacthuc/{peer}"),
            x509.DNSName(peer),
            x509.DNSName("localhost"),
            x509.IPAddress(ip_address("127.0.0.1")),
            x509.IPAddress(ip_address("::1")),
        ]
    )
    usage = [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        _builder(_name(peer), ca.subject, key.public_key(), now, _LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common)])


def _expires_soon(path: Path, now: datetime) -> bool:
    return not path.exists() or _load(path).not_valid_after_utc - now < _RENEW_BEFORE


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} does not hold the elliptic-curve key of the development CA")
    return key


def _store(path: Path, certificate: x509.Certificate) -> None:
    write_private(path, certificate.public_bytes(serialization.Encoding.PEM))


def _store_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    plain = serialization.NoEncryption()
    write_private(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
