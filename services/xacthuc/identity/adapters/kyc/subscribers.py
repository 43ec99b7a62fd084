"""One operator's subscriber records over HTTP: TLS verified, no redirects, answers judged with suspicion.

Numbers and a person's details stand in the body of a question and nowhere else: in no address, log, span or exception.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from xacthuc.identity.adapters.kyc import answers
from xacthuc.identity.adapters.kyc.answers import Judged
from xacthuc.identity.adapters.kyc.kyc_file import Detail
from xacthuc.identity.adapters.kyc.tokens import NoToken, Tokens
from xacthuc.identity.adapters.remote.circuit import LONGEST_HOLD_MS, Circuit
from xacthuc.identity.adapters.remote.exchange import TIMEOUT, Exchange, NoReply, Reply, opened_exchange
from xacthuc.identity.adapters.remote.spelling import DateFormat, dated, spelled
from xacthuc.identity.ports.eid import ProviderDown, SubscriberMatch
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.kyc.kyc_file import KycFile
    from xacthuc.identity.ports.eid import Person

_log: Final = get_logger()

_RETRY_SECONDS: Final = 5.0
"""When to try again where nothing better is known."""

_LASTING_SECONDS: Final = 300.0
"""When to try again after what only somebody at the settings or at the operator can mend."""

_MEMBERS: Final = {Detail.FULL_NAME: "name", Detail.BIRTH_DATE: "birthdate", Detail.PERSONAL_ID: "idDocument"}


class KycMatch:
    """Implements `ports.eid.Subscribers` over one operator's API."""

    def __init__(
        self, described: KycFile, exchange: Exchange, clock: Clock, observe: Callable[[str, float], None]
    ) -> None:
        """Asks through `exchange`; `observe` takes each outcome, from a closed set, and its seconds."""
        self.described = described
        self.name = described.name
        self.tokens = Tokens(described.token, exchange, clock)
        self._exchange = exchange
        self._clock = clock
        self._observe = observe
        self._circuit = Circuit()

    async def match(self, number: str, person: Person, correlator: str) -> SubscriberMatch:
        """Compares the holder of `number` (E.164) with a person. Raises ProviderDown."""
        if wait_ms := self._circuit.enter(self._clock.now_ms()):
            raise ProviderDown(wait_ms / 1000)
        started = time.perf_counter()
        with span("kyc.match", {"operator": self.name}, kind=Kind.CLIENT) as step:
            judged, told_seconds = await self._in_time(self._body(number, person), correlator)
            step.set("outcome", judged.said)
        self._observe(judged.said, time.perf_counter() - started)
        wait_seconds = self._recorded(judged, told_seconds)
        if judged.findings is None:
            raise ProviderDown(wait_seconds)
        return SubscriberMatch(operator=self.name, **judged.findings._asdict())

    async def _in_time(self, body: bytes, correlator: str) -> tuple[Judged, int]:
        """Returns what was said, and for how many seconds the operator asks to be left alone."""
        try:
            async with asyncio.timeout(self.described.timeout_seconds):
                return self._judged(await self._ask(body, correlator))
        except TimeoutError:
            return self._judged(TIMEOUT)

    async def _ask(self, body: bytes, correlator: str) -> Reply | NoReply | NoToken:
        token = await self.tokens.bearer()
        answer = await self._asked(body, token, correlator)
        if isinstance(token, str) and isinstance(answer, Reply) and answer.status == answers.UNAUTHENTICATED:
            # Tokens are withdrawn before their time; one new token shows whether it was that.
            answer = await self._asked(body, await self.tokens.bearer(refused=token), correlator)
        return answer

    async def _asked(self, body: bytes, token: str | NoToken, correlator: str) -> Reply | NoReply | NoToken:
        return token if isinstance(token, NoToken) else await self._exchange.ask(self._request(body, token, correlator))

    def _judged(self, answer: Reply | NoReply | NoToken) -> tuple[Judged, int]:
        match answer:
            case Reply():
                return answers.judge(answer, self.described.details), answer.retry_after_seconds
            case NoReply():
                return Judged(None, answer.cause, sound=answer.sound), 0
            case NoToken():
                judged = Judged(None, answer.said, sound=answer.sound, lasting=answer.lasting)
                return judged, answer.retry_after_seconds

    def _request(self, body: bytes, token: str, correlator: str) -> httpx.Request:
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "x-correlator": correlator,
        }
        return self._exchange.request("POST", self.described.match_url, headers=headers, content=body)

    def _body(self, number: str, person: Person) -> bytes:
        described = self.described
        values = {
            Detail.FULL_NAME: spelled(person.full_name, described.name_spelling, capitals=described.name_capitals),
            Detail.BIRTH_DATE: dated(person.birth_date, DateFormat.ISO),
            Detail.PERSONAL_ID: person.personal_id,
        }
        for detail in described.hashed:
            values[detail] = sha256(values[detail].encode()).hexdigest()
        body = {"phoneNumber": number} | {_MEMBERS[detail]: values[detail] for detail in described.details}
        if Detail.PERSONAL_ID in described.details and described.document_type:
            body["idDocumentType"] = described.document_type.value
        return orjson.dumps(body)

    def _recorded(self, judged: Judged, told_seconds: int) -> float:
        """Takes note of how a question ended; returns the seconds after which another makes sense."""
        now_ms = self._clock.now_ms()
        seconds = _LASTING_SECONDS if judged.lasting else _RETRY_SECONDS
        if judged is answers.THROTTLED or (told_seconds and judged.findings is None):
            seconds = min(told_seconds or _RETRY_SECONDS, LONGEST_HOLD_MS / 1000)
            self._circuit.hold(now_ms, round(seconds * 1000))
        elif judged.sound:
            self._circuit.succeeded()
        else:
            self._circuit.failed(now_ms)
        if judged.findings is None:
            _log.warning("kyc_operator_did_not_answer", operator=self.name, cause=judged.said)
        return max(seconds, self._circuit.wait_ms(now_ms) / 1000)


@asynccontextmanager
async def opened_kyc(
    described: KycFile, clock: Clock, observe: Callable[[str, float], None]
) -> AsyncIterator[KycMatch]:
    """Keeps the connections for as long as it is entered; DataFileError for certificates that cannot be used."""
    async with opened_exchange(
        timeout_seconds=described.timeout_seconds, concurrency=described.concurrency, tls=described.tls
    ) as exchange:
        operator = KycMatch(described, exchange, clock, observe)
        try:
            yield operator
        finally:
            await operator.tokens.close()
