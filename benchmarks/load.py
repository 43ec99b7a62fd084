"""Calls, made in this process: so many in flight at once, or so many a second whatever comes back.

Requests are serialized and answers parsed outside the measured time, so that this process leaves the machine to the
server it measures.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import grpc.aio

from benchmarks.measure import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

IN_FLIGHT: Final = 64
_CONNECTIONS: Final = 4
"""A platform's processes keep a connection each; calls of one connection share its writes."""
_TIMEOUT_SECONDS: Final = 10.0


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

        What waits for a slow answer is late itself, and that counts: a closed loop would hide it.
        """
        calls = self._calls(method)
        answers = [b""] * len(requests)
        took_ms = [0.0] * len(requests)
        tasks: list[asyncio.Task[None]] = []
        first = time.perf_counter() + 0.1  # the loop's own clock counts whole milliseconds

        async def one(position: int, due: float) -> None:
            call = calls[position % len(calls)]
            answers[position] = await call(requests[position], metadata=self._metadata, timeout=_TIMEOUT_SECONDS)
            took_ms[position] = (time.perf_counter() - due) * 1e3

        before, started = cpu_seconds(self.pid), time.perf_counter()
        for position in range(len(requests)):
            due = first + position / per_second
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            tasks.append(asyncio.create_task(one(position, due)))
        await asyncio.gather(*tasks)
        return took_ms, Window(answers, cpu_seconds(self.pid) - before, time.perf_counter() - started)

    def _calls(self, method: str) -> list[Any]:
        return [channel.unary_unary(method) for channel in self._channels]
