"""One operator's number verification over HTTP: TLS verified, no redirects, answers judged with suspicion.

The token is somebody's access to their own line: it is sent and forgotten, and stands in no log, span or exception.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import httpx

from xacthuc.otp.adapters.camara import answers
from xacthuc.otp.delivery.domain.circuit import Circuit
from xacthuc.otp.domain.network import NetworkAnswer
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.adapters.camara.answers import Judged
    from xacthuc.otp.adapters.camara.operator_file import OperatorFile

_log: Final = get_logger()

_MOST_ANSWER_BYTES: Final = 16 * 1024
"""The longest answer of the definition has some 200 bytes."""
_TRIES: Final = 2
_THROTTLE_MS: Final = 1_000
"""How long an operator that asks for patience is left alone when it does not say for how long."""
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
"""Of patience: three decades are as good as more, and Python reads no number of thousands of digits."""


class NumberVerification:
    """Implements `ports.network.Operator` over one operator's API."""

    def __init__(
        self, described: OperatorFile, client: httpx.AsyncClient, clock: Clock, observe: Callable[[str, float], None]
    ) -> None:
        """Asks through `client`, which follows no redirects; `observe` takes each outcome and its seconds."""
        self.described = described
        self.name = described.name
        self._client = client
        self._clock = clock
        self._observe = observe
        self._circuit = Circuit()

    async def confirm(self, number: str, token: str, *, correlator: str, budget_seconds: float) -> NetworkAnswer:
        """Asks, unless the operator has failed so often that nobody should wait for it now."""
        if not self._circuit.allows(self._clock.now_ms()):
            return NetworkAnswer.UNAVAILABLE
        self._circuit.trying(self._clock.now_ms())
        started = time.perf_counter()
        with span("operator.confirm", {"operator": self.name}, kind=Kind.CLIENT) as step:
            judged, hold_ms = await self.ask(number, token, correlator=correlator, budget_seconds=budget_seconds)
            step.set("outcome", judged.said)
        self._observe(judged.said, time.perf_counter() - started)
        self._record(judged, hold_ms, hurried=budget_seconds < self.described.timeout_seconds)
        return judged.answer

    async def ask(self, number: str, token: str, *, correlator: str, budget_seconds: float) -> tuple[Judged, int]:
        """Makes the request, whatever came before; returns what was said, and for how long to ask no more in ms.

        A connection that breaks is tried again at once: asking changes nothing.
        """
        request = self._request(number, token, correlator)
        try:
            async with asyncio.timeout(min(self.described.timeout_seconds, budget_seconds)):
                for _ in range(_TRIES):
                    try:
                        return await self._answer(request)
                    except httpx.TimeoutException:
                        return answers.TIMEOUT, 0
                    except httpx.TransportError:
                        continue
        except TimeoutError:
            return answers.TIMEOUT, 0
        return answers.UNREACHABLE, 0

    async def _answer(self, request: httpx.Request) -> tuple[Judged, int]:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            # Raw: a few bytes may unpack to very many, and we asked for none that are packed.
            async for part in response.aiter_raw():
                body += part
                if len(body) > _MOST_ANSWER_BYTES:
                    return answers.UNCLEAR, 0
        finally:
            await response.aclose()
        judged = answers.judge(response.status_code, bytes(body))
        return judged, _hold_ms(response.headers) if judged is answers.THROTTLED else 0

    def _request(self, number: str, token: str, correlator: str) -> httpx.Request:
        asked = (
            {"hashedPhoneNumber": sha256(number.encode()).hexdigest()}
            if self.described.hashed
            else {"phoneNumber": number}
        )
        headers = {
            "authorization": f"Bearer {token}",
            "x-correlator": correlator,
            "accept": "application/json",
            "accept-encoding": "identity",
        }
        return self._client.build_request("POST", self.described.verify_url, json=asked, headers=headers)

    def _record(self, judged: Judged, hold_ms: int, *, hurried: bool) -> None:
        now_ms = self._clock.now_ms()
        if hold_ms:
            self._circuit.hold(now_ms, hold_ms)
        elif judged.sound:
            self._circuit.succeeded()
        elif not (hurried and judged is answers.TIMEOUT):  # a caller in a hurry says nothing of the operator
            self._circuit.failed(now_ms)
        if judged.answer is NetworkAnswer.UNAVAILABLE:
            _log.warning("operator_did_not_answer", operator=self.name, cause=judged.said)


@asynccontextmanager
async def opened(
    described: OperatorFile, clock: Clock, observe: Callable[[str, float], None]
) -> AsyncIterator[NumberVerification]:
    """Keeps an operator's connections for as long as it is entered."""
    most = described.concurrency
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=30.0)
    timeout = httpx.Timeout(described.timeout_seconds)
    # trust_env off: neither a proxy nor a .netrc of the machine gets to see numbers and tokens.
    async with httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False, trust_env=False) as client:
        yield NumberVerification(described, client, clock, observe)


def _hold_ms(headers: httpx.Headers) -> int:
    # RFC 9110 section 10.2.3 also allows a date: such an operator is left alone for the usual time.
    seconds = headers.get("Retry-After", "")
    return int(seconds) * 1000 if _SECONDS.fullmatch(seconds) else _THROTTLE_MS
