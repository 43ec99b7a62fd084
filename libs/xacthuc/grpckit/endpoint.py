"""What happens to every call, in one place and in one order.

    telemetry → admission → deadline → credentials → validation → the servicer → errors

It is wrapped around each method once, when the method is registered. gRPC's own interceptors would build a chain of
coroutines per call, which costs more than everything done here together. Owns no rule: each step is a module of its
own (`observer`, `admission`, `deadline`, `gates`, `validation`, `status`), and this one calls them.

The deserializer is wrapped too, because grpc.aio answers bytes that are not a message with UNKNOWN. Statuses made by
the gRPC core itself (message too large, unknown method, deadline passed in transit) never come here.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from operator import methodcaller
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.message import DecodeError

from xacthuc.grpckit.deadline import Overtime, allowed_seconds
from xacthuc.grpckit.errors import InvalidRequest
from xacthuc.grpckit.observer import ACCEPT_LANGUAGE, Progress
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.status import DETAILS_KEY, OWN, serialize, translate
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import activate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from xacthuc.grpckit.admission import Admission
    from xacthuc.grpckit.gates import Gate
    from xacthuc.grpckit.method import Method
    from xacthuc.grpckit.observer import Observer
    from xacthuc.grpckit.status import Translations
    from xacthuc.grpckit.streams import Streams
    from xacthuc.grpckit.validation import Rules

_TELLING_SECONDS: Final = 1.0
_OK: Final = grpc.StatusCode.OK
_SERIALIZE: Final = methodcaller("SerializeToString")


class Serialized:
    """An answer that a servicer has serialized itself, because it is put together of parts that were answered before."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def SerializeToString(self) -> bytes:  # noqa: N802 - the name a message has
        """Returns the answer, as a message does."""
        return self._raw


class Malformed:
    """Stands for bytes that are not the request's message, so that the endpoint can say so."""


