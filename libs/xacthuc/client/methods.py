"""Methods of the clients, made from the functions that describe their calls."""

from __future__ import annotations

import functools
from contextlib import aclosing
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from xacthuc.client.calls import Call, Listing, Watch
    from xacthuc.client.transport import AsyncTransport, BlockingTransport

P = ParamSpec("P")
R = TypeVar("R")


def waits(describe: Callable[P, Call[R]]) -> Callable[Concatenate[Blocking, P], R]:
    """Makes a method that waits for the answer."""

    @functools.wraps(describe)
    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._transport.send(describe(*args, **kwargs))

    return method


def awaits(describe: Callable[P, Call[R]]) -> Callable[Concatenate[Async, P], Awaitable[R]]:
    """Makes the same for asyncio."""

    @functools.wraps(describe)
    async def method(self: Async, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._transport.send(describe(*args, **kwargs))

    return method


def pages(describe: Callable[P, Listing[R]]) -> Callable[Concatenate[Blocking, P], Iterator[R]]:
    """Makes a method that yields the items of a list, page by page."""

    @functools.wraps(describe)
    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        listing, token = describe(*args, **kwargs), ""
        while True:
            page = self._transport.send(listing.page(token))
            yield from page.items
            if not (token := page.next_token):
                return

    return method


def awaits_pages(describe: Callable[P, Listing[R]]) -> Callable[Concatenate[Async, P], AsyncIterator[R]]:
    """Makes the same for asyncio."""

    @functools.wraps(describe)
    async def method(self: Async, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        listing, token = describe(*args, **kwargs), ""
        while True:
            page = await self._transport.send(listing.page(token))
            for item in page.items:
                yield item
            if not (token := page.next_token):
                return

    return method


def watches(describe: Callable[P, Watch[R]]) -> Callable[Concatenate[Blocking, P], Iterator[R]]:
    """Makes a method that yields what a stream says, and takes it up again wherever it breaks off."""

    @functools.wraps(describe)
    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        yield from self._transport.watch(describe(*args, **kwargs))

    return method


def awaits_watch(describe: Callable[P, Watch[R]]) -> Callable[Concatenate[Async, P], AsyncIterator[R]]:
    """Makes the same for asyncio."""

    @functools.wraps(describe)
    async def method(self: Async, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        async with aclosing(self._transport.watch(describe(*args, **kwargs))) as answers:
            async for answer in answers:
                yield answer

    return method


class Blocking:
    """Calls of one service that are waited for."""

    def __init__(self, transport: BlockingTransport) -> None:
        self._transport = transport


class Async:
    """Calls of one service for asyncio."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
