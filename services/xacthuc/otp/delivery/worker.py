"""One delivery worker: its lanes, leases and jobs, started together and ended in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.adapters.valkey_reports import report
from xacthuc.otp.delivery.adapters.valkey_wakeups import Wakeups
from xacthuc.otp.delivery.lanes import Lane
from xacthuc.otp.delivery.leases import Leases
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.valkey_fold import Fold
    from xacthuc.otp.delivery.courier import Courier
    from xacthuc.otp.delivery.failover import Failover
    from xacthuc.otp.delivery.ports import Holdings, Queue, Tenure
    from xacthuc.otp.delivery.routes import Routes
    from xacthuc.otp.delivery.settings import DeliverySettings
    from xacthuc.valkey import Store


class Worker:
    """Holds its share of the partitions and sees their messages through, until told to stop."""

    def __init__(
        self,
        name: str,
        *,
        settings: DeliverySettings,
        clock: Clock,
        store: Store,
        holdings: Holdings,
        queue: Queue,
        courier: Courier,
        fold: Fold,
        failover: Failover,
        routes: Routes,
        background: Sequence[Callable[[], Coroutine[None, None, None]]] = (),
    ) -> None:
        """`name` is new at each start: a worker that comes back is another one, so that its old holds run out.

        `background` is run beside the lanes, each until canceled.
        """
        self._settings = settings
        self._clock = clock
        self._store = store
        self._fold = fold
        self._failover = failover
        self._routes = routes
        self._background = background
        codes = Lane(queue, courier, self._held, bulk=False, concurrency=settings.concurrency)
        notices = Lane(
            queue,
            courier,
            self._held,
            bulk=True,
            concurrency=settings.notice_concurrency,
            per_second=settings.notices_per_second,
            behind=codes,
        )
        self.lanes = (codes, notices)
        self._wakeups = Wakeups(store, self.lanes, self._held)
        self.leases = Leases(
            name,
            holdings,
            clock,
            lease_seconds=settings.lease_seconds,
            busy=lambda partition: any(lane.busy(partition) for lane in self.lanes),
            gained=self._wakeups.wake,
        )

    async def run(self, stop: asyncio.Event, jobs: Sequence[Coroutine[None, None, None]] = ()) -> None:
        """Works until `stop` is set, with `jobs` beside; then drains and leaves.

        `jobs` go on until nothing is under way: among them are the connections that it is sent by.
        """
        settings = self._settings
        async with asyncio.TaskGroup() as lasting:
            kept = [lasting.create_task(job) for job in (self.leases.run(), *jobs)]
            async with asyncio.TaskGroup() as working:
                tasks = [
                    working.create_task(job)
                    for job in (
                        self._wakeups.listen(),
                        self._wakeups.run(settings.poll_seconds),
                        self._fold.run(self._held, settings.poll_seconds),
                        self._failover.run(self._held, settings.poll_seconds),
                        report(self._store, self.leases.worker, self._routes, self._clock),
                        *(start() for start in self._background),
                    )
                ]
                get_logger().info("delivery_ready", worker=self.leases.worker, providers=len(self._routes.all))
                await stop.wait()
                for task in tasks:
                    task.cancel()
            # Leases are renewed until nothing is under way, so that nobody sends the same again meanwhile.
            await asyncio.gather(*(lane.drain(settings.drain_seconds) for lane in self.lanes))
            for task in kept:
                task.cancel()
        with suppress(StoreError):
            await self.leases.leave()
        get_logger().info("delivery_stopped", worker=self.leases.worker)

    def oldest_age_seconds(self, *lanes: Lane) -> float:
        """Returns the age of the oldest message known here, in these lanes or in all."""
        queued = [oldest for lane in lanes or self.lanes if (oldest := lane.oldest_ms()) is not None]
        return (self._clock.now_ms() - min(queued)) / 1000 if queued else 0.0

    def _held(self) -> Mapping[int, Tenure]:
        return self.leases.held
