"""Every server's own copy of the key records: calls are checked here, without a trip.

Loaded at the start, refreshed when the channel speaks and by a poll twice a second, so that a revocation holds within a
second even when a message is lost. Signatures are verified when a record is loaded, not when it is used. While the
store is down the last good copy serves for 15 minutes, counted; after that every call is UNAVAILABLE, since a key might
have been revoked without our hearing of it.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing, suppress
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from xacthuc.credentials.key import DEVELOPMENT_PREFIX, is_key
from xacthuc.credentials.records import BadRecordError, KeyState, verify
from xacthuc.credentials.store import CHANGED, GENERATION, RECORDS
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from xacthuc.clock import Clock
    from xacthuc.credentials.records import KeyRecord
    from xacthuc.credentials.store import KeyStore
    from xacthuc.telemetry.metrics import Metrics

POLL: Final = timedelta(milliseconds=500)
"""How often the generation is asked for; half the promised second, so that one lost answer does not break it."""

LONGEST_AGE: Final = timedelta(minutes=15)
"""How old the copy may be and still serve."""

_SCHEME: Final = "Bearer "
"""RFC 6750 section 2.1, spelled exactly so: this is no place for guesses."""


class KeyDirectory:
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
        self._store = store
        self._key = key
        self._clock = clock
        self._metrics = metrics
        self._development = development
        self._poll_seconds = poll.total_seconds()
        self._records: dict[bytes, KeyRecord] = {}
        self._brands: dict[str, str] = {}
        self._generation: bytes | None = None
        self._fresh_until_ms = 0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._log = get_logger()
        metrics.keys_age_seconds.set_function(self.age_seconds)

    def age_seconds(self) -> float:
        """Returns how old the copy is; infinite before the first was read."""
        if not self._fresh_until_ms:
            return math.inf
        return LONGEST_AGE.total_seconds() - (self._fresh_until_ms - self._clock.now_ms()) / 1000

    def authenticate(self, header: str | None) -> KeyRecord:
        """Returns the record of the key in an `authorization` header.

        Unauthenticated when there is none, or it is malformed, unknown, revoked or expired; whether a key was revoked
        or expired is told only to who holds it. Unavailable when the copy is too old to trust.
        """
        if header is None:
            raise Unauthenticated(
                Reason.CREDENTIALS_MISSING, "send a platform key in the metadata: authorization: Bearer xt_live_..."
            )
        text = header[len(_SCHEME) :] if header.startswith(_SCHEME) else ""
        now_ms = self._clock.now_ms()
        if now_ms > self._fresh_until_ms:
            raise Unavailable(Reason.CREDENTIALS_UNAVAILABLE, "platform keys cannot be checked at present")
        record = self._records.get(sha256(text.encode()).digest())
        if record is None or (not self._development and text.startswith(DEVELOPMENT_PREFIX)):
            raise _unrecognised(text)
        if record.state is not KeyState.ACTIVE:
            raise Unauthenticated(Reason.CREDENTIALS_REVOKED, "the platform key was revoked; create another")
        if record.expire_ms is not None and now_ms >= record.expire_ms:
            raise Unauthenticated(Reason.CREDENTIALS_EXPIRED, "the platform key has expired; create another")
        return record

    def brand_of(self, platform: str) -> str:
        """Returns the platform's name for people, by its newest key; its id when no key of it is known."""
        return self._brands.get(platform) or platform

    async def start(self) -> None:
        """Loads the records and keeps them fresh until `stop`. A store that is down delays nothing: calls wait for it."""
        await self.refresh()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_fresh())]

    async def stop(self) -> None:
        """Stops refreshing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def refresh(self) -> None:
        """Reads what changed. A failure is counted and logged, and leaves the last good copy."""
        try:
            await self._read()
        except StoreError as error:
            self._metrics.keys_refresh_failures.add("store")
            self._log.warning("keys_not_refreshed", cause=type(error).__name__)

    async def _read(self) -> None:
        asked_ms = self._clock.now_ms()
        generation = await self._store.execute(b"HGET", RECORDS, GENERATION)
        if generation is None and self._generation is not None:
            # A store that was emptied is a store that failed: revoking every key at once is not its decision to make.
            raise StoreError("the key records are gone from the store")
        if generation != self._generation:
            self._load(_pairs(await self._store.execute(b"HGETALL", RECORDS)))
            self._generation = generation
        self._fresh_until_ms = asked_ms + LONGEST_AGE // timedelta(milliseconds=1)

    def _load(self, stored: Iterable[tuple[bytes, bytes]]) -> None:
        newest = {record.key_id: record for record in self._records.values()}
        present = set[str]()
        for field, value in stored:
            if field == GENERATION:
                continue
            try:
                record = verify(value, self._key)
            except BadRecordError:
                self._metrics.keys_refresh_failures.add("signature")
                self._log.error("key_record_refused")
                continue
            present.add(record.key_id)
            known = newest.get(record.key_id)
            if known is None or record.version >= known.version:
                newest[record.key_id] = record
        self._records = {record.sha256: record for record in newest.values() if record.key_id in present}
        by_age = sorted(self._records.values(), key=lambda record: record.version)
        self._brands = {record.platform: record.brand for record in by_age}
        self._metrics.keys_known.set(len(self._records))

    async def _listen(self) -> None:
        async with aclosing(self._store.listen(CHANGED)) as events:
            async for _event in events:
                self._wake.set()

    async def _keep_fresh(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()
            self._wake.clear()
            await self.refresh()


def _pairs(reply: Any) -> Iterable[tuple[bytes, bytes]]:
    """HGETALL answers with a map under RESP3 and with a flat list under RESP2."""
    return reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)


def _unrecognised(text: str) -> Unauthenticated:
    if is_key(text):
        return Unauthenticated(Reason.CREDENTIALS_UNKNOWN, "the platform key is not known here")
    return Unauthenticated(
        Reason.CREDENTIALS_MALFORMED,
        "the metadata authorization must read: Bearer, one space, and a platform key as it was shown (xt_live_...)",
    )
