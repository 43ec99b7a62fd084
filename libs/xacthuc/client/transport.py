"""Sends calls over a channel: one class that waits, one that is awaited. Everything else about a call is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
import grpc.aio

from xacthuc.client.failures import error_of

if TYPE_CHECKING:
    from xacthuc.client.calls import Call
    from xacthuc.client.endpoint import Endpoint

    R = TypeVar("R")


class BlockingTransport:
    """Sends calls and waits. May be shared by threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Prepares a channel; it connects when first used."""
        self._channel = endpoint.open(grpc)
        self._method = _Methods(self._channel)
        self._metadata = endpoint.metadata
        self._seconds = endpoint.timeout.total_seconds()

    def send(self, call: Call[R]) -> R:
        """Returns what the call returns; raises an error of `errors.py`."""
        try:
            answer = self._method[call](call.request, timeout=self._seconds, metadata=self._metadata)
        except grpc.RpcError as error:
            raise error_of(error, request_id=call.request_id) from None
        return call.read(answer)

    def close(self) -> None:
        """Closes the channel; calls under way fail."""
        self._channel.close()


class AsyncTransport:
    """Sends calls without blocking the event loop it was made in."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Prepares a channel; it connects when first used."""
        self._channel = endpoint.open(grpc.aio)
        self._method = _Methods(self._channel)
        self._metadata = endpoint.metadata
        self._seconds = endpoint.timeout.total_seconds()

    async def send(self, call: Call[R]) -> R:
        """Returns what the call returns; raises an error of `errors.py`."""
        try:
            answer = await self._method[call](call.request, timeout=self._seconds, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise error_of(error, request_id=call.request_id) from None
        return call.read(answer)

    async def close(self) -> None:
        """Closes the channel; calls under way fail."""
        await self._channel.close()


class _Methods:
    """The channel's callable of each method, made when first used: making one costs as much as half a call."""

    def __init__(self, channel: Any) -> None:
        self._channel: Final = channel
        self._made: dict[str, Any] = {}

    def __getitem__(self, call: Call[Any]) -> Any:
        method = self._made.get(call.path)
        if method is None:
            method = self._channel.unary_unary(
                call.path,
                request_serializer=type(call.request).SerializeToString,
                response_deserializer=call.answer.FromString,
            )
            self._made[call.path] = method
        return method
