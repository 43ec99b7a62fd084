"""Sends calls over a channel: one class that waits, one that is awaited. Everything else about a call is shared."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
import grpc.aio

from xacthuc.client.errors import XacthucError
from xacthuc.client.failures import error_of
from xacthuc.client.watching import Pauses

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from datetime import timedelta

    from xacthuc.client.calls import Call, Watch
    from xacthuc.client.endpoint import Endpoint

    R = TypeVar("R")


class BlockingTransport:
    """Sends calls and waits. May be shared by threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Prepares a channel; it connects when first used."""
        self._channel = endpoint.open(grpc)
        self._method = _Methods(self._channel)
        self._sent = endpoint.sent
        self._seconds = endpoint.timeout.total_seconds()

    def send(self, call: Call[R]) -> R:
        """Returns what the call returns; raises an error of `errors.py`."""
        try:
            answer = self._method[call](call.request, timeout=self._seconds, metadata=self._sent())
        except grpc.RpcError as error:
            raise error_of(error, request_id=call.request_id) from None
        return call.read(answer)

    def stream(self, call: Call[R], *, silence: timedelta | None = None) -> Iterator[R]:
        """Yields what one stream returns, until the server ends it; raises an error of `errors.py`.

        Where no answer came for `silence`, it is cancelled, which is such an error.
        """
        answers = self._method.streaming(call)(call.request, metadata=self._sent())
        try:
            while (answer := _next(answers, silence)) is not None:
                yield call.read(answer)
        except grpc.RpcError as error:
            raise error_of(error) from None
        finally:
            answers.cancel()

    def watch(self, watch: Watch[R]) -> Iterator[R]:
        """Yields what a stream returns, for ever; raises an error of `errors.py` that does not pass."""
        cursor, pauses = watch.cursor, Pauses(watch)
        while True:
            ended: XacthucError | None = None
            try:
                for answer in self.stream(watch.call(cursor), silence=watch.silence):
                    pauses.told()
                    yield answer
                    cursor = watch.cursor_of(answer)
            except XacthucError as error:
                ended = error
            time.sleep(pauses.after(ended))

    def close(self) -> None:
        """Closes the channel; calls under way fail."""
        self._channel.close()


def _next(answers: Any, silence: timedelta | None) -> Any:
    """Returns the next answer of a stream, None when it ended; a stream without one for so long is cancelled."""
    if silence is None:
        return next(answers, None)
    timer = Timer(silence.total_seconds(), answers.cancel)
    timer.daemon = True
    timer.start()
    try:
        return next(answers, None)
    finally:
        timer.cancel()


class AsyncTransport:
    """Sends calls without blocking the event loop it was made in."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Prepares a channel; it connects when first used."""
        self._channel = endpoint.open(grpc.aio)
        self._method = _Methods(self._channel)
        self._sent = endpoint.sent
        self._seconds = endpoint.timeout.total_seconds()

    async def send(self, call: Call[R]) -> R:
        """Returns what the call returns; raises an error of `errors.py`."""
        try:
            answer = await self._method[call](call.request, timeout=self._seconds, metadata=self._sent())
        except grpc.aio.AioRpcError as error:
            raise error_of(error, request_id=call.request_id) from None
        return call.read(answer)

    async def stream(self, call: Call[R], *, silence: timedelta | None = None) -> AsyncGenerator[R]:
        """Yields what one stream returns, until the server ends it; raises an error of `errors.py`.

        It ends as well where no answer came for `silence`.
        """
        answers = self._method.streaming(call)(call.request, metadata=self._sent())
        seconds = None if silence is None else silence.total_seconds()
        try:
            with suppress(TimeoutError):
                while (answer := await asyncio.wait_for(anext(aiter(answers), None), seconds)) is not None:
                    yield call.read(answer)
        except grpc.aio.AioRpcError as error:
            raise error_of(error) from None
        finally:
            answers.cancel()

    async def watch(self, watch: Watch[R]) -> AsyncGenerator[R]:
        """Yields what a stream returns, for ever; raises an error of `errors.py` that does not pass."""
        cursor, pauses = watch.cursor, Pauses(watch)
        while True:
            ended: XacthucError | None = None
            try:
                async with aclosing(self.stream(watch.call(cursor), silence=watch.silence)) as answers:
                    async for answer in answers:
                        pauses.told()
                        yield answer
                        cursor = watch.cursor_of(answer)
            except XacthucError as error:
                ended = error
            await asyncio.sleep(pauses.after(ended))

    async def close(self) -> None:
        """Closes the channel; calls under way fail."""
        await self._channel.close()


class _Methods:
    """The channel's callable of each method, made when first used: making one costs as much as half a call."""

    def __init__(self, channel: Any) -> None:
        self._channel: Final = channel
        self._made: dict[str, Any] = {}

    def __getitem__(self, call: Call[Any]) -> Any:
        return self._of(call, self._channel.unary_unary)

    def streaming(self, call: Call[Any]) -> Any:
        """Returns the callable of a method that answers with a stream."""
        return self._of(call, self._channel.unary_stream)

    def _of(self, call: Call[Any], make: Any) -> Any:
        method = self._made.get(call.path)
        if method is None:
            method = self._made[call.path] = make(
                call.path,
                request_serializer=type(call.request).SerializeToString,
                response_deserializer=call.answer.FromString,
            )
        return method
