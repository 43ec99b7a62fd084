"""Certificates of the internal port: mutual TLS within one authority of the deployment's own.

A directory holds `ca.pem` and, per service, `<service>.pem` and `<service>.key`. A certificate names its service as a
URI, `spiffe://xacthuc/<service>`, which the peer allow-list reads, and as the DNS name `<service>`, which clients check.
Files are read again at each handshake once they have changed, so that a renewed certificate needs no restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a service's certificate is."""

    directory: Path
    service: str

    @property
    def authority(self) -> Path:
        """The certificate of the authority."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The service's certificate chain."""
        return self.directory / f"{self.service}.pem"

    @property
    def key(self) -> Path:
        """The service's private key."""
        return self.directory / f"{self.service}.key"

    def server_credentials(self) -> grpc.ServerCredentials:
        """Returns credentials that demand a certificate of the same authority; OSError when a file is missing."""
        return _reloading(self, mutual=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Returns credentials that present this service's certificate; OSError when a file is missing."""
        return grpc.ssl_channel_credentials(
            root_certificates=self.authority.read_bytes(),
            private_key=self.key.read_bytes(),
            certificate_chain=self.certificate.read_bytes(),
        )


def public_credentials(directory: Path, service: str, *, plaintext: bool) -> grpc.ServerCredentials | None:
    """Returns credentials from `<service>-public.pem` and `.key`; None when they are missing and `plaintext` is allowed.

    FileNotFoundError when they are missing and it is not: a mistaken path must not put platform keys on the wire.
    """
    files = TlsFiles(directory, f"{service}-public")
    if files.certificate.exists():
        return _reloading(files, mutual=False)
    if plaintext:
        return None
    raise FileNotFoundError(
        f"{files.certificate}: the certificate of the public port is missing. Put it there with its key"
        f" ({files.key.name}), or set XACTHUC_PUBLIC_PLAINTEXT=true when a proxy in front of this port ends TLS."
    )


def _reloading(files: TlsFiles, *, mutual: bool) -> grpc.ServerCredentials:
    seen: list[tuple[int, ...]] = []
    paths = (files.certificate, files.key, *((files.authority,) if mutual else ()))

    def stamp() -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in paths)

    def read() -> grpc.ServerCertificateConfiguration:
        seen[:] = [stamp()]
        return grpc.ssl_server_certificate_configuration(
            [(files.key.read_bytes(), files.certificate.read_bytes())],
            root_certificates=files.authority.read_bytes() if mutual else None,
        )

    def changed() -> grpc.ServerCertificateConfiguration | None:
        # Called at each handshake, from a thread of gRPC's. A half-written renewal keeps the certificate in use.
        try:
            return None if seen == [stamp()] else read()
        except OSError:
            return None

    # None keeps the present configuration, as gRPC documents and types-grpcio does not know.
    return grpc.dynamic_ssl_server_credentials(read(), changed, require_client_authentication=mutual)  # type: ignore[arg-type]
