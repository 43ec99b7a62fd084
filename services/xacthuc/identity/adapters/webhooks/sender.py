"""The port `Post`: one request to a receiver whose address somebody else chose.

The name is resolved once, every address it leads to is judged, and the connection goes to one of those that were: a name
that resolves to something else a moment later leads nowhere new (DNS rebinding). TLS is checked against the name.
Nothing is redirected, no cookie is kept, no proxy is asked, and of the answer nothing but its status is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from xacthuc.identity.domain.webhooks import Outcome, judged
from xacthuc.identity.ports.webhooks import Attempt
from xacthuc.telemetry.traceparent import HEADER
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from xacthuc.identity.domain.reach import Reach

_HEADERS: Final = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "xacthuc-webhooks/1"}
_PORTS: Final = {"https": 443, "http": 80}


class Sender:
    """Posts to receivers."""

    def __init__(self, connections: httpx.AsyncBaseTransport, reach: Reach) -> None:
        """Takes a transport, not a client: there is nothing that could follow, keep or add."""
        self._connections = connections
        self._reach = reach

    async def send(self, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        """Posts once. Everything together is bounded by `seconds`, however slowly the other end drips.

        What is traced takes its trace along (W3C Trace Context), so that a receiver may go on with it.
        """
        told = {"http.request.method": "POST", "server.address": urlsplit(address).hostname or ""}
        with span("POST", told, kind=Kind.CLIENT) as step:
            if trace := step.traceparent():
                headers = {**headers, HEADER: trace}
            attempt = await self._tried(address, headers, body, seconds)
            if attempt.status:
                step.set("http.response.status_code", attempt.status)
            if attempt.outcome is not Outcome.ACCEPTED:
                step.fail(attempt.outcome)
        return attempt

    async def _tried(self, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        try:
            async with asyncio.timeout(seconds):
                return await self._send(httpx.URL(address), headers, body, seconds)
        except (TimeoutError, httpx.TimeoutException):
            return Attempt(Outcome.TIMED_OUT)
        except httpx.ProtocolError:
            return Attempt(Outcome.GARBLED)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            return Attempt(Outcome.UNTRUSTED if _is_about_certificates(error) else Outcome.UNREACHABLE)

    async def _send(self, url: httpx.URL, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        found = await _resolved(url.host, url.port or _PORTS[url.scheme])
        if not found:
            return Attempt(Outcome.UNRESOLVED)
        if not all(map(self._reach.allows, found)):
            return Attempt(Outcome.FORBIDDEN_ADDRESS)
        if url.scheme != "https" and not self._reach.loopback:
            return Attempt(Outcome.FORBIDDEN_ADDRESS)
        request = httpx.Request(
            "POST",
            url.copy_with(host=found[0]),
            headers={**_HEADERS, "host": url.netloc.decode("ascii"), **headers},
            content=body,
            extensions={"timeout": httpx.Timeout(seconds).as_dict(), "sni_hostname": url.host},
        )
        response = await self._connections.handle_async_request(request)
        # Unread: whatever it says, and however much, it is not asked.
        await response.aclose()
        return Attempt(judged(response.status_code), response.status_code)


@asynccontextmanager
async def opened_sender(reach: Reach, *, ca_file: Path | None, concurrency: int) -> AsyncIterator[Sender]:
    """Keeps what requests need for as long as it is entered. `ca_file` replaces the public authorities."""
    if ca_file is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=ca_file)
    # No connection is kept: it is to an address that was judged for one request.
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=0)
    # trust_env off: the machine's environment does not decide whose certificates are believed, or through whom to go.
    async with httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False) as connections:
        yield Sender(connections, reach)


async def _resolved(host: str, port: int) -> list[str]:
    """Returns the addresses a name leads to, in the resolver's order; none when there are none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _is_about_certificates(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
