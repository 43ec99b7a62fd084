"""One message from its lane to a provider: claimed before each request, the next provider with the same code, settled."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.ids import encode, random_bytes
from xacthuc.otp.delivery.compose import Uncomposable
from xacthuc.otp.delivery.domain.caps import pause_ms
from xacthuc.otp.delivery.ports import Accepted, Claim, Done, Fate, Left, Target
from xacthuc.otp.delivery.routes import outcome_of
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, Span, activate, span
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.compose import Composer
    from xacthuc.otp.delivery.ports import Answer, Entry, Message, Queue, Tenure
    from xacthuc.otp.delivery.receipts import Receipts
    from xacthuc.otp.delivery.routes import Route, Routes
    from xacthuc.telemetry.metrics import Metrics
    from xacthuc.telemetry.tracing import Tracer

_T = TypeVar("_T")

_log: Final = get_logger()

_STORE_PAUSE_SECONDS: Final = 0.2
_LONGEST_STORE_PAUSE_SECONDS: Final = 2.0


@dataclass(slots=True)
class Pending:
    """An entry on its way through this worker, and how often all providers were asked in vain."""

    entry: Entry
    tenure: Tenure
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """What carrying a message takes. Built once, in `main.py`."""

    queue: Queue
    routes: Routes
    composer: Composer
    receipts: Receipts
    clock: Clock
    tracer: Tracer
    metrics: Metrics

    async def carry(self, pending: Pending) -> float | None:
        """Tries to send; returns the seconds until the next try, or None when nothing is left to do."""
        entry = pending.entry
        if not self.routes.serves(entry.channel):
            await self._settle(pending, "", "channel_unavailable")
            return None
        if not self.routes.ready(entry.channel, self.clock.now_ms()):
            return await self._later(pending, None)
        claim = await self._claim(pending, None)
        if not isinstance(claim, Claim):
            return None
        context = self.tracer.follow(claim.trace or None)
        if not context.sampled:
            activate(context)
            return await self._hand_over(pending, claim)
        with Span("otp.deliver", context, Kind.CONSUMER, {"channel": int(entry.channel), "send": entry.send}):
            return await self._hand_over(pending, claim)

    async def _hand_over(self, pending: Pending, claim: Claim) -> float | None:
        """Asks one provider after the other, each request claimed anew."""
        try:
            message = self.composer.compose(pending.entry, claim)
        except Uncomposable as fault:
            await self._settle(pending, "", fault.reason)
            return None
        tried: set[str] = set()
        route = self.routes.next(message, tried, self.clock.now_ms())
        fate = Fate(claim.token, Left.NOTHING)
        while route is not None:
            tried.add(route.provider.name)
            answer = await self._send(route, message, bulk=pending.entry.bulk)
            if isinstance(answer, Accepted):
                await self._accepted(pending, route.provider.name, answer)
                return None
            if answer.final:
                await self._settle(pending, route.provider.name, answer.reason)
                return None
            fate = Fate(claim.token, answer.left, route.provider.name, answer.reason)
            route = self.routes.next(message, tried, self.clock.now_ms())
            if route is not None:
                claimed = await self._claim(pending, fate)
                if not isinstance(claimed, Claim):
                    return None
                claim, message = claimed, replace(message, request=claimed.request)
        return await self._later(pending, fate)

    async def _send(self, route: Route, message: Message, *, bulk: bool) -> Answer:
        name = route.provider.name
        async with route.bulk_slots if bulk else route.slots:
            route.circuit.trying(self.clock.now_ms())
            started = time.perf_counter()
            with span("provider.send", {"provider": name}, kind=Kind.CLIENT) as step:
                answer = await route.provider.send(message)
                outcome = outcome_of(answer)
                step.set("outcome", outcome)
        self.metrics.send_seconds.cell(name, outcome).observe(time.perf_counter() - started)
        route.record(answer, self.clock.now_ms())
        return answer

    async def _accepted(self, pending: Pending, provider: str, answer: Accepted) -> None:
        entry = pending.entry
        target = Target(entry.partition, entry.bulk, entry.id, entry.send)
        # First the link: a crash between the two sends one copy more, the other way round would lose receipts.
        await self._insist(lambda: self.receipts.expect(provider, answer.message_id, target))
        await self._settle(pending, provider, None)

    async def _claim(self, pending: Pending, fate: Fate | None) -> Claim | Done:
        token = encode(random_bytes(9))
        return await self._insist(
            lambda: self.queue.claim(pending.tenure, pending.entry, token, fate, self.clock.now_ms())
        )

    async def _settle(self, pending: Pending, provider: str, failure: str | None) -> None:
        await self._insist(
            lambda: self.queue.settle(pending.tenure, pending.entry, provider, failure, self.clock.now_ms())
        )

    async def _later(self, pending: Pending, fate: Fate | None) -> float | None:
        done = await self._insist(lambda: self.queue.put_back(pending.tenure, pending.entry, fate, self.clock.now_ms()))
        if done is not None:
            return None
        pending.rounds += 1
        # Spread, so that what waited for the same provider does not come back in one wave.
        return pause_ms(pending.rounds) / 1000 * random.uniform(0.8, 1.2)

    async def _insist(self, step: Callable[[], Awaitable[_T]]) -> _T:
        """Repeats a step of the store until it is done: what a provider has taken must not be forgotten.

        Every step may run twice without harm. A worker that lost the partition in between is told so by the fence.
        """
        pause_seconds = _STORE_PAUSE_SECONDS
        while True:
            try:
                return await step()
            except StoreError as error:
                _log.warning("delivery_step_failed", cause=str(error))
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, _LONGEST_STORE_PAUSE_SECONDS)
