"""One message from its lane to a provider: claimed before each request, the next provider with the same code, settled."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.compose import Uncomposable
from xacthuc.otp.delivery.domain.caps import HELD_NOTICE_PAUSE_MS, HELD_PAUSE_MS, pause_ms
from xacthuc.otp.delivery.insistence import insist
from xacthuc.otp.delivery.parcel import Parcel
from xacthuc.otp.delivery.ports import (
    SPEND_CAP,
    UNCONFIRMED,
    Accepted,
    Channel,
    Charge,
    Claim,
    Left,
    Rejected,
    Sent,
    Target,
    Unsent,
)
from xacthuc.otp.delivery.routes import outcome_of
from xacthuc.telemetry.logs import get_logger
from xacthuc.telemetry.tracing import Kind, Span, activate, span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.compose import Composer
    from xacthuc.otp.delivery.gate import Gate
    from xacthuc.otp.delivery.insistence import InsistentQueue
    from xacthuc.otp.delivery.parcel import Pending
    from xacthuc.otp.delivery.ports import Answer, Entry, Fate, Message
    from xacthuc.otp.delivery.receipts import Receipts
    from xacthuc.otp.delivery.routes import Chosen, Route, Routes
    from xacthuc.telemetry.metrics import Metrics
    from xacthuc.telemetry.tracing import Tracer

_log: Final = get_logger()

_NO_PACE_LEFT_MS: Final = 500
"""When a notice looks again whether codes leave something of the providers' pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """What carrying a message takes. Built once, in `main.py`."""

    queue: InsistentQueue
    gate: Gate
    routes: Routes
    composer: Composer
    receipts: Receipts
    clock: Clock
    tracer: Tracer
    metrics: Metrics

    async def holds(self, entry: Entry) -> str:
        """Returns why the message must not be sent now; empty when it may."""
        return await insist(lambda: self.gate.holds(entry))

    async def hold(self, pending: Pending, why: str, fate: Fate | None = None) -> float | None:
        """Leaves a message where it is; returns the seconds until the next look, None when its time is over."""
        pending.held_back = why
        if await self.queue.put_back(pending, fate, late=why) is not None:
            return None
        return _spread(HELD_NOTICE_PAUSE_MS if pending.entry.bulk else HELD_PAUSE_MS)

    async def carry(self, pending: Pending) -> float | None:
        """Tries to send; returns the seconds until the next try, or None when nothing is left to do."""
        entry = pending.entry
        if not self.routes.serves(entry.channel):
            await self.queue.settle(pending, Unsent("channel_unavailable"))
            return None
        if not self.routes.ready(entry.channel, self.clock.now_ms()):
            return await self._later(pending, None)
        if entry.bulk and not any(self.gate.leaves(route, bulk=True) for route in self._serving(entry)):
            return await self._wait_for_pace(pending, None)
        claim = await self.queue.claim(pending, None)
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
        parcel = Parcel(pending, claim, self._channels(pending.entry))
        while (chosen := self._choose(parcel)) is not None:
            await self._offer(parcel, chosen)
            if parcel.over:
                return parcel.again_seconds
        return await self._nobody(parcel)

    def _channels(self, entry: Entry) -> list[Channel]:
        """Returns by what the message may go, best first. A notice is not worth a channel that nobody asked for."""
        others = () if entry.bulk else self.routes.fallback.get(entry.channel, ())
        return [Channel(entry.channel), *(Channel(channel) for channel in others)]

    def _serving(self, entry: Entry) -> Iterator[Route]:
        return (route for route in self.routes.all if entry.channel in route.provider.channels)

    def _choose(self, parcel: Parcel) -> Chosen | None:
        for message in self._messages(parcel):
            chosen = self.routes.choose(message, parcel.tried, self.clock.now_ms())
            if chosen is not None and chosen.channel in parcel.channels:
                return chosen
        return None

    def _messages(self, parcel: Parcel) -> Iterator[Message]:
        """Returns the message as it goes by each channel that is left."""
        for channel in tuple(parcel.channels):
            message = self._message(parcel, channel)
            if message is not None:
                yield message

    def _message(self, parcel: Parcel, channel: Channel) -> Message | None:
        """Returns the message for a channel, composed when that channel is first thought of; None without a text."""
        if channel in parcel.channels and parcel.message(channel) is None:
            try:
                parcel.keep(self.composer.compose(parcel.pending.entry, parcel.claim, channel))
            except Uncomposable as fault:
                parcel.close(channel, Unsent(fault.reason))
        return parcel.message(channel)

    async def _nobody(self, parcel: Parcel) -> float | None:
        """Leaves the message for later, or for good when no channel is left or everybody able has it already."""
        pending, fate, avoid = parcel.pending, parcel.fate, parcel.claim.avoid
        if parcel.closed is not None and not parcel.channels:
            await self.queue.settle(pending, parcel.closed)
            return None
        if fate is None or not avoid or self._somebody_else(parcel, avoid):
            return await self._later(pending, fate)
        await self.queue.give_up(pending, fate, UNCONFIRMED)
        return None

    def _somebody_else(self, parcel: Parcel, avoid: Collection[str]) -> bool:
        """Tells whether anybody could send the message who did not have it yet, be it not now."""
        return any(
            route.provider.name not in avoid
            and message.channel in route.provider.channels
            and route.offer.reaches(message.operator)
            and route.provider.takes(message)
            for message in self._messages(parcel)
            for route in self.routes.all
        )

    async def _offer(self, parcel: Parcel, chosen: Chosen) -> None:
        """Waits until the provider has room, asks it, and acts upon its answer.

        No claim stands during the wait: it would count as a copy if this process died, and let a message go that was
        canceled in the meantime.
        """
        bulk = parcel.pending.entry.bulk
        if not self.gate.leaves(chosen.route, bulk=bulk):
            parcel.end(await self._wait_for_pace(parcel.pending, parcel.fate))
            return
        room = chosen.route.room(bulk=bulk)
        if room.locked():
            if await self.queue.put_back(parcel.pending, parcel.fate) is not None:
                parcel.end(None)
                return
            parcel.released()
        async with room:
            answer = await self._ask(parcel, chosen)
        if answer is not None:
            await self._answered(parcel, chosen, answer)

    async def _ask(self, parcel: Parcel, chosen: Chosen) -> Answer | None:
        """Makes one request, unless it is forbidden, in vain by now, or not paid for."""
        if not await self._may_ask(parcel, chosen):
            return None
        parcel.tried.add(chosen.route.provider.name)
        message = self._message(parcel, chosen.channel)
        if message is None:
            return None
        charge = self._charge(parcel, chosen)
        if not await insist(lambda: self.gate.pays(charge)):
            parcel.end(await self.hold(parcel.pending, SPEND_CAP, parcel.fate))
            return None
        return await self._send(parcel, chosen, message, charge)

    async def _may_ask(self, parcel: Parcel, chosen: Chosen) -> bool:
        """Claims a request when none is claimed, and tells whether it may go to this provider now."""
        if not chosen.route.circuit.allows(self.clock.now_ms()):
            return False
        if not parcel.token:
            claim = await self.queue.claim(parcel.pending, parcel.fate)
            if not isinstance(claim, Claim):
                parcel.end(None)
                return False
            parcel.claimed(claim)
        # Last of all: a claim can take as long as the store is away.
        if why := await self.holds(parcel.pending.entry):
            parcel.end(await self.hold(parcel.pending, why, parcel.fate))
            return False
        return chosen.route.provider.name not in parcel.claim.avoid

    def _charge(self, parcel: Parcel, chosen: Chosen) -> Charge:
        claim = parcel.claim
        return Charge(
            platform=claim.platform,
            bulk=parcel.pending.entry.bulk,
            token=claim.token,
            cost_vnd=chosen.route.offer.cost_of(claim.operator),
        )

    async def _send(self, parcel: Parcel, chosen: Chosen, message: Message, charge: Charge) -> Answer:
        route, name = chosen.route, chosen.route.provider.name
        _log.debug("provider_chosen", provider=name, why=chosen.why)
        parcel.pending.held_back = ""
        self.gate.asked(route)
        route.circuit.trying(self.clock.now_ms())
        started = time.perf_counter()
        with span("provider.send", {"provider": name, "choice": chosen.why}, kind=Kind.CLIENT) as step:
            answer = await route.provider.send(message)
            outcome = outcome_of(answer)
            step.set("outcome", outcome)
            parcel.trace = step.traceparent()
        self.metrics.send_seconds.cell(name, outcome).observe(time.perf_counter() - started)
        route.record(answer, self.clock.now_ms())
        if isinstance(answer, Rejected) and answer.left is not Left.DOUBT:
            await insist(lambda: self.gate.repay(charge))
        return answer

    async def _answered(self, parcel: Parcel, chosen: Chosen, answer: Answer) -> None:
        provider = chosen.route.provider.name
        if isinstance(answer, Accepted):
            await self._accepted(parcel, chosen, answer)
            parcel.end(None)
        elif answer.final:
            await self.queue.settle(parcel.pending, Unsent(answer.reason, provider))
            parcel.end(None)
        else:
            parcel.ended(answer.left, provider, answer.reason)
            if answer.channel_final:
                parcel.close(chosen.channel, Unsent(answer.reason, provider))

    async def _accepted(self, parcel: Parcel, chosen: Chosen, answer: Accepted) -> None:
        entry, provider = parcel.pending.entry, chosen.route.provider
        target = Target(entry.partition, entry.bulk, entry.id, entry.send, int(chosen.channel), parcel.trace)
        # First the link: a crash between the two sends one copy more, the other way round would lose receipts.
        await insist(lambda: self.receipts.expect(provider.name, answer.message_id, target))
        cost = chosen.route.offer.cost_of(parcel.claim.operator)
        sent = Sent(provider=provider.name, channel=chosen.channel, cost_vnd=cost, reports=provider.reports)
        await self.queue.settle(parcel.pending, sent)

    async def _later(self, pending: Pending, fate: Fate | None) -> float | None:
        if await self.queue.put_back(pending, fate) is not None:
            return None
        pending.rounds += 1
        return _spread(pause_ms(pending.rounds))

    async def _wait_for_pace(self, pending: Pending, fate: Fate | None) -> float | None:
        """Leaves a notice for as long as codes take all that its provider can send."""
        return None if await self.queue.put_back(pending, fate) is not None else _spread(_NO_PACE_LEFT_MS)


def _spread(pause: int) -> float:
    """Returns the seconds of a pause in ms, so that what waited together does not come back in one wave."""
    return pause / 1000 * random.uniform(0.8, 1.2)