MALFORMED: Final = Malformed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What the endpoints of a process share."""

    observer: Observer
    admission: Admission
    validator: Rules
    streams: Streams
    translations: Translations
    ceiling_seconds: float


class Endpoint:
    """One port's way of serving its methods."""

    def __init__(self, gate: Gate, steps: Steps) -> None:
        self._gate = gate
        self._steps = steps
        self._table: Translations = {**OWN, **steps.translations}
        self._overtime = Overtime(steps.ceiling_seconds)
        self._log = get_logger()

    def handler(self, method: Method, behaviour: Callable[..., Any]) -> grpc.RpcMethodHandler[Any, Any]:
        """Returns what gRPC registers for `method`. `behaviour` is the servicer's method."""
        if not method.roles:  # operators call seldom, and may wait a millisecond for rules that nobody asked before
            self._steps.validator.warm(method.request())
        decode, encode = _decoder(method), _SERIALIZE
        if not method.streams_responses:
            if method.streams_requests:
                raise ValueError(f"{method.path}: a stream answered by one message is not supported")
            return grpc.unary_unary_rpc_method_handler(self._unary(method, behaviour), decode, encode)
        if method.streams_requests:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, behaviour), decode, encode)
        return grpc.unary_stream_rpc_method_handler(self._stream(method, behaviour), decode, encode)

    def _unary(self, method: Method, behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        gate, steps = self._gate, self._steps
        admission, ceiling, report = steps.admission, steps.ceiling_seconds, steps.observer.end
        check, bound = self._checked, self._overtime.bound

        async def serve(request: Any, context: Any) -> Any:
            progress = self._begin(method, context)
            counted = 0
            try:
                admission.enter_call()
                counted = 1
                seconds, enforced = allowed_seconds(context.time_remaining(), ceiling)
                call = progress.call = gate.admit(progress, progress.started + seconds, context)
                work = behaviour(check(method, request), call)
                response = await (bound(work) if enforced else work)
            except asyncio.CancelledError:
                report(progress, _status_of_cancelled(progress))
                raise
            except Exception as error:  # noqa: BLE001 - the one place where exceptions become statuses
                await self._refuse(progress, error, context)
            finally:
                admission.calls -= counted
            report(progress, _OK)
            return response

        return serve

    def _stream(self, method: Method, behaviour: Callable[..., AsyncGenerator[Any]]) -> Callable[..., Awaitable[None]]:
        gate, steps = self._gate, self._steps
        admission, streams = steps.admission, steps.streams
        report = steps.observer.end

        async def serve(request: Any, context: Any) -> None:
            progress = self._begin(method, context)
            counted = 0
            try:
                admission.enter_stream()
                counted = 1
                lifetime = streams.lifetime_seconds()
                seconds, _ = allowed_seconds(context.time_remaining(), lifetime)
                call = progress.call = gate.admit(progress, progress.started + seconds, context)
                checked = self._checked_each if method.streams_requests else self._checked
                progress.settle()
                with streams.lasting(lifetime) as stream:
                    async with aclosing(behaviour(checked(method, request), call)) as answers:
                        async for answer in answers:
                            await stream.write(context, answer)
            except asyncio.CancelledError:
                report(progress, _status_of_cancelled(progress))
                raise
            except Exception as error:  # noqa: BLE001 - the one place where exceptions become statuses
                await self._end(progress, error, context)
            finally:
                admission.streams -= counted
            report(progress, _OK)

        return serve

    def _begin(self, method: Method, context: Any) -> Progress:
        started = monotonic()
        headers = dict(context.invocation_metadata())
        trace = self._gate.trace(headers)
        activate(trace)
        return Progress(method, trace, headers, started)

    def _checked(self, method: Method, request: Any) -> Any:
        if request is MALFORMED:
            raise _malformed(method)
        return self._steps.validator.check(request)

    async def _checked_each(self, method: Method, requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for request in requests:
            yield self._checked(method, request)

    async def _end(self, progress: Progress, cause: Exception, context: Any) -> None:
        """Ends a stream as a call is ended, but waits for no reader that takes nothing."""
        try:
            async with asyncio.timeout(_TELLING_SECONDS):
                await self._refuse(progress, cause, context)
        except TimeoutError:
            # The status lies in the core behind what was not read, and is told when its reader reads on.
            raise asyncio.CancelledError from None

    async def _refuse(self, progress: Progress, cause: Exception, context: Any) -> None:
        """Ends the call with the status of `cause`; always raises gRPC's own AbortError, which ends the handler."""
        error = translate(cause, self._table)
        if error.reason is Reason.INTERNAL_ERROR:
            self._log.error("call_failed", method=progress.method.path, exc_info=cause)
        details = serialize(
            error,
            trace_id=progress.trace.trace_id_hex,
            accept_language=str(progress.headers.get(ACCEPT_LANGUAGE, "")),
        )
        self._steps.observer.end(progress, error.status, error)
        await context.abort(error.status, error.message, ((DETAILS_KEY, details),))


def _decoder(method: Method) -> Callable[[bytes], Any]:
    parse = method.request.FromString

    def decode(raw: bytes) -> Any:
        try:
            return parse(raw)
        except DecodeError:
            return MALFORMED

    return decode


def _malformed(method: Method) -> InvalidRequest:
    name = method.request.DESCRIPTOR.name
    return InvalidRequest(
        reason=Reason.MALFORMED_REQUEST,
        message=f"the bytes are not a {name}: they do not parse, or a string in them is not UTF-8",
        metadata={"message": name},
    )


def _status_of_cancelled(progress: Progress) -> grpc.StatusCode:
    """A cancelled call was given up by its caller, or ran into the caller's own deadline; gRPC tells both that way."""
    if progress.call is not None and monotonic() >= progress.call.deadline:
        return grpc.StatusCode.DEADLINE_EXCEEDED
    return grpc.StatusCode.CANCELLED
