"""Reads what Zalo posts to the webhook: first whether it is Zalo's, then whether a message has arrived."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from xacthuc.otp.delivery.ports import Receipt, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.zns.zns_file import ZnsFile

TOLERANCE_MS: Final = 2 * 3_600_000
"""How old an event may be: Zalo repeats what was not taken after 30 s, 5, 15 and 30 min and 1 h, and nothing says that
it signs a repetition anew. Within this time a replay changes nothing, since a receipt is applied once."""

_HEADER: Final = "X-ZEvent-Signature"
_PREFIX: Final = "mac="
_ARRIVED: Final = "user_received_message"
_MOST_TIMESTAMP_DIGITS: Final = 15
_MOST_ID_CHARACTERS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ZnsReceipts:
    """Judges and reads the events of one application."""

    signer: str
    secret: bytes = field(repr=False)
    clock: Clock

    @classmethod
    def of(cls, described: ZnsFile, clock: Clock) -> ZnsReceipts | None:
        """Returns the reader for an account; None when its file names no secret for the webhook."""
        secret = described.secrets.get("webhook_secret")
        if secret is None:
            return None
        return cls(signer=described.webhook_signer or described.app_id, secret=secret.encode(), clock=clock)

    def authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tells whether Zalo sent this of late: SHA-256 over signer, body, the time in the body, and the secret."""
        timestamp = _timestamp(body)
        if timestamp is None:
            return False
        expected = sha256(self.signer.encode() + body + timestamp.encode() + self.secret).hexdigest().encode()
        given = headers.get(_HEADER, "").removeprefix(_PREFIX).lower().encode()
        if not hmac.compare_digest(given, expected):
            return False
        return abs(self.clock.now_ms() - int(timestamp)) <= TOLERANCE_MS

    def read(self, body: bytes) -> list[Receipt | None]:
        """Returns the receipt in an event; nothing for the many events that are no receipt of ours."""
        event = orjson.loads(body)
        if not isinstance(event, dict) or event.get("event_name") != _ARRIVED:
            return []
        message = event.get("message")
        tracking = message.get("tracking_id") if isinstance(message, dict) else None
        if tracking is None:
            return []  # a chat message of the account, which has an event of the same name
        if not isinstance(tracking, str) or not 0 < len(tracking) <= _MOST_ID_CHARACTERS:
            return [None]
        return [Receipt(tracking, Status.DELIVERED)]


def _timestamp(body: bytes) -> str | None:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    written = event.get("timestamp") if isinstance(event, dict) else None
    text = str(written) if isinstance(written, (str, int)) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= _MOST_TIMESTAMP_DIGITS else None
