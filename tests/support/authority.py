"""A certificate authority for tests of mutual TLS."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


class Authority:
    """Issues certificates as a deployment's authority would, takes them back, and is replaced by another."""

    def __init__(self, name: str = "test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        root = self._certificate(self._name, self._key.public_key(), DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.pem = _pem(root.sign(self._key, hashes.SHA256()))

    def issue(
        self, directory: Path, service: str, *, uris: Iterable[str] | None = None, life: timedelta = DAY
    ) -> x509.Certificate:
        """Puts a certificate and its key where a service looks for them."""
        key = ec.generate_private_key(ec.SECP256R1())
        uris = [f"spiffe://xacthuc/{service}"] if uris is None else uris
        names = [x509.DNSName(service), *(x509.UniformResourceIdentifier(uri) for uri in uris)]
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, service)])
        issued = (
            self._certificate(subject, key.public_key(), life)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        form = (
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        replace(directory / f"{service}.pem", _pem(issued))
        replace(directory / f"{service}.key", key.private_bytes(*form))
        return issued

    def revocations(self, *revoked: x509.Certificate) -> bytes:
        """Returns the list of certificates that it took back, PEM."""
        now = datetime.now(UTC)
        made = x509.CertificateRevocationListBuilder().issuer_name(self._name).last_update(now).next_update(now + DAY)
        for certificate in revoked:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now).build()
            )
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + life)
        )


def replace(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, as deployments should."""
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.rename(path)


def issue_certificates(directory: Path, *services: str) -> None:
    """Writes `ca.pem` of a new authority and one certificate per service."""
    authority = Authority()
    replace(directory / "ca.pem", authority.pem)
    for service in services:
        authority.issue(directory, service)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
