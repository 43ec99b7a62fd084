"""How long published keys are believed, and when they are asked for again.

Owns the rules, not the asking: who fetches, and whether a thread or a task waits for it, is the verifier's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from xacthuc.tokens.keys import PublicKeys

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old keys may be. ValueError when the times do not rise."""

    refresh: timedelta = timedelta(minutes=5)
    """From this age on keys are asked for anew. A key that was removed is believed no longer than that."""
    stale: timedelta = timedelta(minutes=15)
    """From this age on keys count no more, though their source be silent; as long as platform keys last an outage."""
    pause: timedelta = timedelta(seconds=5)
    """Between two requests, whatever the reason: tokens with made-up key ids must not become requests to the issuer."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.pause <= self.refresh <= self.stale:
            raise ValueError("pause, refresh and stale must rise, and be more than nothing")


class KeptKeys:
    """The keys at hand and their age. A clock that was set back makes keys be asked for, never last longer."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self._keys: PublicKeys | None = None
        self._fetched: datetime | None = None
        self._asked: datetime | None = None
        self._requests = 0

    @property
    def requests(self) -> int:
        """How often keys were asked for. Tells who waited for a request that somebody else has ended it."""
        return self._requests

    @property
    def fetch_time(self) -> datetime | None:
        """When the keys at hand were asked for; None when there are none."""
        return self._fetched

    def usable(self, now: datetime) -> PublicKeys | None:
        """Returns the keys to judge by; None when there are none, or none young enough."""
        if self._fetched is None or abs(now - self._fetched) >= self._freshness.stale:
            return None
        return self._keys

    def is_due(self, now: datetime) -> bool:
        """Whether keys are to be asked for because of their age."""
        old = self._fetched is None or not timedelta(0) <= now - self._fetched < self._freshness.refresh
        return old and self.may_ask(now)

    def may_ask(self, now: datetime) -> bool:
        """Whether the last request was long enough ago for another."""
        return self._asked is None or not timedelta(0) <= now - self._asked < self._freshness.pause

    def ask(self, now: datetime) -> None:
        """Notes that a request begins, before anything can go wrong with it."""
        self._asked = now
        self._requests += 1

    def take(self, document: object, asked: datetime) -> None:
        """Keeps what a request that began at `asked` brought; KeySetError, and the old keys stay, when it is no key set."""
        self._keys = PublicKeys.read(document)
        self._fetched = asked
