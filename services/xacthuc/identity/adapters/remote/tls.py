"""Whose certificates are believed, and the one we present: files, read again once they have changed.

A renewed certificate needs no restart: connections are kept for half a minute, and new ones present the new one.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import httpx

from xacthuc.datafile import DataFileError
from xacthuc.telemetry.logs import get_logger

T = TypeVar("T")

_log: Final = get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Paths of PEM files."""

    certificate: str = ""
    """The chain we present; empty: none."""
    key: str = ""
    ca: str = ""
    """The one authority whose certificates are believed; empty: the public ones."""

    def __post_init__(self) -> None:
        """Refuses half a pair."""
        if bool(self.certificate) != bool(self.key):
            raise ValueError("key: certificate and key belong together")


class ClientTls:
    """The TLS of one provider's connections."""

    def __init__(self, files: Tls) -> None:
        """Reads the files; DataFileError names the key at fault, never what is in a file."""
        self._files = files
        if files.ca:
            self.context = _loaded("tls.ca", lambda: ssl.create_default_context(cafile=files.ca))
        else:
            self.context = httpx.create_ssl_context(trust_env=False)
        self._changed = 0
        if files.certificate:
            _loaded("tls.certificate", self._load)

    def renew(self) -> None:
        """Reads certificate and key again if they have changed. A pair that cannot be used leaves the old one in place."""
        if not self._files.certificate:
            return
        try:
            if self._changed_ns() != self._changed:
                self._load()
        except OSError as error:  # ssl.SSLError is one: a pair in the middle of being replaced
            _log.warning("client_certificate_not_renewed", cause=type(error).__name__)

    def _load(self) -> None:
        changed = self._changed_ns()
        # Tried apart: a failure in the middle would leave a certificate with the key of another.
        # A password is given so that an encrypted key is refused, where OpenSSL would ask on the terminal.
        for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), self.context):
            context.load_cert_chain(self._files.certificate, self._files.key, password="")
        self._changed = changed

    def _changed_ns(self) -> int:
        return max(Path(file).stat().st_mtime_ns for file in (self._files.certificate, self._files.key))


def _loaded(key: str, load: Callable[[], T]) -> T:
    try:
        return load()
    except ssl.SSLError:
        raise DataFileError(f"{key}: is not PEM, is encrypted, or does not belong to its key") from None
    except OSError as error:
        raise DataFileError(f"{key}: cannot be read ({type(error).__name__})") from None
