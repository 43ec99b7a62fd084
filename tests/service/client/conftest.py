"""Both clients behind one face, so that every behaviour is shown of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from client_peer import KEY, Peer, serving

from xacthuc.client import AsyncXacthuc, Xacthuc


class Waited:
    """Gives the blocking client the face of the asyncio one, by calling it in a thread."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if inspect.isgeneratorfunction(method):
            return lambda *args, **kwargs: listed(method(*args, **kwargs))
        return lambda *args, **kwargs: asyncio.to_thread(method, *args, **kwargs)


async def listed(items: Iterator[Any]) -> AsyncIterator[Any]:
    for item in await asyncio.to_thread(list, items):
        yield item


class WaitedClient:
    def __init__(self, client: Xacthuc) -> None:
        self.otp, self.identity = Waited(client.otp), Waited(client.identity)


Connect = Callable[..., Awaitable[Any]]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with serving() as peer:
        yield peer


@pytest.fixture(params=["blocking", "asyncio"])
async def connect(request: pytest.FixtureRequest, peer: Peer) -> AsyncIterator[Connect]:
    """`await connect(timeout=...)`: a client of the kind under test."""
    closing: list[Any] = []

    async def make(**options: Any) -> Any:
        options = {"key": KEY, "otp": peer.address, "identity": peer.address, **options}
        client = Xacthuc(**options) if request.param == "blocking" else AsyncXacthuc(**options)
        closing.append(client)
        return WaitedClient(client) if isinstance(client, Xacthuc) else client

    yield make
    for client in closing:
        if isinstance(client, AsyncXacthuc):
            await client.close()
        else:
            client.close()


@pytest.fixture
async def client(connect: Connect) -> Any:
    return await connect()
