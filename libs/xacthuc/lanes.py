"""HTTP to few hosts over many kept connections, at a cost that does not grow with their number.

httpcore's pool looks at each of its connections for each request, and asks the system of each idle one whether it was
closed: 24 at once cost several times what 3 do. Here every connection has a pool of its own, and whoever asks takes the
one that was given back last, so that few of many are in use and the others grow old. Bounded like a pool: who waits for a
turn for longer than `pool` of the request's timeout gets httpx.PoolTimeout.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

import httpx

from xacthuc import lean

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    Origin = tuple[str, str, int | None]

_ALONE: Final = 1


class Lanes(httpx.AsyncBaseTransport):
    """A transport over others, each of which answers one request at a time.

    A lane comes back only when its answer was read to the end. One that somebody gave up on is closed and made anew:
    httpcore forgets what a request held when it is cancelled at the wrong moment, and never finds a connection free again.
    """

    def __init__(self, opened: Callable[[], httpx.AsyncBaseTransport], most: int) -> None:
        """`opened` makes one more lane; there are `most` at a time."""
        self._opened = opened
        self._most = most
        self._turns = asyncio.Semaphore(most)
        self._free: defaultdict[Origin, list[httpx.AsyncBaseTransport]] = defaultdict(list)
        self._lanes: set[httpx.AsyncBaseTransport] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers on a lane that is free again when the response is closed."""
        await self._turn(request)
        origin = request.url.scheme, request.url.host, request.url.port
        lane = self._taken(origin)

        def give_back(*, whole: bool) -> None:
            if whole:
                self._free[origin].append(lane)
            else:
                self._lanes.discard(lane)
                closing = asyncio.create_task(_closed(lane))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
            self._turns.release()

        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            give_back(whole=False)
            raise
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError("a lane answers with a stream")
        response.stream = _Lent(response.stream, give_back)
        return response

    async def aclose(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*self._closing, *(_closed(lane) for lane in self._lanes))

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
        if len(self._lanes) == self._most:
            return next(others for others in self._free.values() if others).pop(0)
        lane = self._opened()
        self._lanes.add(lane)
        return lane


class _GiveBack(Protocol):
    def __call__(self, *, whole: bool) -> None: ...


class _Lent(httpx.AsyncByteStream):
    """What is read of a response; closing it, once or more often, gives its lane back once."""

    def __init__(self, stream: httpx.AsyncByteStream, give_back: _GiveBack) -> None:
        self._stream = stream
        self._give_back: _GiveBack | None = give_back
        self._read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part
        self._read = True

    async def aclose(self) -> None:
        closed = False
        try:
            await self._stream.aclose()
            closed = True
        finally:
            give_back, self._give_back = self._give_back, None
            if give_back is not None:
                give_back(whole=self._read and closed)


async def _closed(lane: httpx.AsyncBaseTransport) -> None:
    with suppress(Exception):  # whatever it says: nobody uses it any more
        await lane.aclose()


@asynccontextmanager
async def opened_lanes(
    *, most: int, keep_alive_seconds: float, context: ssl.SSLContext | None = None
) -> AsyncIterator[Lanes]:
    """Keeps connections for as long as it is entered; whose certificates are believed says `context`, or the public list."""
    # Once: reading the certificates of everybody takes longer than a request.
    believed = context or httpx.create_ssl_context(trust_env=False)
    limits = httpx.Limits(max_connections=_ALONE, max_keepalive_connections=_ALONE, keepalive_expiry=keep_alive_seconds)
    # httpcore looks for sniffio at every lock of every request, and not finding it takes a search of all of sys.path.
    with lean.without("sniffio"):
        # trust_env off: the machine's environment does not decide whose certificates are believed.
        lanes = Lanes(lambda: httpx.AsyncHTTPTransport(verify=believed, limits=limits, trust_env=False), most)
        async with lanes:
            yield lanes
