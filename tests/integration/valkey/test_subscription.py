"""Listening to channels of a real server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from xacthuc.valkey import RECONNECTED, Message, Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine


async def test_the_stream_starts_with_the_mark_and_then_carries_messages(store: Store) -> None:
    async with aclosing(store.listen("one", "two")) as events:
        assert await anext(events) == RECONNECTED
        await store.execute("PUBLISH", "two", b"\x00")
        await store.execute("PUBLISH", "other", b"unheard")
        await store.execute("PUBLISH", "one", b"last")
        assert Message("two", b"\x00") == await anext(events)
        assert Message("one", b"last") == await anext(events)


async def test_a_lost_connection_is_made_again_and_marked(store: Store) -> None:
    async with aclosing(store.listen("channel")) as events:
        await anext(events)
        await store.execute("CLIENT", "KILL", "TYPE", "pubsub")
        assert await asyncio.wait_for(anext(events), 5) == RECONNECTED
        await store.execute("PUBLISH", "channel", b"again")
        assert Message("channel", b"again") == await anext(events)


async def test_a_closed_stream_leaves_no_subscriber_behind(
    store: Store, eventually: Callable[[Callable[[], object]], Awaitable[None]]
) -> None:
    async with aclosing(store.listen("channel")) as events:
        await anext(events)

    async def nobody_listens() -> bool:
        return await store.execute("PUBSUB", "NUMSUB", "channel") == [b"channel", 0]

    await eventually(nobody_listens)


async def test_a_server_that_restarts_is_listened_to_again(own_valkey: Valkey) -> None:
    store = await Store.connect(own_valkey.url)
    try:
        async with aclosing(store.listen("channel")) as events:
            await anext(events)
            await asyncio.to_thread(own_valkey.stop)
            own_valkey.start()
            assert await asyncio.wait_for(anext(events), 10) == RECONNECTED
    finally:
        await store.close()
