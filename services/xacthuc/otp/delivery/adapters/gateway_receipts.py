"""Reads a vendor's receipts: first whether they are the vendor's, then what they say."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import orjson

from xacthuc.otp.delivery.adapters.gateway_file import Format, Scheme
from xacthuc.otp.delivery.adapters.gateway_template import at, value_at
from xacthuc.otp.delivery.ports import Receipt, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.gateway_file import Gateway, ReceiptRules

TOLERANCE_MS: Final = 5 * 60 * 1000
"""How old a signed receipt may be: room for retries and clocks, and an end to replays. Beyond it the outcome would be
the same: a receipt is applied once."""

_MOST_TIMESTAMP_DIGITS: Final = 12
_MOST_ID_CHARACTERS: Final = 256
_MOST_RECEIPTS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReader:
    """Judges and reads the receipts of one vendor."""

    rules: ReceiptRules
    secret: bytes = field(repr=False)
    clock: Clock

    @classmethod
    def of(cls, described: Gateway, clock: Clock) -> ReceiptReader:
        """Returns the reader for a gateway file."""
        rules = described.receipts
        return cls(rules=rules, secret=described.secrets.get(rules.secret, "").encode(), clock=clock)

    def authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tells whether the vendor sent this, just now. Compares in constant time."""
        given = headers.get(self.rules.header, "").encode()
        if self.rules.scheme is Scheme.TOKEN:
            return hmac.compare_digest(given, self.secret)
        if self.rules.scheme is not Scheme.HMAC_SHA256:
            return False
        timestamp = headers.get(self.rules.timestamp_header, "")
        expected = hmac.digest(self.secret, timestamp.encode() + b"." + body, "sha256").hex().encode()
        if not hmac.compare_digest(given.lower(), expected):
            return False
        return (
            timestamp.isascii()
            and timestamp.isdigit()
            and len(timestamp) <= _MOST_TIMESTAMP_DIGITS
            and abs(self.clock.now_ms() - int(timestamp) * 1000) <= TOLERANCE_MS
        )

    def read(self, body: bytes) -> list[Receipt | None]:
        """Returns what is final in `body`, None for each receipt that says nothing; ValueError when it is nothing of the kind."""
        document = self._document(body)
        found = value_at(document, self.rules.items)
        items = found if isinstance(found, list) else [found]
        if len(items) > _MOST_RECEIPTS:
            raise ValueError("too many receipts at once")
        return [receipt for item in items for receipt in self._receipt(item)]

    def _document(self, body: bytes) -> object:
        if self.rules.format is Format.FORM:
            return dict(parse_qsl(body.decode("utf-8"), strict_parsing=True, max_num_fields=100))
        return orjson.loads(body)

    def _receipt(self, item: object) -> list[Receipt | None]:
        identity, status = at(item, self.rules.id), at(item, self.rules.status)
        if not identity or status is None or len(identity) > _MOST_ID_CHARACTERS:
            return [None]
        if status in self.rules.delivered:
            return [Receipt(identity, Status.DELIVERED)]
        if status in self.rules.inactive:
            return [Receipt(identity, Status.FAILED, "number_inactive")]
        if status in self.rules.failed:
            return [Receipt(identity, Status.FAILED, "undelivered")]
        return []  # a step on the way, such as "handed to the operator"
