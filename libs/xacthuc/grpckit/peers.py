"""Which service a verified certificate names, and whether it may still be used.

gRPC checks a certificate once, at the handshake, and reads no revocation lists in Python; a connection may then live for
an hour. So each call asks here: a certificate that was taken back, or that ended meanwhile, is refused at once. What was
read of a certificate is kept, so a call costs one look-up.

`crl.pem` beside `ca.pem` may be missing; it holds lists signed by authorities of `ca.pem` (RFC 5280, section 5), one PEM
block each, and is read again once it has changed.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509

from xacthuc.grpckit.errors import Unauthenticated
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import CertificateError, stamp_of
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from xacthuc.grpckit.tls import Stamp

SPIFFE_PREFIX: Final = "spiffe://xacthuc/"
"""A service's name in its certificate: a URI SAN, `spiffe://xacthuc/identity` (SPIFFE ID, section 2)."""

_PEM: Final = "x509_pem_cert"
_BLOCK: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_LOOK_SECONDS: Final = 0.25
_KEPT: Final = 256
"""Certificates remembered: a few for each peer's processes, however often they are renewed."""


@dataclass(frozen=True, slots=True)
class _Peer:
    services: tuple[str, ...]
    issuer: bytes
    serial: int
    ends: float
    """Seconds since 1970."""


class PeerCertificates:
    """The certificates of those who call the internal port."""

    def __init__(self, directory: Path, now: Callable[[], float] = time.time) -> None:
        """`directory` holds `ca.pem` and perhaps `crl.pem`. CertificateError when the list cannot be used."""
        self._paths = (directory / "crl.pem", directory / "ca.pem")
        self._now = now
        self._read: dict[bytes, _Peer] = {}
        self._revoked = frozenset[tuple[bytes, int]]()
        self._seen: Stamp = ()
        self._look_at = 0.0
        self._refresh()

    def service(self, auth_context: Mapping[str, Any]) -> str:
        """Returns the service that the certificate of a call names; Unauthenticated when it must not be used."""
        now = self._now()
        if now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._follow()
        peer = self._peer(auth_context.get(_PEM, (b"",))[0])
        if len(peer.services) != 1:
            raise Unauthenticated(
                Reason.PEER_UNKNOWN, f"the certificate must name one service as a URI, {SPIFFE_PREFIX}<service>"
            )
        if now >= peer.ends:
            raise Unauthenticated(Reason.PEER_EXPIRED, "the certificate ended; connect with a newer one")
        if (peer.issuer, peer.serial) in self._revoked:
            raise Unauthenticated(Reason.PEER_REVOKED, "the certificate was taken back by its authority")
        return peer.services[0]

    def _peer(self, pem: bytes) -> _Peer:
        peer = self._read.get(pem)
        if peer is None:
            if len(self._read) >= _KEPT:
                self._read.clear()
            peer = self._read[pem] = _read(pem)
        return peer

    def _follow(self) -> None:
        try:
            self._refresh()
        except (CertificateError, OSError) as error:
            # Refusing everybody would help nobody: what was revoked before stays revoked.
            get_logger().warning("revocation_list_unusable", problem=str(error))

    def _refresh(self) -> None:
        path, authorities = self._paths
        if not path.exists():
            self._revoked, self._seen = frozenset(), ()
            return
        found = stamp_of(*self._paths)
        if found == self._seen:
            return
        self._revoked, self._seen = _revoked(path, authorities), found


def _read(pem: bytes) -> _Peer:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return _Peer((), b"", 0, 0.0)
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return _Peer(
        tuple(uri.removeprefix(SPIFFE_PREFIX) for uri in uris if uri.startswith(SPIFFE_PREFIX)),
        certificate.issuer.public_bytes(),
        certificate.serial_number,
        certificate.not_valid_after_utc.timestamp(),
    )


def _revoked(path: Path, authorities: Path) -> frozenset[tuple[bytes, int]]:
    blocks = _BLOCK.findall(path.read_bytes())
    try:
        lists = [x509.load_pem_x509_crl(block) for block in blocks]
    except ValueError:
        lists = []
    if not lists:
        raise CertificateError(f"{path} has to hold revocation lists, PEM; remove it when there is none")
    trusted = x509.load_pem_x509_certificates(authorities.read_bytes())
    for one in lists:
        if not any(one.issuer == issuer.subject and _signed(one, issuer) for issuer in trusted):
            raise CertificateError(f"{path} holds a list that no authority of {authorities.name} signed")
    return frozenset((one.issuer.public_bytes(), entry.serial_number) for one in lists for entry in one)


def _signed(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    return one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # an authority's key signs
