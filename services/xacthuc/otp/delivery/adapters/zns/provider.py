"""A Zalo Official Account as a provider: approved templates, filled in and sent to a number."""

from __future__ import annotations

from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from xacthuc.otp.delivery.adapters import gateway_template
from xacthuc.otp.delivery.adapters.http_exchange import Reply, opened_exchange
from xacthuc.otp.delivery.adapters.paced import Paced
from xacthuc.otp.delivery.adapters.zns.answers import ACCEPTED, TOKEN_REFUSED, error_of, refusal
from xacthuc.otp.delivery.adapters.zns.receipts import ZnsReceipts
from xacthuc.otp.delivery.adapters.zns.tokens import Tokens
from xacthuc.otp.delivery.adapters.zns.zns_file import read
from xacthuc.otp.delivery.ports import Accepted, Channel, Left, Rejected
from xacthuc.phone.sandbox import is_reserved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.ground import Ground
    from xacthuc.otp.delivery.adapters.http_exchange import Exchange
    from xacthuc.otp.delivery.adapters.zns.zns_file import ZnsFile
    from xacthuc.otp.delivery.ports import Answer, Message

_NO_TOKEN: Final = Rejected(reason="credentials_refused", left=Left.NOTHING)


class ZnsProvider:
    """Implements the provider port over Zalo's API for templates."""

    channels: Final = (Channel.ZALO_ZNS,)

    def __init__(self, described: ZnsFile, exchange: Exchange, clock: Clock) -> None:
        """Sends through `exchange`. `described` comes from `zns_file.read`."""
        self.described = described
        self.name = described.name
        self.receipts = ZnsReceipts.of(described, clock)
        self.reports = self.receipts is not None
        self._exchange = exchange
        self._tokens = Tokens(described, exchange, clock)
        self._paced = Paced(described.per_second)

    def takes(self, message: Message) -> bool:
        """Takes codes of its platforms for which it has a template, to numbers that are somebody's."""
        described = self.described
        return (
            bool(message.code)
            and (not described.platforms or message.platform in described.platforms)
            and described.template(message.purpose, message.locale) is not None
            and not is_reserved(message.to)
        )

    async def tend(self, ground: Ground) -> None:
        """Keeps a token at hand, and to this worker's share of the pace."""
        self._paced.divide_among(ground.workers)
        await self._tokens.keep(ground)

    async def send(self, message: Message) -> Answer:
        """Waits for its turn and asks; once more with a new token when Zalo refuses the one in use."""
        token = await self._tokens.access()
        if token is None:
            return _NO_TOKEN
        refused = await self._paced.turn()
        if refused is not None:
            return refused
        reply = await self._ask(message, token[0])
        if isinstance(reply, Reply) and error_of(reply) in TOKEN_REFUSED:
            renewed = await self._tokens.access(refused=token[1])
            if renewed is not None and await self._paced.turn() is None:
                reply = await self._ask(message, renewed[0])
        answer = _judge(message, reply)
        self._paced.heard(answer)
        return answer

    async def _ask(self, message: Message, token: str) -> Reply | Rejected:
        request = self._exchange.request(
            "POST", self.described.message_url, headers={"access_token": token}, json=self._body(message)
        )
        return await self._exchange.ask(request)

    def _body(self, message: Message) -> dict[str, Any]:
        values = {
            "brand": message.brand,
            "code": message.code,
            "minutes": message.parameters.get("minutes", ""),
        }
        body: dict[str, Any] = {
            "phone": message.to.removeprefix("+"),
            "template_id": self.described.template(message.purpose, message.locale),
            "template_data": gateway_template.fill(dict(self.described.data), values),
            "tracking_id": tracking_id(message.id),
        }
        if self.described.development:
            body["mode"] = "development"
        return body


@asynccontextmanager
async def opened_zns(path: Path, clock: Clock) -> AsyncIterator[ZnsProvider]:
    """Reads an account's file and keeps connections for as long as it is entered; DataFileError for a faulty file."""
    described = read(path)
    async with opened_exchange(
        timeout_seconds=described.timeout_seconds, concurrency=described.concurrency
    ) as exchange:
        yield ZnsProvider(described, exchange, clock)


def tracking_id(message_id: str) -> str:
    """Returns how receipts will name a message: Zalo advises 48 characters at the most and none that is special."""
    return blake2b(message_id.encode(), digest_size=16).hexdigest()


def _judge(message: Message, reply: Reply | Rejected) -> Answer:
    if isinstance(reply, Rejected):
        return reply
    if error_of(reply) == ACCEPTED and reply.status == 200:  # noqa: PLR2004 - OK, RFC 9110 section 15.3.1
        return Accepted(tracking_id(message.id))
    return refusal(reply)
