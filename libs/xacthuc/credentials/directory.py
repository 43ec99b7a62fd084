"""The platform keys as a server knows them: who calls, by the key that came with the call."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from xacthuc.credentials import records
from xacthuc.credentials.key import DEVELOPMENT_PREFIX, is_key
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.replica import LONGEST_AGE, POLL, Replica
from xacthuc.credentials.store import KEYS
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from datetime import timedelta

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from xacthuc.clock import Clock
    from xacthuc.credentials.store import KeyStore
    from xacthuc.telemetry.metrics import Metrics

__all__ = ["LONGEST_AGE", "KeyDirectory", "bearer"]

_SCHEME: Final = "Bearer "
"""RFC 6750 section 2.1, spelled exactly so: this is no place for guesses."""


class KeyDirectory(Replica[KeyRecord]):
    """The platform keys as this process knows them."""

    def __init__(
        self,
        store: KeyStore,
        key: Ed25519PublicKey,
        clock: Clock,
        metrics: Metrics,
        *,
        development: bool,
        poll: timedelta = POLL,
    ) -> None:
        """`development` admits development keys, which production refuses like unknown ones."""
        super().__init__(store, KEYS, records.verify, key, clock=clock, metrics=metrics, poll=poll)
        self._development = development
        self._brands: dict[str, str] = {}
        self._recognised: dict[str, KeyRecord] = {}
        """By the header that came with the key: hashing it anew for every call costs more than all else that is asked here."""
        metrics.keys_age_seconds.set_function(self.age_seconds)

    def authenticate(self, header: str | None) -> KeyRecord:
        """Returns the record of the key in an `authorization` header.

        Unauthenticated when there is none, or it is malformed, unknown, revoked or expired; whether a key was revoked
        or expired is told only to who holds it. Unavailable when the copy is too old to trust.
        """
        if header is None:
            raise Unauthenticated(
                Reason.CREDENTIALS_MISSING, "send a platform key in the metadata: authorization: Bearer xt_live_..."
            )
        now_ms = self._clock.now_ms()
        if now_ms > self._fresh_until_ms:
            raise Unavailable(Reason.CREDENTIALS_UNAVAILABLE, "platform keys cannot be checked at present")
        record = self._recognised.get(header) or self._recognise(header)
        if record.state is not KeyState.ACTIVE:
            raise Unauthenticated(Reason.CREDENTIALS_REVOKED, "the platform key was revoked; create another")
        if record.expire_ms is not None and now_ms >= record.expire_ms:
            raise Unauthenticated(Reason.CREDENTIALS_EXPIRED, "the platform key has expired; create another")
        return record

    def _recognise(self, header: str) -> KeyRecord:
        text = bearer(header)
        record = self._records.get(sha256(text.encode()).digest())
        if record is None or (not self._development and text.startswith(DEVELOPMENT_PREFIX)):
            raise _unrecognised(text)
        self._recognised[header] = record
        return record

    def brand_of(self, platform: str) -> str:
        """Returns the platform's name for people, by its newest key; its id when no key of it is known."""
        return self._brands.get(platform) or platform

    def _loaded(self) -> None:
        self._recognised = {}
        by_age = sorted(self._records.values(), key=lambda record: record.version)
        self._brands = {record.platform: record.brand for record in by_age}
        self._metrics.keys_known.set(len(self._records))


def bearer(header: str) -> str:
    """Returns the secret in an `authorization` header; empty when it is spelled otherwise."""
    return header[len(_SCHEME) :] if header.startswith(_SCHEME) else ""


def _unrecognised(text: str) -> Unauthenticated:
    if is_key(text):
        return Unauthenticated(Reason.CREDENTIALS_UNKNOWN, "the platform key is not known here")
    return Unauthenticated(
        Reason.CREDENTIALS_MALFORMED,
        "the metadata authorization must read: Bearer, one space, and a platform key as it was shown (xt_live_...)",
    )
