"""Keeps this worker's even share of the partitions: announces it, takes, renews and gives up leases."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.domain.shares import share
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError
from xacthuc.valkey.partition import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Holdings, Tenure

_log: Final = get_logger()

_RENEWALS = 3
"""Per life of a lease: two may fail before the partition is another's."""


class Leases:
    """The partitions this worker holds. What it lost shows when the store refuses a write, at the latest."""

    def __init__(
        self,
        worker: str,
        holdings: Holdings,
        clock: Clock,
        *,
        lease_seconds: float,
        busy: Callable[[int], bool],
        gained: Callable[[int], None],
    ) -> None:
        """Takes nothing yet.

        Args:
            worker: names this process, anew at each start.
            holdings: the store's side.
            clock: the time leases are written in.
            lease_seconds: how long a lease lasts unless renewed.
            busy: tells whether messages of a partition are under way; such a partition is kept until they are done.
            gained: is told of each partition that was taken.

        """
        self.worker = worker
        self.held: Mapping[int, Tenure] = {}
        """Partitions to work on. Those that are being given up are no longer here."""
        self._holdings = holdings
        self._clock = clock
        self._lease_ms = round(lease_seconds * 1000)
        self._busy = busy
        self._gained = gained
        self._leaving: dict[int, Tenure] = {}
        self._workers: tuple[str, ...] = ()
        self._share: frozenset[int] = frozenset()

    def live(self) -> int:
        """Returns how many workers live, this one included, as of the last renewal."""
        return max(1, len(self._workers))

    async def run(self) -> None:
        """Keeps the share until canceled."""
        while True:
            try:
                await self.renew()
            except StoreError as error:
                _log.warning("leases_not_renewed", cause=str(error))
            await asyncio.sleep(self._lease_ms / 1000 / _RENEWALS)

    async def renew(self) -> None:
        """Announces this worker, then renews, takes and gives up what its share asks for."""
        now_ms = self._clock.now_ms()
        workers = await self._holdings.announce(self.worker, now_ms + self._lease_ms, now_ms)
        if tuple(workers) != self._workers:
            self._workers = tuple(workers)
            self._share = share(self.worker, self._workers, PARTITIONS)
            _log.info("partitions_shared", workers=len(workers), partitions=len(self._share))
        wanted = sorted(
            self._share | {partition for partition in (*self.held, *self._leaving) if self._busy(partition)}
        )
        until_ms = self._clock.now_ms() + self._lease_ms
        tenures = await asyncio.gather(*(self._take(partition, until_ms) for partition in wanted))
        kept = {tenure.partition: tenure for tenure in tenures if tenure is not None}
        given_up = [tenure for number, tenure in {**self._leaving, **self.held}.items() if number not in wanted]
        before = self.held
        self.held = {number: tenure for number, tenure in kept.items() if number in self._share}
        self._leaving = {number: tenure for number, tenure in kept.items() if number not in self._share}
        for number, tenure in self.held.items():
            if before.get(number) != tenure:
                self._gained(number)
        await asyncio.gather(*(self._holdings.leave(self.worker, tenure) for tenure in given_up))

    async def leave(self) -> None:
        """Gives everything up, so that others need not wait for the leases to run out."""
        tenures = [*self.held.values(), *self._leaving.values()]
        self.held, self._leaving = {}, {}
        await self._holdings.announce(self.worker, 0, self._clock.now_ms())
        await asyncio.gather(*(self._holdings.leave(self.worker, tenure) for tenure in tenures))

    async def _take(self, partition: int, until_ms: int) -> Tenure | None:
        return await self._holdings.take(self.worker, partition, until_ms, self._clock.now_ms())
