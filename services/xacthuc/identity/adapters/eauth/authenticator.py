"""One licensed provider, asked over mutual TLS: answers judged with suspicion, an outage told at once.

A person's details stand in the body of the question and nowhere else: in no address, header, log, span or exception.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import orjson

from xacthuc.identity.adapters.eauth import reading, template
from xacthuc.identity.adapters.eauth.callback import CallbackReader
from xacthuc.identity.adapters.eauth.reading import About, Fault
from xacthuc.identity.adapters.remote.circuit import LONGEST_HOLD_MS, Circuit
from xacthuc.identity.adapters.remote.exchange import Exchange, NoReply, Reply, opened_exchange
from xacthuc.identity.adapters.remote.spelling import dated, spelled
from xacthuc.identity.ports.eid import Confirmation, Pending, ProviderDown, Refused
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.eauth.eauth_file import EauthFile
    from xacthuc.identity.ports.eid import Person

_log: Final = get_logger()

_RETRY_SECONDS: Final = 5.0
"""When to try again where nothing better is known."""

_MISCONFIGURED_SECONDS: Final = 300.0
"""When to try again after what only somebody at the settings or at the provider can mend."""

_ASKED_TO_WAIT: Final = frozenset({Fault.THROTTLED, Fault.UNAVAILABLE})
_LASTING: Final = frozenset({Fault.CREDENTIALS, Fault.REQUEST})


class EauthProvider:
    """Implements `ports.eid.Authenticator` over one provider's API."""

    def __init__(
        self, described: EauthFile, exchange: Exchange, clock: Clock, observe: Callable[[str, float], None]
    ) -> None:
        """Asks through `exchange`; `observe` takes each outcome, from a closed set, and its seconds."""
        self.described = described
        self.name = described.name
        self.callbacks = CallbackReader(described, clock) if described.callback.secret else None
        self._exchange = exchange
        self._clock = clock
        self._observe = observe
        self._circuit = Circuit()
        self._secrets = {f"secret.{name}": value for name, value in described.secrets.items()}

    async def confirm(self, person: Person, request_id: str) -> Confirmation | Refused | Pending:
        """Asks once; the same `request_id` again is the same question. Raises ProviderDown."""
        about = About(request_id=request_id, personal_id=person.personal_id)
        return await self._ask("eauth.confirm", self._question(person, request_id), about)

    async def ask_again(self, transaction_id: str) -> Confirmation | Refused | Pending:
        """Returns what came of a pending question; Pending where the provider reports by itself. Raises ProviderDown."""
        if not reading.is_transaction_id(transaction_id):
            return Refused.EXPIRED  # no provider gave it
        if not self.described.poll.path:
            return Pending(transaction_id, float(self.described.poll.every_seconds))
        about = About(transaction_id=transaction_id)
        return await self._ask("eauth.ask_again", self._repetition(transaction_id), about)

    def _question(self, person: Person, request_id: str) -> httpx.Request:
        ask = self.described.ask
        values = {
            **self._secrets,
            "request_id": request_id,
            "personal_id": person.personal_id,
            "full_name": spelled(person.full_name, ask.name_spelling, capitals=ask.name_capitals),
            "birth_date": dated(person.birth_date, ask.birth_date_format),
        }
        headers = {"content-type": "application/json", **template.fill(dict(ask.headers), values)}
        if ask.idempotency_header:
            headers[ask.idempotency_header] = request_id
        content = orjson.dumps(template.fill(ask.body, values))
        return self._exchange.request("POST", self.described.url(ask.path), headers=headers, content=content)

    def _repetition(self, transaction_id: str) -> httpx.Request:
        poll = self.described.poll
        values = {**self._secrets, "transaction_id": transaction_id}
        # Percent-encoded whole, so that no id can lead to another address (RFC 3986 section 2.1).
        path = template.fill(poll.path, {"transaction_id": quote(transaction_id, safe="")})
        headers = template.fill(dict(poll.headers), values)
        content = b""
        if poll.body:
            headers = {"content-type": "application/json", **headers}
            content = orjson.dumps(template.fill(poll.body, values))
        return self._exchange.request(poll.method.value, self.described.url(path), headers=headers, content=content)

    async def _ask(self, step_name: str, request: httpx.Request, about: About) -> Confirmation | Refused | Pending:
        if wait_ms := self._circuit.enter(self._clock.now_ms()):
            raise ProviderDown(wait_ms / 1000)
        started = time.perf_counter()
        with span(step_name, {"provider": self.name}, kind=Kind.CLIENT) as step:
            reply = await self._exchange.ask(request)
            found = self._judged(reply, about)
            said = _said(found)
            step.set("outcome", said)
        self._observe(said, time.perf_counter() - started)
        if isinstance(found, (NoReply, Fault)):
            raise self._down(found, reply)
        self._circuit.succeeded()
        return found

    def _judged(self, reply: Reply | NoReply, about: About) -> Confirmation | Refused | Pending | Fault | NoReply:
        if isinstance(reply, NoReply):
            return reply
        return reading.read(self.described, reply, about, self._clock.now())

    def _down(self, fault: Fault | NoReply, reply: Reply | NoReply) -> ProviderDown:
        now_ms = self._clock.now_ms()
        seconds = _MISCONFIGURED_SECONDS if fault in _LASTING else _RETRY_SECONDS
        if isinstance(reply, Reply) and fault in _ASKED_TO_WAIT:
            seconds = float(min(reply.retry_after_seconds or _RETRY_SECONDS, LONGEST_HOLD_MS / 1000))
            self._circuit.hold(now_ms, round(seconds * 1000))
        elif fault is Fault.REQUEST or (isinstance(fault, NoReply) and fault.sound):
            self._circuit.succeeded()
        else:
            self._circuit.failed(now_ms)
        _log.warning("eauth_provider_did_not_answer", provider=self.name, cause=_said(fault))
        return ProviderDown(max(seconds, self._circuit.wait_ms(now_ms) / 1000))


@asynccontextmanager
async def opened_eauth(
    described: EauthFile, clock: Clock, observe: Callable[[str, float], None]
) -> AsyncIterator[EauthProvider]:
    """Keeps the connections for as long as it is entered; DataFileError for certificates that cannot be used."""
    async with opened_exchange(
        timeout_seconds=described.timeout_seconds, concurrency=described.concurrency, tls=described.tls
    ) as exchange:
        yield EauthProvider(described, exchange, clock, observe)


def _said(found: Confirmation | Refused | Pending | Fault | NoReply) -> str:
    match found:
        case Confirmation():
            return "confirmed"
        case Pending():
            return "pending"
        case NoReply():
            return found.cause
        case _:
            return found.value.lower()
