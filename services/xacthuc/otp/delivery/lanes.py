"""Reads the lanes of the held partitions and sees every entry through, without ever blocking on the store.

An entry stays in its stream until it is settled there, so whatever this process knows of it may be lost at any moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.parcel import Pending
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from xacthuc.otp.delivery.courier import Courier
    from xacthuc.otp.delivery.ports import Entry, Queue, Tenure

_log: Final = get_logger()

_READ_AT_ONCE: Final = 64
_BULK_READ_AT_ONCE: Final = 16
"""Of notices, in one partition: beginning them takes time from the codes that come meanwhile."""
_BULK_PARTITIONS_AT_ONCE: Final = 8
"""Read side by side. All 256 at once would begin 16 000 waiting notices before anything finds the lane full."""
_AFTER_A_FAULT_SECONDS: Final = 15.0
_LONGEST_DEFERENCE_SECONDS: Final = 0.1
"""For a notice to wait for a moment without codes: what it takes to send one is time that a code would wait."""
_PENDING_PER_WORKER: Final = 16
"""Entries known to this process, as a multiple of those under way: what waits for a provider stays in the streams."""
_MOST_HELD_BACK: Final = 10_000
"""Entries that a kill switch, a spent budget or the night hold back and this process knows nevertheless, a few hundred
bytes each. They come on top, so that one platform's switch does not fill the lane of all."""


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
        behind: Lane | None = None,
    ) -> None:
        """`per_second` paces the starts; 0 does not. Each start waits for a moment without work in the lane `behind`."""
        self._queue = queue
        self._courier = courier
        self._held = held
        self._bulk = bulk
        self._read_at_once = _BULK_READ_AT_ONCE if bulk else _READ_AT_ONCE
        self.concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._most = concurrency * _PENDING_PER_WORKER
        self._gap_seconds = 1 / per_second if per_second else 0.0
        self._next_start = 0.0
        self._positions: dict[int, tuple[Tenure, str]] = {}
        self._pending: dict[str, Pending] = {}
        self._held_back: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._active: Counter[int] = Counter()
        self._under_way = 0
        self._behind = behind
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False

    def busy(self, partition: int) -> bool:
        """Tells whether an entry of the partition is under way."""
        return self._active[partition] > 0

    def under_way(self) -> int:
        """Returns how many entries are being sent, of the `concurrency` that may be."""
        return self.concurrency - self._slots._value  # noqa: SLF001 - asyncio tells it in no other way

    def oldest_ms(self) -> int | None:
        """Returns when the oldest entry known here was queued."""
        return min((pending.entry.queued_ms for pending in self._pending.values()), default=None)

    async def idle(self) -> None:
        """Waits until nothing is under way here, for a tenth of a second at the most: no lane waits for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_DEFERENCE_SECONDS):
                await self._idle.wait()

    async def look(self, partitions: Iterable[int]) -> None:
        """Reads what is new in those of `partitions` that are held: of codes all in one trip, of notices a few a trip."""
        held = self._held()
        tenures = [held[partition] for partition in partitions if partition in held]
        if tenures and not self._full():
            at_once = _BULK_PARTITIONS_AT_ONCE if self._bulk else len(tenures)
            left = iter(tenures)
            await asyncio.gather(*(self._read_each(left) for _ in range(at_once)))

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

    async def _read_each(self, tenures: Iterator[Tenure]) -> None:
        for tenure in tenures:
            if self._full():
                return
            await self._read(tenure)

    async def _read(self, tenure: Tenure) -> None:
        known, after = self._positions.get(tenure.partition, (None, ""))
        if known != tenure:
            after = ""  # a new hold on the partition: everything still there is ours to see through
        while True:
            entries = await self._queue.read(tenure.partition, after, bulk=self._bulk, most=self._read_at_once)
            for entry in entries:
                self._begin(entry, tenure)
            after = entries[-1].key if entries else after
            self._positions[tenure.partition] = (tenure, after)
            if len(entries) < self._read_at_once or self._full():
                return

    def _full(self) -> bool:
        held_back = len(self._held_back)
        return len(self._pending) - held_back >= self._most or held_back >= _MOST_HELD_BACK

    def _begin(self, entry: Entry, tenure: Tenure) -> None:
        name = f"{entry.partition}/{entry.key}"
        known = self._pending.get(name)
        if known is not None and known.tenure == tenure:
            return
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._held_back.discard(name)
        self._pending[name] = pending = Pending(entry, tenure)
        self._start(name, pending)

    def _start(self, name: str, pending: Pending) -> None:
        self._timers.pop(name, None)
        task = asyncio.create_task(self._see_through(name, pending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, name: str, pending: Pending) -> None:
        # What is held back is looked after aside: it takes no place and no pace from what may be sent.
        why = await self._courier.holds(pending.entry)
        if self._pending.get(name) is not pending:
            return
        if why:
            self._held_back.add(name)
            again = await self._step(name, pending, lambda each: self._courier.hold(each, why))
        else:
            self._held_back.discard(name)
            async with self._slots:
                await self._pace()
                if self._behind is not None:
                    await self._behind.idle()
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
        self._under_way += 1
        self._idle.clear()
        try:
            if self._held().get(partition) == pending.tenure:
                again = await step(pending)
        except Exception as error:  # noqa: BLE001 - one message must not stop the others; the store caps its tries
            _log.error("delivery_failed", cause=type(error).__name__)
            again = _AFTER_A_FAULT_SECONDS
        finally:
            self._active[partition] -= 1
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
            if again is None and self._pending.get(name) is pending:
                del self._pending[name]
                self._held_back.discard(name)
        return again

    async def _pace(self) -> None:
        if self._gap_seconds:
            now = asyncio.get_running_loop().time()
            self._next_start = max(now, self._next_start + self._gap_seconds)
            await asyncio.sleep(self._next_start - now)
