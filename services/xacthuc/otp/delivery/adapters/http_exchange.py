"""One request to a provider's HTTP API, and what came of it: an answer to judge, or how far the request got.

Owns time, size and connections. Works on a transport, not on a client: nothing is redirected, no cookie is kept and no
proxy is asked, whatever an answer or the machine's environment says. What an answer means is its provider's affair.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import orjson

from xacthuc.lanes import opened_lanes
from xacthuc.otp.delivery.ports import Left, Rejected
from xacthuc.telemetry import tracing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_CONNECTION_TRIES: Final = 2
_MOST_ANSWER_BYTES: Final = 64 * 1024
_KEEP_ALIVE_SECONDS: Final = 30.0
_MOST_RETRY_AFTER_DIGITS: Final = 6

# Answers as they are: what is not packed cannot unpack to gigabytes.
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "xacthuc"}

# Statuses that say no by themselves (RFC 9110 section 15, RFC 6585 section 4). Other server errors may come from a
# proxy in front of a provider that did send: they are doubt.
_THROTTLED: Final = 429
_UNAVAILABLE: Final = 503
_CREDENTIALS_REFUSED: Final = frozenset({401, 403, 407})
_REFUSED: Final = range(300, 500)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider answered."""

    status: int
    document: object = field(repr=False)
    """Its JSON; None when it is none."""
    hold_ms: int
    """For how long it asks to be left alone."""

    def by_status(self) -> Rejected:
        """Returns what the status says by itself, when nothing is known of the rest of the answer."""
        if self.status == _THROTTLED:
            return Rejected(reason="throttled", hold_ms=self.hold_ms)
        if self.status == _UNAVAILABLE:
            return Rejected(reason="unavailable", hold_ms=self.hold_ms)
        if self.status in _CREDENTIALS_REFUSED:
            return Rejected(reason="credentials_refused")
        if self.status in _REFUSED:
            return Rejected(reason="refused")
        return Rejected(reason="unclear_answer", left=Left.DOUBT)


class Exchange:
    """The connections to one provider."""

    def __init__(self, transport: httpx.AsyncBaseTransport, timeout_seconds: float) -> None:
        """`timeout_seconds` is for connecting, and again for each silence."""
        self._transport = transport
        self._extensions = {"timeout": httpx.Timeout(timeout_seconds).as_dict()}
        # Connecting may take two tries, reading one silence: a provider that drips bytes gets no more than that.
        self.longest_seconds = (_CONNECTION_TRIES + 1) * timeout_seconds

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Builds a request, which takes the current trace along when that is recorded (W3C Trace Context)."""
        named = {**_HEADERS, **headers}
        context = tracing.current()
        if context is not None and context.sampled:
            named["traceparent"] = context.traceparent()
        return httpx.Request(
            method,
            url,
            headers=httpx.Headers(named, encoding="utf-8"),
            params=query or None,
            json=json,
            data=form,
            extensions=self._extensions,
        )

    async def ask(self, request: httpx.Request) -> Reply | Rejected:
        """Asks once; twice when no connection came about, since nothing was sent then. Never raises for the other end.

        A Rejected says how far the request got, when there is no answer.
        """
        for last in (False, True):
            try:
                async with asyncio.timeout(self.longest_seconds):
                    return await self._ask(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last:
                    return Rejected(reason="unreachable", left=Left.NOTHING)
            except (httpx.PoolTimeout, httpx.UnsupportedProtocol):
                return Rejected(reason="unreachable", left=Left.NOTHING)
            except (TimeoutError, httpx.TransportError):
                return Rejected(reason="no_answer", left=Left.DOUBT)
        raise AssertionError("the second try returns")

    async def _ask(self, request: httpx.Request) -> Reply:
        response = await self._transport.handle_async_request(request)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > _MOST_ANSWER_BYTES:
                    break
            return Reply(response.status_code, _document(bytes(body)), _hold_ms(response.headers))
        finally:
            await response.aclose()


@asynccontextmanager
async def opened_exchange(*, timeout_seconds: float, concurrency: int) -> AsyncIterator[Exchange]:
    """Keeps connections for as long as it is entered; `concurrency` requests at a time, and as many notices beside."""
    async with opened_lanes(most=concurrency * 2, keep_alive_seconds=_KEEP_ALIVE_SECONDS) as transport:
        yield Exchange(transport, timeout_seconds)


def _document(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _hold_ms(headers: httpx.Headers) -> int:
    # RFC 9110 section 10.2.3 also allows a date; no gateway was seen to send one.
    seconds = headers.get("Retry-After", "")
    plain = seconds.isascii() and seconds.isdigit() and len(seconds) <= _MOST_RETRY_AFTER_DIGITS
    return int(seconds) * 1000 if plain else 0
