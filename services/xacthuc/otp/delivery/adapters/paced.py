"""Waiting for one's turn at a provider that names a pace, which all workers share."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.domain.pace import Pace
from xacthuc.otp.delivery.ports import PACED, THROTTLED, Accepted, Left, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.otp.delivery.ports import Answer

LONGEST_WAIT_SECONDS: Final = 2.0
"""A person waits, and the claim of the message stands meanwhile: another provider is asked instead."""

TOO_MANY_WAIT: Final = Rejected(reason=PACED, left=Left.NOTHING)


class Paced:
    """The turns of one worker at one provider."""

    def __init__(self, per_second: float) -> None:
        """`per_second` over all workers; 0: nobody waits."""
        self._pace = Pace(per_second) if per_second else None
        self._workers: Callable[[], int] = _alone
        self._turns = asyncio.Lock()
        self._ahead = 0
        """Who waits and has no slot yet."""

    def divide_among(self, workers: Callable[[], int]) -> None:
        """Keeps to this worker's share of the pace, among as many as there are at each turn."""
        self._workers = workers

    async def turn(self, *, begun: bool = False) -> Rejected | None:
        """Waits for a turn; returns what to answer instead when that would take too long.

        What has `begun`, as a message of which one segment is out, waits as long as it takes.
        """
        pace = self._pace
        if pace is None:
            return None
        pace.share(self._workers())
        if not begun and pace.delay(time.monotonic(), self._ahead) > LONGEST_WAIT_SECONDS:
            return TOO_MANY_WAIT
        self._ahead += 1
        try:
            await self._turns.acquire()
        finally:
            self._ahead -= 1
        try:
            pace.share(self._workers())
            await asyncio.sleep(pace.reserve(time.monotonic()))
        finally:
            self._turns.release()
        return None

    def heard(self, answer: Answer) -> None:
        """Slows down when the provider says that it is too much, and comes back when it takes messages."""
        if self._pace is None:
            return
        if isinstance(answer, Accepted):
            self._pace.speed_up(time.monotonic())
        elif answer.reason == THROTTLED:
            self._pace.slow_down(time.monotonic())


def _alone() -> int:
    return 1
