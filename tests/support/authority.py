"""A certificate authority for tests of mutual TLS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def issue_certificates(directory: Path, *services: str) -> None:
    """Writes `ca.pem` and one certificate per service, as a deployment's authority would."""
    now = datetime.now(UTC)
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])

    def certificate(name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def write(name: str, data: bytes) -> None:
        (directory / name).write_bytes(data)

    root = certificate(issuer, authority.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    write("ca.pem", root.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    for service in services:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(service), x509.UniformResourceIdentifier(f"spiffe://xacthuc/{service}")]
        leaf = certificate(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, service)]), key.public_key()
        ).add_extension(x509.SubjectAlternativeName(names), critical=False)
        write(f"{service}.pem", leaf.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        write(
            f"{service}.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
