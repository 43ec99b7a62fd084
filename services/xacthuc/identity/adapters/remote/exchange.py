"""One request to somebody's HTTP API, and what came of it: a reply to judge, or why there is none.

Owns time, size and connections. Works on a transport, not on a client: nothing is redirected, no cookie is kept and no
proxy is asked, whatever a reply or the machine's environment says. Requests are repeatable by contract: they change
nothing, or carry an idempotency key. What a reply means is for each adapter to say.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
import orjson

from xacthuc.identity.adapters.remote.tls import ClientTls
from xacthuc.lanes import opened_lanes
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from xacthuc.identity.adapters.remote.tls import Tls

_TRIES: Final = 2
"""A kept connection that the other end has just closed is everyday; a second failure is an outage."""

MOST_ANSWER_BYTES: Final = 64 * 1024
"""Answers are some hundred bytes. One that is longer brings pictures, which nobody here asks for."""

_KEEP_ALIVE_SECONDS: Final = 30.0
_LONGEST_WAIT_FOR_CONNECTION: Final = 1.0
"""Seconds. Who waits longer for a turn is told so at once: it is us who are busy then, not the other end."""

_MOST_RETRY_AFTER_DIGITS: Final = 6

# Replies as they are: what is not packed cannot unpack to gigabytes.
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "xacthuc"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other end answered."""

    status: int
    document: object = field(repr=False)
    """Its JSON; None when it is none."""
    retry_after_seconds: int = 0
    """For how long it asks to be left alone; 0 when it does not say."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is nothing to judge."""

    cause: str
    """One word for metrics and logs, from a closed set."""
    sound: bool = False
    """Whether the other end may be well all the same."""


UNREACHABLE: Final = NoReply("unreachable")
BROKEN: Final = NoReply("broken")
TLS: Final = NoReply("tls")
"""A certificate is not believed: theirs by us, or ours by them. The latter may also look BROKEN: in TLS 1.3 it is refused
when our side of the handshake is over (RFC 8446 section 4.4.2.4)."""
TIMEOUT: Final = NoReply("timeout")
OVERSIZED: Final = NoReply("oversized")
BUSY: Final = NoReply("busy", sound=True)


class Exchange:
    """The connections to one provider."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, timeout_seconds: float, tls: ClientTls | None = None
    ) -> None:
        """`timeout_seconds` is for everything, from the first try to connect to the last byte."""
        self._transport = transport
        self._tls = tls
        self._timeout_seconds = timeout_seconds
        wait = min(_LONGEST_WAIT_FOR_CONNECTION, timeout_seconds / 2)
        self._extensions = {"timeout": httpx.Timeout(timeout_seconds, pool=wait).as_dict()}

    def request(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> httpx.Request:
        """Builds a request."""
        named = httpx.Headers({**_HEADERS, **headers}, encoding="utf-8")
        return httpx.Request(method, url, headers=named, content=content, extensions=self._extensions)

    async def ask(self, request: httpx.Request) -> Reply | NoReply:
        """Asks, once more when the connection failed. Never raises for the other end.

        The span names the provider's host alone: a path may say who is asked about.
        """
        told = {"http.request.method": request.method, "server.address": request.url.host}
        with span(request.method, told, kind=Kind.CLIENT) as step:
            found = await self._asked_twice(request)
            if isinstance(found, Reply):
                step.set("http.response.status_code", found.status)
            else:
                step.fail(found.cause)
        return found

    async def _asked_twice(self, request: httpx.Request) -> Reply | NoReply:
        found: Reply | NoReply = UNREACHABLE
        if self._tls is not None:
            self._tls.renew()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                for _ in range(_TRIES):
                    found = await self._tried(request)
                    if found is not UNREACHABLE and found is not BROKEN:
                        break
        except TimeoutError:
            return TIMEOUT
        return found

    async def _tried(self, request: httpx.Request) -> Reply | NoReply:
        try:
            return await self._asked(request)
        except httpx.PoolTimeout:
            return BUSY
        except httpx.TimeoutException:
            return TIMEOUT
        except httpx.TransportError as error:
            if _is_about_certificates(error):
                return TLS
            return UNREACHABLE if isinstance(error, httpx.ConnectError) else BROKEN

    async def _asked(self, request: httpx.Request) -> Reply | NoReply:
        response = await self._transport.handle_async_request(request)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MOST_ANSWER_BYTES:
                    return OVERSIZED
        finally:
            await response.aclose()
        return Reply(response.status_code, document_of(bytes(body)), _retry_after_seconds(response.headers))


@asynccontextmanager
async def opened_exchange(*, timeout_seconds: float, concurrency: int, tls: Tls) -> AsyncIterator[Exchange]:
    """Keeps connections for as long as it is entered; DataFileError for certificates that cannot be used."""
    ours = ClientTls(tls)
    async with opened_lanes(
        most=concurrency, keep_alive_seconds=_KEEP_ALIVE_SECONDS, context=ours.context
    ) as transport:
        yield Exchange(transport, timeout_seconds, ours)


def document_of(body: bytes) -> object:
    """Returns the JSON in `body`, None when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _is_about_certificates(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _retry_after_seconds(headers: httpx.Headers) -> int:
    # RFC 9110 section 10.2.3 also allows a date: such a provider is left alone for the usual time.
    seconds = headers.get("retry-after", "")
    plain = seconds.isascii() and seconds.isdigit() and len(seconds) <= _MOST_RETRY_AFTER_DIGITS
    return int(seconds) if plain else 0
