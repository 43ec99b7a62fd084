"""When the lanes are looked at: at once when something was queued, and all of them every now and then."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import WAKE_CHANNEL
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import Message, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xacthuc.otp.delivery.lanes import Lane
    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.valkey import Store

_log: Final = get_logger()


class Wakeups:
    """Looks at the lanes when something was queued, and at all of them every now and then."""

    def __init__(self, store: Store, lanes: tuple[Lane, ...], held: Callable[[], Mapping[int, Tenure]]) -> None:
        """Watches `lanes`."""
        self._store = store
        self._lanes = lanes
        self._held = held
        self._due: set[int] = set()
        self._event = asyncio.Event()

    def wake(self, partition: int) -> None:
        """Has a partition looked at soon."""
        self._due.add(partition)
        self._event.set()

    async def listen(self) -> None:
        """Takes wake-ups from the store until canceled. One that is lost costs a poll's time."""
        async with aclosing(self._store.listen(WAKE_CHANNEL)) as events:
            async for event in events:
                if isinstance(event, Message) and event.data.isdigit():
                    self.wake(int(event.data))
                else:
                    for partition in self._held():
                        self.wake(partition)

    async def run(self, poll_seconds: float) -> None:
        """Looks until canceled."""
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            try:
                async with asyncio.timeout(max(next_poll - loop.time(), 0)):
                    await self._event.wait()
            except TimeoutError:
                next_poll = loop.time() + poll_seconds
                self._due.update(self._held())
            due, self._due = self._due, set()
            self._event.clear()
            try:
                for lane in self._lanes:
                    await lane.look(due)
            except StoreError as error:
                _log.warning("lanes_not_read", cause=str(error))
