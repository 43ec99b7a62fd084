"""Asking one of an operator's CAMARA APIs: with a token, within a time, through a circuit, and judged with suspicion.

Numbers and a person's details stand in the body of a question and nowhere else: in no address, log, span or exception.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import orjson

from xacthuc.identity.adapters.kyc import answers
from xacthuc.identity.adapters.kyc.answers import Judged
from xacthuc.identity.adapters.kyc.tokens import NoToken, Tokens
from xacthuc.identity.adapters.remote.circuit import LONGEST_HOLD_MS, Circuit
from xacthuc.identity.adapters.remote.exchange import BUSY, TIMEOUT, NoReply, Reply
from xacthuc.identity.ports.eid import ProviderDown
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.kyc.kyc_file import KycFile
    from xacthuc.identity.adapters.remote.exchange import Exchange

T = TypeVar("T")

_log: Final = get_logger()

_RETRY_SECONDS: Final = 5.0
"""When to try again where nothing better is known."""

_APIS: Final = 3
"""KYC Match, Number Recycling and SIM Swap share an operator's connections."""

_LASTING_SECONDS: Final = 300.0
"""When to try again after what only somebody at the settings or at the operator can mend."""


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one operator, whichever of its APIs is asked."""

    operator: str
    timeout_seconds: float
    """For everything, a new token included."""
    at_once: int
    """Questions to each of its APIs, so that all of them together find connections."""
    exchange: Exchange
    tokens: Tokens
    clock: Clock

    @classmethod
    def to(cls, described: KycFile, exchange: Exchange, clock: Clock) -> Line:
        """Returns the way to the operator of a file, with no token yet."""
        tokens = Tokens(described.token, exchange, clock)
        at_once = max(described.concurrency // _APIS, 1)
        return cls(described.name, described.timeout_seconds, at_once, exchange, tokens, clock)


class Api(Generic[T]):
    """One API of one operator, whose answers say something of kind T."""

    def __init__(self, line: Line, what: str, url: str, observe: Callable[[str, float], None]) -> None:
        """`what` is its name in spans; `observe` takes each outcome, from a closed set, and its seconds."""
        self._line = line
        self._what = what
        self._url = url
        self._observe = observe
        self._circuit = Circuit()

    @property
    def at_once(self) -> int:
        """How many questions it may be asked at a time."""
        return self._line.at_once

    @property
    def operator(self) -> str:
        """Whose it is."""
        return self._line.operator

    async def ask(self, body: Mapping[str, Any], correlator: str, judge: Callable[[Reply], Judged[T]]) -> T:
        """Returns what the answer says. Raises ProviderDown."""
        if wait_ms := self._circuit.enter(self._line.clock.now_ms()):
            raise ProviderDown(wait_ms / 1000, asked=False)
        started = time.perf_counter()
        with span(f"operator.{self._what}", {"operator": self._line.operator}, kind=Kind.CLIENT) as step:
            judged, told_seconds = await self._in_time(orjson.dumps(body), correlator, judge)
            step.set("outcome", judged.said)
        self._observe(judged.said, time.perf_counter() - started)
        wait_seconds = self._recorded(judged, told_seconds)
        if judged.findings is None:
            raise ProviderDown(wait_seconds, asked=judged.said != BUSY.cause, final=judged.lasting and judged.sound)
        return judged.findings

    async def _in_time(
        self, body: bytes, correlator: str, judge: Callable[[Reply], Judged[T]]
    ) -> tuple[Judged[T], int]:
        """Returns what was said, and for how many seconds the operator asks to be left alone."""
        try:
            async with asyncio.timeout(self._line.timeout_seconds):
                answer = await self._ask(body, correlator)
        except TimeoutError:
            answer = TIMEOUT
        match answer:
            case Reply():
                return judge(answer), answer.retry_after_seconds
            case NoReply():
                return Judged(None, answer.cause, sound=answer.sound), 0
            case NoToken():
                judged: Judged[T] = Judged(None, answer.said, sound=answer.sound, lasting=answer.lasting)
                return judged, answer.retry_after_seconds

    async def _ask(self, body: bytes, correlator: str) -> Reply | NoReply | NoToken:
        token = await self._line.tokens.bearer()
        answer = await self._asked(body, token, correlator)
        if isinstance(token, str) and isinstance(answer, Reply) and answer.status == answers.UNAUTHENTICATED:
            # Tokens are withdrawn before their time; one new token shows whether it was that.
            answer = await self._asked(body, await self._line.tokens.bearer(refused=token), correlator)
        return answer

    async def _asked(self, body: bytes, token: str | NoToken, correlator: str) -> Reply | NoReply | NoToken:
        return (
            token
            if isinstance(token, NoToken)
            else await self._line.exchange.ask(self._request(body, token, correlator))
        )

    def _request(self, body: bytes, token: str, correlator: str) -> httpx.Request:
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "x-correlator": correlator,
        }
        return self._line.exchange.request("POST", self._url, headers=headers, content=body)

    def _recorded(self, judged: Judged[T], told_seconds: int) -> float:
        """Takes note of how a question ended; returns the seconds after which another makes sense."""
        now_ms = self._line.clock.now_ms()
        seconds = _LASTING_SECONDS if judged.lasting else _RETRY_SECONDS
        if judged.said == answers.THROTTLED.said or (told_seconds and judged.findings is None):
            seconds = min(told_seconds or _RETRY_SECONDS, LONGEST_HOLD_MS / 1000)
            self._circuit.hold(now_ms, round(seconds * 1000))
        elif judged.sound:
            self._circuit.succeeded()
        else:
            self._circuit.failed(now_ms)
        if judged.findings is None:
            _log.warning("kyc_operator_did_not_answer", operator=self._line.operator, cause=judged.said)
        return max(seconds, self._circuit.wait_ms(now_ms) / 1000)
