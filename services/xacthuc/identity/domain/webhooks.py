"""Webhooks as Standard Webhooks describes them (standardwebhooks.com): what is sent, signed, tried again, and to where. Pure."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from datetime import UTC, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from xacthuc.identity.domain.events import IMPORTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from xacthuc.identity.domain.events import AccountEvent

MOST_WEBHOOKS: Final = 10
"""Of one platform: every event is a row and a request for each."""
WAITS: Final = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=5),
    timedelta(hours=18),
)
"""After each failure of a delivery. One more, and it is dead until somebody replays it."""
SECRET_BYTES: Final = 32
"""Standard Webhooks asks for 24 to 64."""
TEST_TYPE: Final = "identity.webhook_test"
_PREFIX: Final = "whsec_"
_ACCEPTED: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
_REFUSED: Final = range(400, 500)


class WebhookState(StrEnum):
    """Whether a webhook is told of anything."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class DeliveryState(StrEnum):
    """How far one event has come on its way to one webhook."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    """Read off its job, which is held; never stored."""
    DROPPED = "DROPPED"


class Outcome(StrEnum):
    """What came of one attempt."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    REDIRECTED = "REDIRECTED"
    TIMED_OUT = "TIMED_OUT"
    UNREACHABLE = "UNREACHABLE"
    UNTRUSTED = "UNTRUSTED"
    UNRESOLVED = "UNRESOLVED"
    FORBIDDEN_ADDRESS = "FORBIDDEN_ADDRESS"
    GARBLED = "GARBLED"


def wants(kinds: Collection[str], kind: str) -> bool:
    """Whether a webhook that was made for `kinds` is told of `kind`."""
    return kind in kinds if kinds else kind != IMPORTED


def judged(status: int) -> Outcome:
    """What a status says. Nothing else of an answer counts."""
    if status in _ACCEPTED:
        return Outcome.ACCEPTED
    if status in _REDIRECTED:
        return Outcome.REDIRECTED
    return Outcome.REFUSED if status in _REFUSED else Outcome.FAILED


def body_of(event: AccountEvent) -> bytes:
    """Returns what a delivery says, spelled one way: nothing personal, and no more than a watcher is told."""
    data = {
        "event": f"events/{event.event_id}",
        "kind": event.kind,
        "account": f"accounts/{event.account_id}",
        "details": dict(event.details),
    }
    return _spelled({"type": f"identity.{event.kind.lower()}", "timestamp": _instant(event.time), "data": data})


def test_body(now: datetime) -> bytes:
    """Returns what a test delivery says."""
    return _spelled({"type": TEST_TYPE, "timestamp": _instant(now), "data": {}})


def headers_of(message_id: str, body: bytes, secrets: Iterable[bytes], now: datetime) -> dict[str, str]:
    """Returns what a delivery is recognised and verified by, sent at `now`: a signature for each secret."""
    seconds = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = (b64encode(hmac.digest(secret, signed, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
        "content-type": "application/json",
    }


def spelled_secret(raw: bytes) -> str:
    """Returns a secret as a receiver keeps it."""
    return _PREFIX + b64encode(raw).decode()


def address_fault(address: str, ports: Collection[int], *, development: bool) -> str | None:
    """Returns why nothing can be sent to an address, whatever its host is; None when something may."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return "must be scheme, host and path, without user and fragment"
    if parts.scheme == "http":
        # Whether the host really is this machine is seen at the delivery, like every host.
        return None if development else "must begin with https://"
    if parts.scheme != "https":
        return "must begin with https://"
    if (port or 443) not in ports and not development:
        return f"must be on port {', '.join(map(str, sorted(ports)))}"
    return None


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _spelled(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
