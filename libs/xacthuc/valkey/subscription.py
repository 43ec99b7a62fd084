"""Listening to channels, for as long as it takes: lost connections are made again and reported in the stream itself.

A message sent while no connection stood is gone for good. So the stream starts with RECONNECTED and repeats it after
each loss: a consumer that reads its state whenever it sees that mark misses nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from redis.exceptions import RedisError

from xacthuc.valkey.node import pause_seconds
from xacthuc.valkey.redispy import Address, connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from redis.asyncio.connection import AbstractConnection


class Mark(Enum):
    """What a stream of messages says about itself."""

    RECONNECTED = "reconnected"


RECONNECTED: Final = Mark.RECONNECTED
"""The subscription stands from here on; whatever was published before may have been missed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One published message."""

    channel: str
    data: bytes


async def listen(
    address: Callable[[], Address], channels: tuple[str, ...], timeout_seconds: float
) -> AsyncGenerator[Message | Mark, None]:
    """Yields RECONNECTED, then messages on `channels`; never ends by itself. Close it (`contextlib.aclosing`).

    Args:
        address: gives the server to connect to, asked before each attempt.
        channels: names, at least one.
        timeout_seconds: a server that is silent this long is asked by PING, and given up after as long again.

    """
    attempt = 0
    while True:
        try:
            async with aclosing(_listen_once(address(), channels, timeout_seconds)) as events:
                async for event in events:
                    attempt = 0
                    yield event
        except (RedisError, OSError):
            await asyncio.sleep(pause_seconds(attempt))
            attempt += 1


async def _listen_once(
    address: Address, channels: tuple[str, ...], timeout_seconds: float
) -> AsyncGenerator[Message | Mark, None]:
    connection = address.connection(timeout_seconds)
    try:
        async with asyncio.timeout(timeout_seconds):
            await connect(connection)
            await connection.send_command("SUBSCRIBE", *channels)
        confirmed = 0
        while True:
            kind, *rest = await _next_event(connection, timeout_seconds)
            if kind == b"subscribe":
                confirmed += 1
                if confirmed == len(channels):
                    yield RECONNECTED
            elif kind == b"message":
                yield Message(rest[0].decode(), rest[1])
    finally:
        await connection.disconnect(nowait=True)


async def _next_event(connection: AbstractConnection, timeout_seconds: float) -> list[bytes]:
    event = await connection.read_response(timeout=timeout_seconds)
    if event is None:
        await connection.send_command("PING")
        event = await connection.read_response(timeout=timeout_seconds)
    if event is None:
        raise TimeoutError("no answer to PING")
    return cast("list[bytes]", event)
