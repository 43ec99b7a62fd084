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
from xacthuc.identity.domain.facts import foreseeable
from xacthuc.identity.ports.standing import Standing, StandingUnavailable
from xacthuc.identity.usecases.breaker import PAUSE, Breaker
from xacthuc.sql.errors import DatabaseBusy, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

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

MOST_TOGETHER: Final = 100
"""Accounts asked about in one question: what is read of more would hold up every other call while it is understood."""

_MILLISECOND: Final = timedelta(milliseconds=1)


class Standings:
    """Reads facts; an account is asked about once at a time in this process."""

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
        """`hard_limit` is how old facts may be while the database is down, `most_reads` how many it is asked at once.

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
        self._reading: set[asyncio.Task[Mapping[str, Facts]]] = set()
        self._under_way: dict[tuple[str, str], asyncio.Task[Mapping[str, Facts]]] = {}
        self._breaker = Breaker()
        self._log = get_logger()

    async def facts(self, platform: str, account_id: str) -> Facts:
        """Returns the facts of an account; Unavailable or LimitExceeded when neither cache nor database can tell."""
        try:
            kept = await self._store.read(platform, account_id)
        except StandingUnavailable:
            return (await self._ask(platform, {account_id: None}, cached=False))[account_id]
        if kept is not None and -self._ahead_ms <= self._clock.now_ms() - kept.read_ms <= self._fresh_ms:
            return kept.facts
        return (await self._look_closer(platform, {account_id: kept}))[account_id]

    async def facts_of(self, platform: str, account_ids: Collection[str]) -> Mapping[str, Facts]:
        """Returns the facts of many accounts; Unavailable or LimitExceeded when those of one cannot be told."""
        found, now_ms = await self._store.read_all(platform, account_ids), self._clock.now_ms()
        oldest_ms, newest_ms = now_ms - self._fresh_ms, now_ms + self._ahead_ms
        if found.read_ms and oldest_ms <= min(found.read_ms) and max(found.read_ms) <= newest_ms:
            return {each: facts for each, facts in zip(account_ids, found.facts, strict=True) if facts is not None}
        kept: dict[str, Standing | None] = {}
        untold: dict[str, Standing | None] = {}
        for at, (account_id, facts, read_ms) in enumerate(zip(account_ids, found.facts, found.read_ms, strict=True)):
            if at in found.untold:
                untold[account_id] = None
            else:
                kept[account_id] = None if facts is None else Standing(facts, read_ms)
        return {
            **await self._look_closer(platform, kept),
            **await self._ask(platform, untold, cached=False),
        }

    async def forget(self, platform: str, account_ids: Collection[str]) -> None:
        """Makes the next reader ask the database; call it after a commit. A cache that is down is only logged."""
        for account_id in account_ids:
            self._under_way.pop((platform, account_id), None)
        try:
            await self._store.drop(platform, account_ids)
        except StandingUnavailable:
            self._log.warning("standing_not_dropped", accounts=len(account_ids))

    async def drain(self) -> None:
        """Waits for what is still being read, perhaps for nobody any more; call it before the database is left."""
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _look_closer(self, platform: str, standings: Mapping[str, Standing | None]) -> dict[str, Facts]:
        """Returns facts where the kept ones are missing, not to be believed, or near the end of their soft life."""
        now_ms = self._clock.now_ms()
        facts: dict[str, Facts] = {}
        ageing: dict[str, Standing | None] = {}
        missing: dict[str, Standing | None] = {}
        for account_id, kept in standings.items():
            age_ms = -1 - self._ahead_ms if kept is None else now_ms - kept.read_ms
            if kept is None or age_ms < -self._ahead_ms:
                missing[account_id] = None
            elif age_ms >= self._soft_ms:
                missing[account_id] = kept
            else:
                facts[account_id] = kept.facts
                if age_ms > self._fresh_ms + self._chance() * (self._soft_ms - self._fresh_ms):
                    ageing[account_id] = kept
        if ageing:
            self._read_ahead(platform, ageing)
        if missing:
            facts.update(await self._ask(platform, missing, cached=True))
        return facts

    def _read_ahead(self, platform: str, ageing: Mapping[str, Standing | None]) -> None:
        """Reads anew while the kept facts still serve, so that accounts filled together do not all wait together."""
        due = {each: kept for each, kept in ageing.items() if (platform, each) not in self._under_way}
        idle = len(self._reading) < self._most_reads // 2 and not self._breaker.rests(self._clock.now_ms())
        if due and idle:
            self._begin(platform, due, cached=True)

    async def _ask(self, platform: str, kept: Mapping[str, Standing | None], *, cached: bool) -> dict[str, Facts]:
        """Asks the database, once for whatever several callers want to know."""
        if any(kept.values()) and self._breaker.rests(self._clock.now_ms()):
            return {account_id: self._older(standing, _unavailable()) for account_id, standing in kept.items()}
        facts: dict[str, Facts] = {}
        asked: dict[asyncio.Task[Mapping[str, Facts]], list[str]] = {}
        new = []
        for account_id in kept:
            task = self._under_way.get((platform, account_id))
            if task is None:
                new.append(account_id)
            else:
                asked.setdefault(task, []).append(account_id)
        for first in range(0, len(new), MOST_TOGETHER):
            together = new[first : first + MOST_TOGETHER]
            if len(self._reading) < self._most_reads:
                asked[self._begin(platform, {each: kept[each] for each in together}, cached=cached)] = together
            else:
                facts.update({each: self._older(kept[each], _overloaded()) for each in together})
        for task, account_ids in asked.items():
            told = await asyncio.shield(task)
            if not told.keys() >= set(account_ids):
                raise _unavailable()
            facts.update({account_id: told[account_id] for account_id in account_ids})
        return facts

    def _begin(
        self, platform: str, kept: Mapping[str, Standing | None], *, cached: bool
    ) -> asyncio.Task[Mapping[str, Facts]]:
        task = asyncio.create_task(self._read(platform, kept, cached=cached))
        self._reading.add(task)
        self._under_way.update({(platform, account_id): task for account_id in kept})
        task.add_done_callback(lambda done: self._finished(platform, kept, done))
        return task

    def _finished(self, platform: str, account_ids: Iterable[str], task: asyncio.Task[Mapping[str, Facts]]) -> None:
        self._reading.discard(task)
        for account_id in account_ids:
            if self._under_way.get((platform, account_id)) is task:
                del self._under_way[platform, account_id]
        if not task.cancelled():
            task.exception()  # whoever waits is told; when all have gone, nobody needs to be

    async def _read(self, platform: str, kept: Mapping[str, Standing | None], *, cached: bool) -> Mapping[str, Facts]:
        """Returns what the database says, or what still serves while it is down; an account of neither is left out."""
        account_ids = list(kept)
        leases = await self._store.lease(platform, account_ids) if cached else {}
        read_ms = self._clock.now_ms()
        try:
            told = await self._source.read(platform, account_ids)
        except DatabaseUnavailable as error:
            tell = self._breaker.busy if isinstance(error, DatabaseBusy) else self._breaker.lost
            tell(self._clock.now_ms())
            return {each: standing.facts for each, standing in kept.items() if standing and self._serves(standing)}
        self._breaker.answered()
        facts = {each: foreseeable(known, read_ms) for each, known in told.items()}
        await asyncio.gather(
            *(self._fill(platform, each, lease, Standing(facts[each], read_ms)) for each, lease in leases.items())
        )
        return facts

    async def _fill(self, platform: str, account_id: str, lease: bytes, standing: Standing) -> None:
        # Ids that nobody registered are without end, so they are kept no longer than they are believed.
        kept_ms = self._hard_ms if standing.facts.registered else self._soft_ms
        with suppress(StandingUnavailable):
            await self._store.fill(platform, account_id, lease, standing, kept_ms)

    def _older(self, kept: Standing | None, refusal: XacthucError) -> Facts:
        """Returns facts beyond their soft life if the database is down; raises `refusal` otherwise."""
        if kept is not None and self._serves(kept):
            return kept.facts
        raise refusal

    def _serves(self, kept: Standing) -> bool:
        """Whether facts beyond their soft life are to be used: only while the database is down."""
        return self._breaker.is_down and self._clock.now_ms() - kept.read_ms < self._hard_ms


def _unavailable() -> Unavailable:
    return Unavailable(
        Reason.DATABASE_UNAVAILABLE, "what is known of the account cannot be read at present", retry_after=PAUSE
    )


def _overloaded() -> LimitExceeded:
    """Another process, or this one in a moment, may have room: nothing is down."""
    return LimitExceeded(
        "this server reads as much from its database as it can", reason=Reason.OVERLOADED, retry_after=RETRY_AFTER_SHED
    )
