"""A vendor with an HTTP API, of messages or of calls, as its file describes it: its answers are judged with suspicion."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx

from xacthuc.otp.delivery.adapters import gateway_template
from xacthuc.otp.delivery.adapters.gateway_file import Format, Gateway, NumberFormat, Scheme, read
from xacthuc.otp.delivery.adapters.gateway_receipts import ReceiptReader
from xacthuc.otp.delivery.adapters.http_exchange import opened_exchange
from xacthuc.otp.delivery.adapters.paced import Paced
from xacthuc.otp.delivery.ports import Accepted, Channel, Rejected
from xacthuc.phone.sandbox import is_reserved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.gateway_file import Acceptance, Rejection
    from xacthuc.otp.delivery.adapters.ground import Ground
    from xacthuc.otp.delivery.adapters.http_exchange import Exchange, Reply
    from xacthuc.otp.delivery.ports import Answer, Message

_COUNTRY_CODE: Final = "+84"
_SPEECH_LOCALES: Final = {"vi": "vi-VN", "en": "en-US"}
"""What voice vendors call the languages of texts (BCP 47 with a region, which speech engines insist on)."""


class HttpGateway:
    """Implements the provider port over one vendor's API."""

    def __init__(self, described: Gateway, exchange: Exchange, clock: Clock) -> None:
        """Sends through `exchange`. `described` comes from `gateway_file.read`."""
        self.described = described
        self.name = described.name
        self.channels = tuple(Channel[name] for name in described.channels)
        self.receipts = ReceiptReader.of(described, clock) if described.receipts.scheme is not Scheme.NONE else None
        self.reports = self.receipts is not None
        self._exchange = exchange
        self._paced = Paced(described.per_second)
        self._says_texts = described.says_texts

    def takes(self, message: Message) -> bool:
        """Takes all but the sandbox's numbers, which are nobody's, and texts that a vendor with texts of its own lacks."""
        return not is_reserved(message.to) and (self._says_texts or bool(message.code))

    async def tend(self, ground: Ground) -> None:
        """Keeps to this worker's share of the pace from now on."""
        self._paced.divide_among(ground.workers)

    async def send(self, message: Message) -> Answer:
        """Waits for the vendor's pace and asks."""
        refused = await self._paced.turn()
        if refused is not None:
            return refused
        reply = await self._exchange.ask(self._request(message))
        answer = reply if isinstance(reply, Rejected) else self._judge(message, reply)
        self._paced.heard(answer)
        return answer

    def _request(self, message: Message) -> httpx.Request:
        request, values = self.described.request, self._values(message)
        body = gateway_template.fill(self.described.body, values) or None
        built = self._exchange.request(
            request.method.value,
            request.url,
            headers=gateway_template.fill(dict(request.headers), values),
            query=gateway_template.fill(dict(request.query), values),
            json=body if request.format is Format.JSON else None,
            form=body if request.format is Format.FORM else None,
        )
        if request.username:
            username, password = (gateway_template.fill(part, values) for part in (request.username, request.password))
            built = next(httpx.BasicAuth(username, password).auth_flow(built))
        return built

    def _values(self, message: Message) -> dict[str, str]:
        request, senders = self.described.request, self.described.senders
        return {
            "to": spelled(message.to, request.number_format),
            "text": message.text,
            "code": message.code,
            "sender": senders.get(message.operator) or request.sender or message.brand,
            "text_id": message.text_id,
            "locale": message.locale,
            "speech_locale": _SPEECH_LOCALES.get(message.locale, message.locale),
            "message_id": message.id,
            **{f"secret.{name}": secret for name, secret in self.described.secrets.items()},
        }

    def _judge(self, message: Message, reply: Reply) -> Answer:
        """Believes a no or a yes it was told how to read. Anything else is doubt, which is not repeated for long.

        The no goes first: it is described in more detail, where a status alone may stand for the yes.
        """
        for rule in self.described.rejected:
            if _says(rule, reply):
                return Rejected(
                    reason=rule.reason, final=rule.final, channel_final=rule.channel_final, hold_ms=reply.hold_ms
                )
        accepted = self.described.accepted
        if _says(accepted, reply):
            if not accepted.message_id:
                return Accepted(message.id)
            # Accepted without an id: sent, but its receipts will not be found.
            return Accepted(gateway_template.at(reply.document, accepted.message_id) or message.id)
        return reply.by_status()


@asynccontextmanager
async def opened_gateway(path: Path, clock: Clock) -> AsyncIterator[HttpGateway]:
    """Reads a gateway file and keeps its connections for as long as it is entered; DataFileError for a faulty file."""
    described = read(path)
    async with opened_exchange(
        timeout_seconds=described.request.timeout_seconds, concurrency=described.concurrency
    ) as exchange:
        yield HttpGateway(described, exchange, clock)


def spelled(e164: str, form: NumberFormat) -> str:
    """Returns a number as a vendor wants it written."""
    return form.value + e164.removeprefix(_COUNTRY_CODE)


def _says(rule: Acceptance | Rejection, reply: Reply) -> bool:
    if rule.status and reply.status not in rule.status:
        return False
    return not rule.path or gateway_template.at(reply.document, rule.path) in rule.equals
