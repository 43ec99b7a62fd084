"""A server's own copy of the signed records of one kind: calls are checked against it, without a trip.

Loaded at the start, refreshed when the channel speaks and by a poll twice a second, so that a revocation holds within a
second even when a message is lost. Signatures are verified when a record is loaded, not when it is used. While the
store is down the last good copy serves for 15 minutes, counted; after that every call is UNAVAILABLE, since something
might have been revoked without our hearing of it.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from xacthuc.credentials.signing import BadRecordError, Record
from xacthuc.credentials.store import GENERATION
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from xacthuc.clock import Clock
    from xacthuc.credentials.store import KeyStore, Shelf
    from xacthuc.telemetry.metrics import Metrics

R = TypeVar("R", bound=Record)

POLL: Final = timedelta(milliseconds=500)
"""How often the generation is asked for; half the promised second, so that one lost answer does not break it."""

LONGEST_AGE: Final = timedelta(minutes=15)
"""How old the copy may be and still serve."""


class Replica(Generic[R]):
    """The records of one kind as this process knows them, by the hash of their secrets."""

    def __init__(
        self,
        store: KeyStore,
        shelf: Shelf,
        verify: Callable[[bytes, Ed25519PublicKey], R],
        key: Ed25519PublicKey,
        *,
        clock: Clock,
        metrics: Metrics,
        poll: timedelta,
    ) -> None:
        """Takes where the records lie and what reads them."""
        self._store = store
        self._shelf = shelf
        self._verify = verify
        self._key = key
        self._clock = clock
        self._metrics = metrics
        self._poll_seconds = poll.total_seconds()
        self._records: dict[bytes, R] = {}
        self._generation: bytes | None = None
        self._fresh_until_ms = 0
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._log = get_logger()

    def age_seconds(self) -> float:
        """Returns how old the copy is; infinite before the first was read."""
        if not self._fresh_until_ms:
            return math.inf
        return LONGEST_AGE.total_seconds() - (self._fresh_until_ms - self._clock.now_ms()) / 1000

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
            async with self._one_at_a_time:  # an older answer must not come to lie over a newer one
                await self._read()
        except StoreError as error:
            self._metrics.keys_refresh_failures.add("store")
            self._log.warning("keys_not_refreshed", cause=type(error).__name__)

    def _loaded(self) -> None:
        """Called after records were loaded."""

    async def _read(self) -> None:
        asked_ms = self._clock.now_ms()
        generation = await self._store.execute(b"HGET", self._shelf.records, GENERATION)
        if generation is None and self._generation is not None:
            # A store that was emptied is a store that failed: revoking everything at once is not its decision to make.
            raise StoreError("the records are gone from the store")
        if generation != self._generation:
            self._load(_pairs(await self._store.execute(b"HGETALL", self._shelf.records)))
            self._generation = generation
        self._fresh_until_ms = asked_ms + LONGEST_AGE // timedelta(milliseconds=1)

    def _load(self, stored: Iterable[tuple[bytes, bytes]]) -> None:
        newest = {record.id: record for record in self._records.values()}
        present = set[str]()
        for field, value in stored:
            if field == GENERATION:
                continue
            try:
                record = self._verify(value, self._key)
            except BadRecordError:
                self._metrics.keys_refresh_failures.add("signature")
                self._log.error("key_record_refused")
                continue
            present.add(record.id)
            known = newest.get(record.id)
            if known is None or record.version >= known.version:
                newest[record.id] = record
        self._records = {record.sha256: record for record in newest.values() if record.id in present}
        self._loaded()

    async def _listen(self) -> None:
        async with aclosing(self._store.listen(self._shelf.changed)) as events:
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
