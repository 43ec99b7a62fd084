"""Facts about accounts, from the cache where it has them and from the database where it has not.

    fresh in the cache        one read; near the end of their soft life they are read anew meanwhile
    missing or older          take a lease, read the database once, fill the cache if the lease still stands
    cache down                read the database, through a small pool
    database slow             OVERLOADED for what it cannot take, UNAVAILABLE for what it does not answer in time
    database down             facts beyond their soft life, up to the hard limit; then UNAVAILABLE

A write drops facts and leases after its commit, so a reader that was under way with the old facts cannot put them back.
Should that drop get lost, the soft life bounds how long the old facts are believed; only an outage of the database
extends it, never load.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.admission import RETRY_AFTER_SHED
from xacthuc.grpckit.errors import LimitExceeded, Unavailable, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.ports.standing import Standing, StandingUnavailable
from xacthuc.identity.usecases.breaker import PAUSE, Breaker
from xacthuc.sql.errors import DatabaseBusy, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from xacthuc.clock import Clock
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.ports.standing import FactsSource, StandingStore

SOFT_LIFE: Final = timedelta(seconds=30)
"""The longest a change can go unnoticed when the message about it is lost."""

FRESH: Final = timedelta(seconds=20)
"""Until then facts are left alone; between then and the end of their soft life each call may read them anew, by chance,
so that accounts which were filled together are not read together."""

CLOCK_TOLERANCE: Final = timedelta(seconds=2)
"""How far a process's clock may be ahead of ours; facts from further ahead would count as fresh for too long."""

_MILLISECOND: Final = timedelta(milliseconds=1)


class Standings:
    """Reads facts; one question per account is under way at a time in this process."""

    def __init__(
        self,
        store: StandingStore,
        source: FactsSource,
        clock: Clock,
        *,
        hard_limit: timedelta,
        most_reads: int,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`hard_limit` is how old facts may be while the database is down, `most_reads` how many may ask it at once.

        `chance` draws from 0 to 1.
        """
        self._store = store
        self._source = source
        self._clock = clock
        self._chance = chance
        self._fresh_ms = FRESH // _MILLISECOND
        self._soft_ms = SOFT_LIFE // _MILLISECOND
        self._hard_ms = hard_limit // _MILLISECOND
        self._ahead_ms = CLOCK_TOLERANCE // _MILLISECOND
        self._most_reads = most_reads
        self._under_way: dict[tuple[str, str], asyncio.Task[Facts]] = {}
        self._breaker = Breaker()
        self._log = get_logger()

    async def facts(self, platform: str, account_id: str) -> Facts:
        """Returns the facts of an account; Unavailable or LimitExceeded when neither cache nor database can tell."""
        try:
            kept = await self._store.read(platform, account_id)
        except StandingUnavailable:
            return await self._join(platform, account_id, None, cached=False)
        if kept is not None:
            age_ms = self._clock.now_ms() - kept.read_ms
            if age_ms < -self._ahead_ms:
                kept = None
            elif age_ms < self._soft_ms:
                if age_ms > self._fresh_ms + self._chance() * (self._soft_ms - self._fresh_ms):
                    self._read_ahead(platform, account_id, kept)
                return kept.facts
        return await self._join(platform, account_id, kept, cached=True)

    async def forget(self, platform: str, account_ids: Collection[str]) -> None:
        """Makes the next reader ask the database; call it after a commit. A cache that is down is only logged."""
        for account_id in account_ids:
            self._under_way.pop((platform, account_id), None)
        try:
            await self._store.drop(platform, account_ids)
        except StandingUnavailable:
            self._log.warning("standing_not_dropped", accounts=len(account_ids))

    def _read_ahead(self, platform: str, account_id: str, kept: Standing) -> None:
        """Reads anew while the kept facts still serve, so that accounts filled together do not all wait together."""
        idle = len(self._under_way) < self._most_reads // 2 and not self._breaker.rests(self._clock.now_ms())
        if idle and (platform, account_id) not in self._under_way:
            self._begin((platform, account_id), kept, cached=True)

    def _begin(self, key: tuple[str, str], kept: Standing | None, *, cached: bool) -> asyncio.Task[Facts]:
        task = asyncio.create_task(self._read(*key, kept, cached=cached))
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._finished(key, done))
        return task

    async def _join(self, platform: str, account_id: str, kept: Standing | None, *, cached: bool) -> Facts:
        if kept is not None and self._breaker.rests(self._clock.now_ms()):
            return self._older(kept, _unavailable())
        key = (platform, account_id)
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= self._most_reads:
                return self._older(kept, _overloaded())
            task = self._begin(key, kept, cached=cached)
        return await asyncio.shield(task)

    def _finished(self, key: tuple[str, str], task: asyncio.Task[Facts]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # whoever waits is told; when all have gone, nobody needs to be

    async def _read(self, platform: str, account_id: str, kept: Standing | None, *, cached: bool) -> Facts:
        lease = None
        if cached:
            with suppress(StandingUnavailable):
                lease = await self._store.lease(platform, account_id)
        read_ms = self._clock.now_ms()
        try:
            facts = await self._source.read(platform, account_id)
        except DatabaseUnavailable as error:
            tell = self._breaker.busy if isinstance(error, DatabaseBusy) else self._breaker.lost
            tell(self._clock.now_ms())
            return self._older(kept, _unavailable())
        self._breaker.answered()
        if lease is not None:
            # Ids that nobody registered are without end, so they are kept no longer than they are believed.
            kept_ms = self._hard_ms if facts.registered else self._soft_ms
            with suppress(StandingUnavailable):
                await self._store.fill(platform, account_id, lease, Standing(facts, read_ms), kept_ms)
        return facts

    def _older(self, kept: Standing | None, refusal: XacthucError) -> Facts:
        """Returns facts beyond their soft life if the database is down; raises `refusal` otherwise."""
        if kept is not None and self._breaker.is_down and self._clock.now_ms() - kept.read_ms < self._hard_ms:
            return kept.facts
        raise refusal


def _unavailable() -> Unavailable:
    return Unavailable(
        Reason.DATABASE_UNAVAILABLE, "what is known of the account cannot be read at present", retry_after=PAUSE
    )


def _overloaded() -> LimitExceeded:
    """Another process, or this one in a moment, may have room: nothing is down."""
    return LimitExceeded(
        "this server reads as much from its database as it can", reason=Reason.OVERLOADED, retry_after=RETRY_AFTER_SHED
    )
