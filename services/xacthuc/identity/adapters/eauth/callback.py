"""Reads what a provider reports of a pending question: first whether it is the provider's, then what it says.

Taking it over HTTP is not done here. A report may come twice within its five minutes: who applies it does so once by
transaction, as with an answer that was asked for.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.eauth import reading
from xacthuc.identity.adapters.eauth.reading import About
from xacthuc.identity.adapters.eauth.template import value_at
from xacthuc.identity.adapters.remote.exchange import MOST_ANSWER_BYTES, Reply, document_of
from xacthuc.identity.ports.eid import Confirmation, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.eauth.eauth_file import EauthFile

TOLERANCE: Final = timedelta(minutes=5)
"""How old a signed report may be: room for retries and clocks, and an end to replays."""

_OK: Final = 200
_MOST_TIMESTAMP_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class CallbackReader:
    """Judges and reads the reports of one provider."""

    described: EauthFile = field(repr=False)
    clock: Clock = field(repr=False)

    def read(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Confirmation | Refused] | None:
        """Returns the transaction and what became of it; None for what is unsigned, stale, unreadable or not final."""
        if len(body) > MOST_ANSWER_BYTES or not self.authentic(headers, body):
            return None
        answer = value_at(document_of(body), self.described.callback.root)
        transaction_id = reading.transaction_of(self.described, answer)
        if transaction_id is None:
            return None
        about = About(transaction_id=transaction_id)
        found = reading.read(self.described, Reply(_OK, answer), about, self.clock.now())
        return (transaction_id, found) if isinstance(found, (Confirmation, Refused)) else None

    def authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tells whether the provider sent this, just now. Compares in constant time."""
        rules = self.described.callback
        if not rules.secret:
            return False
        lowered = {name.lower(): value for name, value in headers.items()}
        given = lowered.get(rules.header.lower(), "").strip().lower().encode("utf-8", "replace")
        timestamp = lowered.get(rules.timestamp_header.lower(), "")
        key = self.described.secrets[rules.secret].encode()
        signed = timestamp.encode("utf-8", "replace") + b"." + body
        expected = hmac.digest(key, signed, "sha256").hex().encode()
        return hmac.compare_digest(given, expected) and self._is_fresh(timestamp)

    def _is_fresh(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MOST_TIMESTAMP_DIGITS):
            return False
        apart_ms = abs(self.clock.now_ms() - int(timestamp) * 1000)
        return apart_ms <= TOLERANCE // timedelta(milliseconds=1)
