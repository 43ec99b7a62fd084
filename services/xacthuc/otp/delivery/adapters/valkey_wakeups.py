"""When the lanes are looked at: at once when something was queued, and all of them every now and then."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import WAKE_CHANNEL
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import Message, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xacthuc.otp.delivery.lanes import Lane
    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.valkey import Store

_log: Final = get_logger()


class _Watch:
    """One lane and the partitions of it that are to be looked at."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._due: set[int] = set()
        self._event = asyncio.Event()

    def wake(self, partitions: Iterable[int]) -> None:
        self._due.update(partitions)
        self._event.set()

    async def run(self, held: Callable[[], Mapping[int, Tenure]], poll_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            try:
                async with asyncio.timeout(max(next_poll - loop.time(), 0)):
                    await self._event.wait()
            except TimeoutError:
                next_poll = loop.time() + poll_seconds
                self._due.update(held())
            due, self._due = self._due, set()
            self._event.clear()
            try:
                await self._lane.look(due)
            except StoreError as error:
                _log.warning("lanes_not_read", cause=str(error))


class Wakeups:
    """Looks at the lanes when something was queued, and at all of them every now and then.

    Each lane is looked at on its own, so that reading thousands of notices keeps no code waiting.
    """

    def __init__(self, store: Store, lanes: tuple[Lane, ...], held: Callable[[], Mapping[int, Tenure]]) -> None:
        """Watches `lanes`."""
        self._store = store
        self._watches = [_Watch(lane) for lane in lanes]
        self._held = held

    def wake(self, partition: int) -> None:
        """Has a partition looked at soon."""
        self._wake((partition,))

    async def listen(self) -> None:
        """Takes wake-ups from the store until canceled. One that is lost costs a poll's time."""
        async with aclosing(self._store.listen(WAKE_CHANNEL)) as events:
            async for event in events:
                if isinstance(event, Message) and event.data.isdigit():
                    self.wake(int(event.data))
                else:
                    self._wake(self._held())

    async def run(self, poll_seconds: float) -> None:
        """Looks until canceled."""
        await asyncio.gather(*(watch.run(self._held, poll_seconds) for watch in self._watches))

    def _wake(self, partitions: Iterable[int]) -> None:
        for watch in self._watches:
            watch.wake(partitions)
