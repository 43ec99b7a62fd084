"""HTTP to few hosts over many kept connections, at a cost that does not grow with their number.

httpcore's pool looks at each of its connections for each request, and asks the system of each idle one whether it was
closed: 24 at once cost several times what 3 do. Here every connection has a pool of its own, and whoever asks takes the
one that was given back last, so that few of many are in use and the others grow old. Bounded like a pool: who waits for a
turn for longer than `pool` of the request's timeout gets httpx.PoolTimeout.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx

from xacthuc import lean

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    Origin = tuple[str, str, int | None]

_ALONE: Final = 1


class Lanes(httpx.AsyncBaseTransport):
    """A transport over others, each of which answers one request at a time."""

    def __init__(self, opened: Callable[[], httpx.AsyncBaseTransport], most: int) -> None:
        """`opened` makes one more lane, at the most `most` times."""
        self._opened = opened
        self._room = most
        self._turns = asyncio.Semaphore(most)
        self._free: defaultdict[Origin, list[httpx.AsyncBaseTransport]] = defaultdict(list)
        self._lanes: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers on a lane that is free again when the response is closed."""
        await self._turn(request)
        origin = request.url.scheme, request.url.host, request.url.port
        lane = self._taken(origin)

        def give_back() -> None:
            self._free[origin].append(lane)
            self._turns.release()

        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            give_back()
            raise
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError("a lane answers with a stream")
        response.stream = _Lent(response.stream, give_back)
        return response

    async def aclose(self) -> None:
        """Closes every connection."""
        for lane in self._lanes:
            await lane.aclose()

    async def _turn(self, request: httpx.Request) -> None:
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection came free in time", request=request) from None

    def _taken(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """Takes the lane that is likeliest to be connected to this origin; whoever has a turn finds one."""
        if self._free[origin]:
            return self._free[origin].pop()
        if len(self._lanes) < self._room:
            self._lanes.append(self._opened())
            return self._lanes[-1]
        return next(others for others in self._free.values() if others).pop(0)


class _Lent(httpx.AsyncByteStream):
    """What is read of a response; closing it, once or more often, gives its lane back once."""

    def __init__(self, stream: httpx.AsyncByteStream, give_back: Callable[[], None]) -> None:
        self._stream = stream
        self._give_back: Callable[[], None] | None = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            give_back, self._give_back = self._give_back, None
            if give_back is not None:
                give_back()


@asynccontextmanager
async def opened_lanes(
    *, most: int, keep_alive_seconds: float, context: ssl.SSLContext | bool = True
) -> AsyncIterator[Lanes]:
    """Keeps connections for as long as it is entered; `context` says whose certificates are believed."""
    limits = httpx.Limits(max_connections=_ALONE, max_keepalive_connections=_ALONE, keepalive_expiry=keep_alive_seconds)
    # httpcore looks for sniffio at every lock of every request, and not finding it takes a search of all of sys.path.
    with lean.without("sniffio"):
        # trust_env off: the machine's environment does not decide whose certificates are believed.
        lanes = Lanes(lambda: httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False), most)
        async with lanes:
            yield lanes
