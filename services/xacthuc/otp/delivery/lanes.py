"""Reads the lanes of the held partitions and sees every entry through, without ever blocking on the store.

An entry stays in its stream until it is settled there, so whatever this process knows of it may be lost at any moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.courier import Pending
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from xacthuc.otp.delivery.courier import Courier
    from xacthuc.otp.delivery.ports import Entry, Queue, Tenure

_log: Final = get_logger()

_READ_AT_ONCE: Final = 64
_AFTER_A_FAULT_SECONDS: Final = 15.0
_PENDING_PER_WORKER: Final = 16
"""Entries known to this process, as a multiple of those under way: what waits for a provider stays in the streams."""
_MOST_STOPPED: Final = 10_000
"""Entries that kill switches hold back and this process knows nevertheless, a few hundred bytes each. They come on top,
so that one platform's switch does not fill the lane of all."""


class Lane:
    """One lane of all held partitions: read on wake-up and on poll, a bounded number under way, paced when asked."""

    def __init__(
        self,
        queue: Queue,
        courier: Courier,
        held: Callable[[], Mapping[int, Tenure]],
        *,
        bulk: bool,
        concurrency: int,
        per_second: float = 0.0,
    ) -> None:
        """`per_second` paces the starts; 0 does not."""
        self._queue = queue
        self._courier = courier
        self._held = held
        self._bulk = bulk
        self._slots = asyncio.Semaphore(concurrency)
        self._most = concurrency * _PENDING_PER_WORKER
        self._gap_seconds = 1 / per_second if per_second else 0.0
        self._next_start = 0.0
        self._positions: dict[int, tuple[Tenure, str]] = {}
        self._pending: dict[str, Pending] = {}
        self._stopped: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._active: Counter[int] = Counter()
        self._draining = False

    def busy(self, partition: int) -> bool:
        """Tells whether an entry of the partition is under way."""
        return self._active[partition] > 0

    def oldest_ms(self) -> int | None:
        """Returns when the oldest entry known here was queued."""
        return min((pending.entry.queued_ms for pending in self._pending.values()), default=None)

    async def look(self, partitions: Iterable[int]) -> None:
        """Reads what is new in those of `partitions` that are held, all in one trip."""
        held = self._held()
        tenures = [held[partition] for partition in partitions if partition in held]
        if tenures and not self._full():
            await asyncio.gather(*(self._read(tenure) for tenure in tenures))

    async def drain(self, seconds: float) -> None:
        """Starts nothing more and waits for what is under way, at most so long; then abandons it to the next worker."""
        self._draining = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _read(self, tenure: Tenure) -> None:
        known, after = self._positions.get(tenure.partition, (None, ""))
        if known != tenure:
            after = ""  # a new hold on the partition: everything still there is ours to see through
        while True:
            entries = await self._queue.read(tenure.partition, after, bulk=self._bulk, most=_READ_AT_ONCE)
            for entry in entries:
                self._begin(entry, tenure)
            after = entries[-1].key if entries else after
            self._positions[tenure.partition] = (tenure, after)
            if len(entries) < _READ_AT_ONCE or self._full():
                return

    def _full(self) -> bool:
        stopped = len(self._stopped)
        return len(self._pending) - stopped >= self._most or stopped >= _MOST_STOPPED

    def _begin(self, entry: Entry, tenure: Tenure) -> None:
        name = f"{entry.partition}/{entry.key}"
        known = self._pending.get(name)
        if known is not None and known.tenure == tenure:
            return
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._stopped.discard(name)
        self._pending[name] = pending = Pending(entry, tenure)
        self._start(name, pending)

    def _start(self, name: str, pending: Pending) -> None:
        self._timers.pop(name, None)
        task = asyncio.create_task(self._see_through(name, pending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, name: str, pending: Pending) -> None:
        # What is stopped is looked after aside: it takes no place and no pace from what may be sent.
        stopped = await self._courier.stopped(pending.entry)
        if self._pending.get(name) is not pending:
            return
        if stopped:
            self._stopped.add(name)
            again = await self._step(name, pending, self._courier.hold)
        else:
            self._stopped.discard(name)
            async with self._slots:
                await self._pace()
                again = await self._step(name, pending, self._courier.carry)
        if again is not None and self._pending.get(name) is pending:
            self._timers[name] = asyncio.get_running_loop().call_later(again, self._start, name, pending)

    async def _step(
        self, name: str, pending: Pending, step: Callable[[Pending], Awaitable[float | None]]
    ) -> float | None:
        """Takes one step with an entry that is still ours, and forgets the entry when nothing is left to do."""
        partition, again = pending.entry.partition, None
        if self._draining or self._pending.get(name) is not pending:
            return None
        self._active[partition] += 1
        try:
            if self._held().get(partition) == pending.tenure:
                again = await step(pending)
        except Exception as error:  # noqa: BLE001 - one message must not stop the others; the store caps its tries
            _log.error("delivery_failed", cause=type(error).__name__)
            again = _AFTER_A_FAULT_SECONDS
        finally:
            self._active[partition] -= 1
            if again is None and self._pending.get(name) is pending:
                del self._pending[name]
                self._stopped.discard(name)
        return again

    async def _pace(self) -> None:
        if self._gap_seconds:
            now = asyncio.get_running_loop().time()
            self._next_start = max(now, self._next_start + self._gap_seconds)
            await asyncio.sleep(self._next_start - now)
