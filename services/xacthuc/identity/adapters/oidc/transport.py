"""Requests to one provider: TLS verified, no redirects, no cookies, no proxies of the machine, bounded answers.

Owns what may be sent and received at all. Addresses carry nothing personal; codes, tokens and secrets travel in bodies
and headers, and stand in no log, span or exception.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx
import orjson

from xacthuc.identity.adapters.oidc.causes import Cause, Unusable
from xacthuc.identity.adapters.remote.tls import ClientTls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from xacthuc.identity.adapters.oidc.provider_file import ProviderFile

_MOST_ANSWER_BYTES: Final = 64 * 1024
"""Metadata and key sets of large providers have some 10 KB, tokens less."""
_HEADERS: Final = {
    "accept": "application/json, application/jwt",
    "accept-encoding": "identity",
    "user-agent": "xacthuc",
}
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_THROTTLE_MS: Final = 2_000
"""How long a provider that asks for patience is left alone when it does not say for how long."""
_OK, _TOO_MANY, _UNAVAILABLE = 200, 429, 503
_REDIRECTS: Final = range(300, 400)
_CLIENT_ERRORS: Final = range(400, 500)


class Answer(NamedTuple):
    """A whole answer of status 200 or 4xx."""

    status: int
    media_type: str
    """In lower case, without parameters."""
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the provider did what it was asked."""
        return self.status == _OK

    def document(self) -> Mapping[str, object]:
        """Returns the JSON object it is; Unusable when it is none."""
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise Unusable(Cause.GARBLED)
        return document


class Transport:
    """Sends requests. It works on a transport, not on a client: there is nothing that could follow, keep or add."""

    def __init__(self, connections: httpx.AsyncBaseTransport, tls: ClientTls, timeout_seconds: float) -> None:
        """`timeout_seconds` is for each step of a request; the whole of a call is bounded by who calls."""
        self._connections = connections
        self._tls = tls
        # Half the time for a turn: who gets one has the other half.
        self._extensions = {"timeout": httpx.Timeout(timeout_seconds, pool=timeout_seconds / 2).as_dict()}

    async def fetch(self, url: str) -> Mapping[str, object]:
        """Gets a JSON object; tried again at once when the connection breaks. Raises Unusable for anything else."""
        try:
            answer = await self.get(url)
        except Unusable as fault:
            if fault.cause is not Cause.UNREACHABLE:
                raise
            answer = await self.get(url)
        if not answer.ok:
            raise Unusable(Cause.UNEXPECTED_STATUS)
        return answer.document()

    async def get(self, url: str, headers: Mapping[str, str] = _NONE) -> Answer:
        """Gets, once. Raises Unusable for all but 200 and 4xx."""
        return await self._send("GET", url, headers)

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Posts a form, once: what it carries may work only once. Raises Unusable for all but 200 and 4xx."""
        return await self._send("POST", url, headers, form)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] = _NONE) -> Answer:
        self._tls.renew()
        request = httpx.Request(
            method, url, headers={**_HEADERS, **headers}, data=dict(form) or None, extensions=self._extensions
        )
        try:
            response = await self._connections.handle_async_request(request)
            try:
                body = await _whole(response)
            finally:
                await response.aclose()
        except httpx.PoolTimeout:
            raise Unusable(Cause.BUSY) from None
        except httpx.TimeoutException:
            raise Unusable(Cause.TIMEOUT) from None
        except httpx.TransportError:
            raise Unusable(Cause.UNREACHABLE) from None
        return _sorted(response, body)


async def _whole(response: httpx.Response) -> bytes:
    body = bytearray()
    # Raw: a few bytes may unpack to very many, and we asked for none that are packed.
    async for part in response.aiter_raw():
        body += part
        if len(body) > _MOST_ANSWER_BYTES:
            raise Unusable(Cause.OVERSIZED)
    return bytes(body)


def _sorted(response: httpx.Response, body: bytes) -> Answer:
    status = response.status_code
    if status in {_TOO_MANY, _UNAVAILABLE}:
        raise Unusable(Cause.THROTTLED, hold_ms=_hold_ms(response.headers))
    if status in _REDIRECTS:
        raise Unusable(Cause.REDIRECTED)
    if status != _OK and status not in _CLIENT_ERRORS:
        raise Unusable(Cause.UNEXPECTED_STATUS)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(status, media_type, body)


def _hold_ms(headers: httpx.Headers) -> int:
    # RFC 9110 section 10.2.3 also allows a date: such a provider is left alone for the usual time.
    seconds = headers.get("Retry-After", "")
    plain = len(seconds) <= 6 and seconds.isascii() and seconds.isdigit()  # noqa: PLR2004 - 11 days, a longer word is noise
    return int(seconds) * 1000 if plain and int(seconds) else _THROTTLE_MS


@asynccontextmanager
async def opened(described: ProviderFile) -> AsyncIterator[Transport]:
    """Keeps what requests need for as long as it is entered; DataFileError for certificates that cannot be used."""
    # No connection is kept: it might be dead by the next sign-in, and a code cannot be posted a second time.
    limits = httpx.Limits(max_connections=described.concurrency, max_keepalive_connections=0)
    tls = ClientTls(described.tls)
    # trust_env off: the machine's environment does not decide whose certificates are believed.
    async with httpx.AsyncHTTPTransport(verify=tls.context, limits=limits, trust_env=False) as connections:
        yield Transport(connections, tls, described.timeout_seconds)
