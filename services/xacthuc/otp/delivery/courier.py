"""One message from its lane to a provider: claimed before each request, the next provider with the same code, settled."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.ids import encode, random_bytes
from xacthuc.otp.delivery.compose import Uncomposable
from xacthuc.otp.delivery.domain.caps import HELD_NOTICE_PAUSE_MS, HELD_PAUSE_MS, pause_ms
from xacthuc.otp.delivery.ports import EXPIRED, STOPPED, Accepted, Claim, Done, Fate, Left, Target
from xacthuc.otp.delivery.routes import outcome_of
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, Span, activate, span
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.compose import Composer
    from xacthuc.otp.delivery.ports import Answer, Entry, Message, Queue, Switches, Tenure
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


@dataclass(slots=True)
class _Parcel:
    """A message on its round of the providers."""

    pending: Pending
    message: Message
    token: str
    """Of the claim for the next request; empty while there is none."""
    fate: Fate | None
    """What the store has not been told yet of the claim in use, or of the last one."""
    tried: set[str] = field(default_factory=set)
    over: bool = False
    again_seconds: float | None = None

    def claimed(self, claim: Claim) -> None:
        self.token, self.fate = claim.token, Fate(claim.token, Left.NOTHING)
        self.message = replace(self.message, request=claim.request)

    def end(self, again_seconds: float | None) -> None:
        self.over, self.again_seconds = True, again_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """What carrying a message takes. Built once, in `main.py`."""

    queue: Queue
    switches: Switches
    routes: Routes
    composer: Composer
    receipts: Receipts
    clock: Clock
    tracer: Tracer
    metrics: Metrics

    async def stopped(self, entry: Entry) -> bool:
        """Tells whether a kill switch forbids to send the message now."""
        return await self._insist(lambda: self.switches.stopped(entry.platform))

    async def hold(self, pending: Pending, fate: Fate | None = None) -> float | None:
        """Leaves a stopped message where it is; returns the seconds until the next look, None when its time is over."""
        if await self._put_back(pending, fate, late=STOPPED) is not None:
            return None
        return _spread(HELD_NOTICE_PAUSE_MS if pending.entry.bulk else HELD_PAUSE_MS)

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
        parcel = _Parcel(pending, message, claim.token, Fate(claim.token, Left.NOTHING))
        while (route := self.routes.next(parcel.message, parcel.tried, self.clock.now_ms())) is not None:
            await self._offer(parcel, route)
            if parcel.over:
                return parcel.again_seconds
        return await self._later(pending, parcel.fate)

    async def _offer(self, parcel: _Parcel, route: Route) -> None:
        """Waits until the provider has room, asks it, and acts upon its answer.

        No claim stands during the wait: it would count as a copy if this process died, and let a message go that was
        canceled in the meantime.
        """
        room = route.room(bulk=parcel.pending.entry.bulk)
        if room.locked():
            if await self._put_back(parcel.pending, parcel.fate) is not None:
                parcel.end(None)
                return
            parcel.token, parcel.fate = "", None
        async with room:
            answer = await self._ask(parcel, route)
        if answer is not None:
            await self._answered(parcel, route.provider.name, answer)

    async def _ask(self, parcel: _Parcel, route: Route) -> Answer | None:
        """Makes one request, unless it is forbidden or in vain by now."""
        pending = parcel.pending
        if not route.circuit.allows(self.clock.now_ms()):
            return None
        if not parcel.token:
            claim = await self._claim(pending, parcel.fate)
            if not isinstance(claim, Claim):
                parcel.end(None)
                return None
            parcel.claimed(claim)
        # Last of all: a claim can take as long as the store is away.
        if await self.stopped(pending.entry):
            parcel.end(await self.hold(pending, parcel.fate))
            return None
        parcel.tried.add(route.provider.name)
        return await self._send(route, parcel.message)

    async def _answered(self, parcel: _Parcel, provider: str, answer: Answer) -> None:
        if isinstance(answer, Accepted):
            await self._accepted(parcel.pending, provider, answer)
            parcel.end(None)
        elif answer.final:
            await self._settle(parcel.pending, provider, answer.reason)
            parcel.end(None)
        else:
            parcel.fate, parcel.token = Fate(parcel.token, answer.left, provider, answer.reason), ""

    async def _send(self, route: Route, message: Message) -> Answer:
        name = route.provider.name
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
        if await self._put_back(pending, fate) is not None:
            return None
        pending.rounds += 1
        return _spread(pause_ms(pending.rounds))

    async def _put_back(self, pending: Pending, fate: Fate | None, *, late: str = EXPIRED) -> Done | None:
        return await self._insist(
            lambda: self.queue.put_back(pending.tenure, pending.entry, fate, self.clock.now_ms(), late=late)
        )

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


def _spread(pause: int) -> float:
    """Returns the seconds of a pause in ms, so that what waited together does not come back in one wave."""
    return pause / 1000 * random.uniform(0.8, 1.2)
