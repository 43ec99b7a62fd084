"""Receiving webhooks: whether a delivery is really from Xacthuc and of now, and what it says.

    from xacthuc.client.webhooks import WebhookRefused, verify

    def receive(request):
        try:
            event = verify(request.headers, request.body, SECRET)
        except WebhookRefused:
            return 400
        if event is not None and is_new(event.name):    # a delivery may come twice: remember names
            enqueue(event)                               # answer first, work later: ten seconds is all there is
        return 204

Needs nothing but the standard library and the contracts. Any library for Standard Webhooks does the same.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xacthuc.client.enums import EventKind
from xacthuc.client.results import AccountEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERANCE: Final = timedelta(minutes=5)
"""How far the clocks may be apart, and how old a delivery may be: a recorded one cannot be played back later."""

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"
_TEST: Final = "identity.webhook_test"
_LONGEST_TIMESTAMP: Final = 12


class WebhookRefused(Exception):  # noqa: N818 - it is an outcome, not a defect
    """What came is not a delivery of Xacthuc's, or not one of now. Answer 400 and do nothing."""


def verify(
    headers: Mapping[str, str], body: bytes, secret: str | Sequence[str], *, now: datetime | None = None
) -> AccountEvent | None:
    """Returns the event that a delivery tells of, or None for a test. WebhookRefused when it cannot be trusted.

    `headers` may spell names in any case; `body` is the request's, byte for byte, before anything parsed it. `secret` is
    `whsec_...`, or several while one is being replaced. ValueError when that is no secret.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    keys = [_key(each) for each in secrets]
    named = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, seconds, signatures = (named[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise WebhookRefused(f"header {missing.args[0]} is missing") from None
    sent, current = _instant(seconds), now or datetime.now(UTC)
    if abs(current - sent) > TOLERANCE:
        raise WebhookRefused("it was sent too long ago, or a clock is wrong")
    if not _is_signed(b".".join((message_id.encode(), seconds.encode(), body)), signatures, keys):
        raise WebhookRefused("no signature in it was made with this secret")
    return _event(body)


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not key:
        raise ValueError("a webhook's secret looks like whsec_ and base64")
    return key


def _instant(seconds: str) -> datetime:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _LONGEST_TIMESTAMP):
        raise WebhookRefused("header webhook-timestamp is not a number of seconds")
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        raise WebhookRefused("header webhook-timestamp is not a time") from None


def _is_signed(signed: bytes, signatures: str, keys: Sequence[bytes]) -> bool:
    """Compares everything with everything, in constant time: which one fits is nobody's business."""
    made = [b64encode(hmac.digest(key, signed, sha256)) for key in keys]
    found = False
    for signature in signatures.split(" "):
        version, _, value = signature.partition(",")
        for own in made:
            found |= version == _VERSION and hmac.compare_digest(own, value.encode())
    return found


def _event(body: bytes) -> AccountEvent | None:
    """Reads what was signed; new fields and kinds are no fault of it."""
    try:
        document: dict[str, Any] = json.loads(body)
        if document["type"] == _TEST:
            return None
        data = document["data"]
        return AccountEvent(
            name=str(data["event"]),
            kind=EventKind.__members__.get(data["kind"]) or EventKind(0),
            account=str(data["account"]),
            occur_time=datetime.fromisoformat(document["timestamp"]),
            details=MappingProxyType({str(name): str(value) for name, value in data.get("details", {}).items()}),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WebhookRefused("it is signed, and not a delivery that this client can read") from None
