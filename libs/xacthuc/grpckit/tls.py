"""Certificates of the internal port: mutual TLS within one authority of the deployment's own.

A directory holds `ca.pem` and, per service, `<service>.pem` and `<service>.key`. A certificate names its service as a
URI, `spiffe://xacthuc/<service>`, which the peer allow-list reads, and as the DNS name `<service>`, which clients check.
Files are read again once they have changed, so that a renewed certificate needs no restart: by servers at each handshake,
by clients in `renewal.py`. Who a peer is, and whether its certificate was taken back, is in `peers.py`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

Stamp = tuple[int, ...]
"""Tells one state of some files from another."""


class CertificateError(ValueError):
    """Certificate files that cannot be used. The message names the file and says what to put there."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a service's certificate is."""

    directory: Path
    service: str

    @property
    def authority(self) -> Path:
        """The certificates of the authority: two while it is replaced."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The service's certificate chain."""
        return self.directory / f"{self.service}.pem"

    @property
    def key(self) -> Path:
        """The service's private key."""
        return self.directory / f"{self.service}.key"

    def stamp(self) -> Stamp:
        """Returns what changes whenever the files of mutual TLS do; OSError when one is missing."""
        return stamp_of(self.certificate, self.key, self.authority)

    def server_credentials(self) -> grpc.ServerCredentials:
        """Returns credentials that demand a certificate of the same authority.

        OSError when a file is missing, CertificateError when certificate and key do not belong together.
        """
        return _reloading(self, mutual=True)

    def public_credentials(self) -> grpc.ServerCredentials:
        """Returns credentials that ask for no certificate. Raises as `server_credentials` does."""
        return _reloading(self, mutual=False)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Returns credentials that present this service's certificate as it is now. Raises as `server_credentials` does."""
        key, certificate = self.pair()
        return grpc.ssl_channel_credentials(
            root_certificates=self.authority.read_bytes(), private_key=key, certificate_chain=certificate
        )

    def pair(self) -> tuple[bytes, bytes]:
        """Returns the key and its certificate, both PEM. Raises as `server_credentials` does.

        Two files are never replaced in one instant, and gRPC would take halves of two pairs without a word and fail every
        handshake from then on.
        """
        key, certificate = self.key.read_bytes(), self.certificate.read_bytes()
        try:
            belongs = _same(
                x509.load_pem_x509_certificate(certificate).public_key(), load_pem_private_key(key, None).public_key()
            )
        except ValueError:
            raise CertificateError(
                f"{self.certificate} and {self.key.name} have to be a certificate and its key, PEM"
            ) from None
        if not belongs:
            raise CertificateError(f"{self.certificate} is not the certificate of {self.key.name}: put the pair there")
        return key, certificate


def life_of(files: TlsFiles) -> Callable[[], tuple[float, float]]:
    """Returns what tells from when until when the certificate holds that the next handshake presents, as Unix times.

    While a renewal is half-written that is the one in use. Raises as `server_credentials` does, at once and never later.
    """

    def read() -> tuple[float, float]:
        certificate = x509.load_pem_x509_certificate(files.pair()[1])
        return certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()

    known = read()

    def told() -> tuple[float, float]:
        nonlocal known
        with suppress(OSError, CertificateError):
            known = read()
        return known

    return told


def public_files(directory: Path, service: str, *, plaintext: bool) -> TlsFiles | None:
    """Returns `<service>-public.pem` and `.key`; None when they are missing and `plaintext` is allowed.

    FileNotFoundError when they are missing and it is not: a mistaken path must not put platform keys on the wire.
    """
    files = TlsFiles(directory, f"{service}-public")
    if files.certificate.exists():
        return files
    if plaintext:
        return None
    raise FileNotFoundError(
        f"{files.certificate}: the certificate of the public port is missing. Put it there with its key"
        f" ({files.key.name}), or set XACTHUC_PUBLIC_PLAINTEXT=true when a proxy in front of this port ends TLS."
    )


def stamp_of(*paths: Path) -> Stamp:
    """Returns what changes whenever one of the files does, also when another takes its place; OSError when one is missing."""
    found = [path.stat() for path in paths]
    return tuple(number for file in found for number in (file.st_mtime_ns, file.st_ino, file.st_size))


def _same(one: PublicKeyTypes, other: PublicKeyTypes) -> bool:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return one.public_bytes(*form) == other.public_bytes(*form)


def _reloading(files: TlsFiles, *, mutual: bool) -> grpc.ServerCredentials:
    seen: list[Stamp] = []
    paths = (files.certificate, files.key, *((files.authority,) if mutual else ()))

    def read() -> grpc.ServerCertificateConfiguration:
        found = stamp_of(*paths)  # before reading: what changes meanwhile is read again at the next handshake
        made = grpc.ssl_server_certificate_configuration(
            [files.pair()], root_certificates=files.authority.read_bytes() if mutual else None
        )
        seen[:] = [found]
        return made

    def changed() -> grpc.ServerCertificateConfiguration | None:
        # Called at each handshake, from a thread of gRPC's. A half-written renewal keeps the certificate in use.
        try:
            return None if seen == [stamp_of(*paths)] else read()
        except (OSError, CertificateError):
            return None

    # None keeps the present configuration, as gRPC documents and types-grpcio does not know.
    return grpc.dynamic_ssl_server_credentials(read(), changed, require_client_authentication=mutual)  # type: ignore[arg-type]
