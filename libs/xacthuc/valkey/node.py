"""One server: its present link, and the making of the next one when that is lost."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xacthuc.valkey.errors import StoreError, StoreUnavailable
from xacthuc.valkey.link import Call, Link, fail
from xacthuc.valkey.redispy import Address, dial

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.valkey.script import Script

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much a connection may wait.

    Attributes:
        timeout_seconds: a call without a reply fails no later than this.
        connect_timeout_seconds: bound of connecting, logging in and a first PING together.
        max_in_flight: calls waiting on one connection; more are refused at once.

    """

    timeout_seconds: float = 1.0
    connect_timeout_seconds: float = 1.0
    max_in_flight: int = 4096


def pause_seconds(attempt: int) -> float:
    """Returns how long to wait before reconnection `attempt` (from 0): doubling, capped, half of it random."""
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 10))
    return longest * (0.5 + random.random() / 2)


class Node:
    """One server. While it has no link, calls fail at once; a task of its own keeps trying to get one.

    Attributes:
        address: where the server is.
        loading: digests of scripts whose SCRIPT LOAD is on its way over the present link.

    """

    def __init__(
        self,
        address: Address,
        limits: Limits,
        *,
        on_error: Callable[[Node, Call, str], None],
        on_lost: Callable[[Node], None],
    ) -> None:
        """Connects nothing yet. `on_error` settles calls answered by an error; `on_lost` hears of each lost link."""
        self.address = address
        self.loading: set[bytes] = set()
        self._limits = limits
        self._on_error = on_error
        self._on_lost = on_lost
        self._link: Link | None = None
        self._reconnection: asyncio.Task[None] | None = None
        self._closed = False
        self._past = [0, 0, 0, 0]
        self._waiting: list[Call] = []

    @property
    def up(self) -> bool:
        """Whether there is a link."""
        return self._link is not None

    @property
    def traffic(self) -> tuple[int, int, int, int]:
        """Commands sent, writes, bytes sent and bytes received, over all links this node ever had."""
        link = self._link
        now = (link.sent, link.writes, link.sent_bytes, link.received_bytes) if link else (0, 0, 0, 0)
        sent, writes, sent_bytes, received_bytes = (a + b for a, b in zip(self._past, now, strict=True))
        return sent, writes, sent_bytes, received_bytes

    def submit(self, call: Call) -> None:
        """Sends a call with the others of this tick; fails it at once while there is no link."""
        link = self._link
        if link is None:
            fail(call, StoreUnavailable("the store is down", sent=False, retry_after_seconds=1.0))
        else:
            link.submit(call)

    def submit_when_up(self, call: Call) -> None:
        """Sends a call as soon as there is a link; fails it when the next attempt to get one fails."""
        if self._link is not None or len(self._waiting) >= self._limits.max_in_flight:
            self.submit(call)
            return
        self._waiting.append(call)
        self.reconnect()

    def submit_unheard(self, command: bytes, when_done: Callable[[], None] | None = None) -> None:
        """Sends a command whose reply matters to nobody, such as ASKING; calls `when_done` once it is answered."""
        future = asyncio.get_running_loop().create_future()

        def settled(done: asyncio.Future[object]) -> None:
            if not done.cancelled():
                done.exception()  # marks it as seen
            if when_done is not None:
                when_done()

        future.add_done_callback(settled)
        self.submit((future, command, None, 0))

    def load(self, script: Script, command: bytes) -> None:
        """Sends SCRIPT LOAD unless one is on its way: replies come in order, so whatever follows finds the script."""
        if script.sha not in self.loading:
            self.loading.add(script.sha)
            self.submit_unheard(command, lambda: self.loading.discard(script.sha))

    def drop(self, reason: str) -> None:
        """Abandons the present link, so that the next one finds whoever answers at the address by then."""
        if self._link is not None:
            self._link.drop(reason)

    async def connect(self) -> None:
        """Makes a link if there is none; StoreUnavailable or StoreError when it cannot."""
        if self._link is not None or self._closed:
            return
        wire = await dial(self.address, self._limits.connect_timeout_seconds)
        if self._has_become_useless():
            wire.transport.abort()
            return
        self.loading.clear()
        self._link = Link(
            wire,
            on_error=lambda call, message: self._on_error(self, call, message),
            on_lost=self._lost,
            timeout_seconds=self._limits.timeout_seconds,
            max_in_flight=self._limits.max_in_flight,
        )
        self._submit_waiting()

    def reconnect(self) -> None:
        """Starts the task that connects, unless it runs or there is nothing to do."""
        if self._reconnection is None and self._link is None and not self._closed:
            self._reconnection = asyncio.get_running_loop().create_task(self._keep_connecting())

    async def close(self) -> None:
        """Closes the link for good; pending calls fail."""
        self._closed = True
        if self._reconnection is not None:
            self._reconnection.cancel()
            await asyncio.gather(self._reconnection, return_exceptions=True)
        self._submit_waiting()
        link = self._link
        if link is not None:
            link.drop("the store was closed")
            await link.lost

    async def _keep_connecting(self) -> None:
        try:
            attempt = 0
            while not self._has_become_useless():
                try:
                    await self.connect()
                except StoreError:
                    self._submit_waiting()
                    await asyncio.sleep(pause_seconds(attempt))
                    attempt += 1
        finally:
            self._reconnection = None

    def _has_become_useless(self) -> bool:
        return self._closed or self._link is not None

    def _submit_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            self.submit(call)

    def _lost(self, link: Link) -> None:
        for position, count in enumerate((link.sent, link.writes, link.sent_bytes, link.received_bytes)):
            self._past[position] += count
        self._link = None
        self.reconnect()
        self._on_lost(self)
