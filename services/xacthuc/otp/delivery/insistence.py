"""Steps of the store that are repeated until they are done: what a provider has taken must not be forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.ids import encode, random_bytes
from xacthuc.otp.delivery.ports import EXPIRED
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.parcel import Pending
    from xacthuc.otp.delivery.ports import Claim, Done, Fate, Queue, Sent, Unsent

_T = TypeVar("_T")

_log: Final = get_logger()

_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 2.0
_TOKEN_BYTES: Final = 9


async def insist(step: Callable[[], Awaitable[_T]]) -> _T:
    """Returns what `step` returns once the store lets it.

    Every step may run twice without harm. A worker that lost the partition in between is told so by the fence.
    """
    pause_seconds = _PAUSE_SECONDS
    while True:
        try:
            return await step()
        except StoreError as error:
            _log.warning("delivery_step_failed", cause=str(error))
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class InsistentQueue:
    """The writes of `ports.Queue`, each at the time of its last try."""

    queue: Queue
    clock: Clock

    async def claim(self, pending: Pending, previous: Fate | None) -> Claim | Done:
        """Claims one request under a token of its own."""
        token, late = encode(random_bytes(_TOKEN_BYTES)), pending.held_back or EXPIRED
        return await insist(
            lambda: self.queue.claim(pending.tenure, pending.entry, token, previous, self.clock.now_ms(), late=late)
        )

    async def put_back(self, pending: Pending, previous: Fate | None, *, late: str = EXPIRED) -> Done | None:
        """Leaves the entry for later; Done when its time is over."""
        return await insist(
            lambda: self.queue.put_back(pending.tenure, pending.entry, previous, self.clock.now_ms(), late=late)
        )

    async def give_up(self, pending: Pending, previous: Fate, reason: str) -> None:
        """Takes the entry from its lane as one that failed under a claim that was not used."""
        await insist(lambda: self.queue.give_up(pending.tenure, pending.entry, previous, reason, self.clock.now_ms()))

    async def settle(self, pending: Pending, ending: Sent | Unsent) -> None:
        """Takes the entry from its lane and records how it ended."""
        await insist(lambda: self.queue.settle(pending.tenure, pending.entry, ending, self.clock.now_ms()))
