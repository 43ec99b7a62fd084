"""Calls, made in this process: so many in flight at once, or so many a second whatever comes back.

Requests are serialized and answers parsed outside the measured time, so that this process leaves the machine to the
server it measures.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import grpc.aio

from benchmarks.http2 import CallError, Connection
from benchmarks.measure import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from types import TracebackType

IN_FLIGHT: Final = 64
_CONNECTIONS: Final = 4
"""A platform's processes keep a connection each; calls of one connection share its writes."""
_TIMEOUT_SECONDS: Final = 10.0
_MOST_IN_FLIGHT: Final = 400
"""At a fixed rate: beyond 512 a server refuses, and half a second in which the machine stands still is enough."""
_LOOK_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Window:
    """What became of one run of calls."""

    answers: list[bytes] = field(repr=False)
    cpu_seconds: float
    """Of the server's process."""
    wall_seconds: float

    @property
    def cpu_us(self) -> float:
        """CPU per call, in microseconds."""
        return self.cpu_seconds / len(self.answers) * 1e6

    @property
    def per_second(self) -> float:
        """Calls finished a second."""
        return len(self.answers) / self.wall_seconds


class Target:
    """A server under load, and the process that it is."""

    def __init__(self, address: str, pid: int, key: str = "") -> None:
        """`key` is the platform key that comes with each call; the echo server gets one as well."""
        self._address = address
        self._metadata = (("authorization", f"Bearer {key}"),)
        self._stack = AsyncExitStack()
        self._channels: list[grpc.aio.Channel] = []
        self.pid = pid

    async def __aenter__(self) -> Self:
        for number in range(_CONNECTIONS):
            # Channels with the same options would share one connection.
            options = (("grpc.use_local_subchannel_pool", 1), ("benchmarks.connection", number))
            self._channels.append(
                await self._stack.enter_async_context(grpc.aio.insecure_channel(self._address, options=options))
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def in_flight(self, method: str, requests: Sequence[bytes], width: int = IN_FLIGHT) -> Window:
        """Makes all calls, `width` at a time, and returns the answers in the order of the requests.

        grpc.aio.AioRpcError when one fails: a benchmark of refusals measures nothing.
        """
        calls = self._calls(method)
        answers = [b""] * len(requests)
        waiting = iter(enumerate(requests))

        async def caller(number: int) -> None:
            call, metadata = calls[number % len(calls)], self._metadata
            for position, request in waiting:
                answers[position] = await call(request, metadata=metadata, timeout=_TIMEOUT_SECONDS)

        before, started = cpu_seconds(self.pid), time.perf_counter()
        await asyncio.gather(*(caller(number) for number in range(width)))
        return Window(answers, cpu_seconds(self.pid) - before, time.perf_counter() - started)

    async def at_rate(self, method: str, requests: Sequence[bytes], per_second: float) -> tuple[list[float], Window]:
        """Makes a call every 1/`per_second` s, and returns how many milliseconds each took from when it was due.

        What waits for a slow answer is late itself, and that counts: a closed loop would hide it. CallError when one
        fails.
        """
        answers = [b""] * len(requests)
        took_ms = [0.0] * len(requests)
        first, left = 0.0, len(requests)
        done = asyncio.get_running_loop().create_future()

        def answered(position: int, answer: bytes) -> None:
            nonlocal left
            answers[position] = answer
            took_ms[position] = (time.perf_counter() - first - position / per_second) * 1e3
            left -= 1
            if not left:
                done.set_result(None)

        async with self._connections(method, answered) as connections:
            before, started = cpu_seconds(self.pid), time.perf_counter()
            first = started + 0.1  # the loop's own clock counts whole milliseconds
            for position, request in enumerate(requests):
                if (early := first + position / per_second - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                # What waits here is late, and that counts. Rare, so that an event set at each answer would cost more.
                while position - (len(requests) - left) >= _MOST_IN_FLIGHT and not _failed(connections):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)
                connections[position % _CONNECTIONS].call(position, request)
            ended = (done, *(connection.failed for connection in connections))
            await asyncio.wait(ended, timeout=_TIMEOUT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for connection in connections:
                if connection.failed.done():
                    connection.failed.result()
            if left:
                raise CallError(f"{left} calls were not answered")
            return took_ms, Window(answers, cpu_seconds(self.pid) - before, time.perf_counter() - started)

    @asynccontextmanager
    async def _connections(
        self, method: str, answered: Callable[[int, bytes], None]
    ) -> AsyncIterator[list[Connection]]:
        host, _, port = self._address.rpartition(":")
        loop, opened = asyncio.get_running_loop(), list[Connection]()
        try:
            for _ in range(_CONNECTIONS):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._address, method, self._metadata, answered), host, int(port)
                )
                opened.append(connection)
            yield opened
        finally:
            for connection in opened:
                connection.close()

    def _calls(self, method: str) -> list[Any]:
        return [channel.unary_unary(method) for channel in self._channels]


def _failed(connections: Sequence[Connection]) -> bool:
    return any(connection.failed.done() for connection in connections)
