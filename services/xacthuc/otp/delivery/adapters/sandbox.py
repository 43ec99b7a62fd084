"""Reserved numbers whose messages always end the same way, so that a platform can try out every ending.

    +84 992 000 000  delivered at once          +84 992 000 004  not reachable: rejected for good
    +84 992 000 001  delivered 20 s later       +84 992 000 005  throttled twice, then delivered
    +84 992 000 002  accepted, never a receipt  +84 992 000 006  rejected: the number is inactive
    +84 992 000 003  a receipt says it failed   others           delivered at once

Only in development; the messages stand in the inbox as well.
"""

from __future__ import annotations

import asyncio
import heapq
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.ports import Accepted, Channel, Receipt, Rejected, Status
from xacthuc.phone.sandbox import is_reserved
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.console import Inbox
    from xacthuc.otp.delivery.ports import Answer, Message

LATE_MS: Final = 20_000
_THROTTLED_REQUESTS: Final = 2
_LOOK_SECONDS: Final = 0.1

_LATE, _NEVER, _FAILED, _WRONG_NETWORK, _THROTTLED, _INACTIVE = range(1, 7)


class Sandbox:
    """Implements the scripts. Its receipts are kept in memory: a restart forgets those that are still to come."""

    name: Final = "sandbox"
    channels: Final = tuple(Channel)
    reports: Final = True

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        """Writes to `inbox`; receipts come by `clock`."""
        self._inbox = inbox
        self._clock = clock
        self._due: list[tuple[int, int, Receipt]] = []
        self._made = 0

    def takes(self, message: Message) -> bool:
        """Takes messages to reserved numbers."""
        return is_reserved(message.to)

    async def send(self, message: Message) -> Answer:
        """Plays the script of the number."""
        script = int(message.to[-2:])
        if script == _WRONG_NETWORK:
            return Rejected(reason="wrong_network", final=True)
        if script == _INACTIVE:
            return Rejected(reason="number_inactive", final=True)
        if script == _THROTTLED and message.request <= _THROTTLED_REQUESTS:
            return Rejected(reason="throttled")
        self._inbox.add(message)
        self._plan(script, message.id)
        return Accepted(message.id)

    async def report(self, receive: Callable[[str, Receipt], Awaitable[None]]) -> None:
        """Hands over receipts when their time has come; runs until canceled."""
        while True:
            # A receipt that the store does not take now is brought again, as a real provider would.
            with suppress(StoreError):
                while self._due and self._due[0][0] <= self._clock.now_ms():
                    await receive(self.name, self._due[0][2])
                    heapq.heappop(self._due)
            await asyncio.sleep(_LOOK_SECONDS)

    def _plan(self, script: int, message_id: str) -> None:
        if script == _NEVER:
            return
        failed = script == _FAILED
        receipt = Receipt(message_id, Status.FAILED if failed else Status.DELIVERED, "undelivered" if failed else "")
        self._made += 1
        at_ms = self._clock.now_ms() + (LATE_MS if script == _LATE else 0)
        heapq.heappush(self._due, (at_ms, self._made, receipt))
