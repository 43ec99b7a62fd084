"""An SMS vendor with an HTTP API, as its file describes it: TLS verified, no redirects, answers judged with suspicion."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
import orjson

from xacthuc.otp.delivery.adapters import gateway_template
from xacthuc.otp.delivery.adapters.gateway_file import Format, Gateway, NumberFormat, read
from xacthuc.otp.delivery.adapters.gateway_receipts import ReceiptReader
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Rejected
from xacthuc.otp.domain.sandbox import is_reserved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.gateway_file import Acceptance, Rejection
    from xacthuc.otp.delivery.ports import Answer, Message

_CONNECTION_TRIES: Final = 2
_MOST_ANSWER_BYTES: Final = 64 * 1024
_COUNTRY_CODE: Final = "+84"

# Statuses that say no by themselves (RFC 9110 section 15, RFC 6585 section 4). Other server errors may come from a
# proxy in front of a vendor that did send: they are doubt.
_THROTTLED: Final = 429
_UNAVAILABLE: Final = 503
_CREDENTIALS_REFUSED: Final = frozenset({401, 403, 407})
_REFUSED: Final = range(300, 500)


class HttpGateway:
    """Implements the provider port over one vendor's API."""

    def __init__(self, described: Gateway, client: httpx.AsyncClient, clock: Clock) -> None:
        """Sends through `client`, which follows no redirects. `described` comes from `gateway_file.read`."""
        self.described = described
        self.name = described.name
        self.channels = tuple(Channel[name] for name in described.channels)
        self.receipts = ReceiptReader.of(described, clock)
        self._client = client
        request = described.request
        # Connecting may take two tries, reading one silence: a vendor that drips bytes gets no more than that.
        self._total_seconds = (_CONNECTION_TRIES + 1) * request.timeout_seconds

    def takes(self, message: Message) -> bool:
        """Takes everything but the sandbox's numbers, which are nobody's."""
        return not is_reserved(message.to)

    async def send(self, message: Message) -> Answer:
        """Asks once; twice when no connection came about, since nothing was sent then."""
        request = self._request(message)
        for last in (False, True):
            try:
                async with asyncio.timeout(self._total_seconds):
                    status, headers, body = await self._ask(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last:
                    return Rejected(reason="unreachable", left=Left.NOTHING)
            except (httpx.PoolTimeout, httpx.UnsupportedProtocol):
                return Rejected(reason="unreachable", left=Left.NOTHING)
            except (TimeoutError, httpx.TransportError):
                return Rejected(reason="no_answer", left=Left.DOUBT)
            else:
                return self._judge(message, status, headers, body)
        raise AssertionError("the second try returns")

    async def _ask(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_ANSWER_BYTES:
                    break
            return response.status_code, response.headers, bytes(body)
        finally:
            await response.aclose()

    def _request(self, message: Message) -> httpx.Request:
        request, values = self.described.request, self._values(message)
        written: dict[str, Any] = {}
        if self.described.body:
            body = gateway_template.fill(self.described.body, values)
            written = {"json": body} if request.format is Format.JSON else {"data": body}
        built = self._client.build_request(
            request.method.value,
            request.url,
            headers=gateway_template.fill(dict(request.headers), values),
            params=gateway_template.fill(dict(request.query), values) or None,
            **written,
        )
        if request.username:
            username, password = (gateway_template.fill(part, values) for part in (request.username, request.password))
            built = next(httpx.BasicAuth(username, password).auth_flow(built))
        return built

    def _values(self, message: Message) -> dict[str, str]:
        return {
            "to": _spelled(message.to, self.described.request.number_format),
            "text": message.text,
            "code": message.code,
            "sender": self.described.request.sender or message.brand,
            "message_id": message.id,
            **{f"secret.{name}": secret for name, secret in self.described.secrets.items()},
        }

    def _judge(self, message: Message, status: int, headers: httpx.Headers, body: bytes) -> Answer:
        """Believes a yes or a no it was told how to read. Anything else is doubt, which is not repeated for long."""
        document = _document(body)
        accepted = self.described.accepted
        if _says(accepted, status, document):
            if not accepted.message_id:
                return Accepted(message.id)
            # Accepted without an id: sent, but its receipts will not be found.
            return Accepted(gateway_template.at(document, accepted.message_id) or message.id)
        for rule in self.described.rejected:
            if _says(rule, status, document):
                return Rejected(reason=rule.reason, final=rule.final)
        return _by_status(status, _hold_ms(headers))


@asynccontextmanager
async def opened_gateway(path: Path, clock: Clock) -> AsyncIterator[HttpGateway]:
    """Reads a gateway file and keeps its connections for as long as it is entered; DataFileError for a faulty file."""
    described = read(path)
    timeout = httpx.Timeout(described.request.timeout_seconds)
    most = described.concurrency * 2
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=30.0)
    # trust_env off: neither a proxy nor a .netrc of the machine gets to see numbers and codes.
    async with httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False, trust_env=False) as client:
        yield HttpGateway(described, client, clock)


def _says(rule: Acceptance | Rejection, status: int, document: object) -> bool:
    if rule.status and status not in rule.status:
        return False
    return not rule.path or gateway_template.at(document, rule.path) in rule.equals


def _by_status(status: int, hold_ms: int) -> Rejected:
    """Returns what a status says by itself, when the vendor's file says nothing of the answer."""
    if status == _THROTTLED:
        return Rejected(reason="throttled", hold_ms=hold_ms)
    if status == _UNAVAILABLE:
        return Rejected(reason="unavailable", hold_ms=hold_ms)
    if status in _CREDENTIALS_REFUSED:
        return Rejected(reason="credentials_refused")
    if status in _REFUSED:
        return Rejected(reason="refused")
    return Rejected(reason="unclear_answer", left=Left.DOUBT)


def _document(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _hold_ms(headers: httpx.Headers) -> int:
    # RFC 9110 section 10.2.3 also allows a date; no gateway was seen to send one.
    seconds = headers.get("Retry-After", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() else 0


def _spelled(e164: str, form: NumberFormat) -> str:
    return form.value + e164.removeprefix(_COUNTRY_CODE)
