"""The providers of a worker: how each of them fares, who of them is asked next, and why."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.domain.choice import CIRCUIT_OPEN, SUSPENDED, Candidate, choose
from xacthuc.otp.delivery.domain.circuit import Circuit
from xacthuc.otp.delivery.domain.figures import Place
from xacthuc.otp.delivery.domain.judgement import Judgement
from xacthuc.otp.delivery.ports import PACED, THROTTLED, Accepted, Channel, Left, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from xacthuc.otp.delivery.domain.offer import Offer
    from xacthuc.otp.delivery.ports import Answer, Message, Provider

BULK_SHARE: Final = 4
"""Notices may use a quarter as many connections again as codes do, and never one of theirs."""


@dataclass(slots=True, kw_only=True)
class Route:
    """One provider: its terms, its room, and its record since the start of this worker."""

    provider: Provider
    offer: Offer
    circuit: Circuit = field(default_factory=Circuit)
    sent: int = 0
    failed: int = 0
    last_send_ms: int = 0
    slots: asyncio.Semaphore = field(init=False)
    bulk_slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Makes room for requests in flight: for codes, and apart from it for notices."""
        self.slots = asyncio.Semaphore(self.offer.concurrency)
        self.bulk_slots = asyncio.Semaphore(max(1, self.offer.concurrency // BULK_SHARE))

    def room(self, *, bulk: bool) -> asyncio.Semaphore:
        """Returns the room a message has here; a notice never takes a code's."""
        return self.bulk_slots if bulk else self.slots

    def record(self, answer: Answer, now_ms: int) -> None:
        """Takes an answer into account. A number that cannot be reached says nothing against the provider."""
        if isinstance(answer, Accepted):
            self.sent += 1
            self.last_send_ms = now_ms
            self.circuit.succeeded()
            return
        if answer.reason == PACED:
            self.circuit.untried()
            return
        self.failed += 1
        if answer.final:
            self.circuit.succeeded()
        elif answer.reason == THROTTLED and answer.hold_ms:
            # All that is under way is throttled at once: as failures in a row that would be an outage of half a minute.
            self.circuit.untried()
        else:
            self.circuit.failed(now_ms)
        if answer.hold_ms:
            self.circuit.hold(now_ms, answer.hold_ms)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is asked next."""

    route: Route
    channel: Channel
    """By which it is sent: the message's own, or one that stands in for it."""
    why: str
    """What spoke for whom, in one line without anything personal."""


class Routes:
    """All providers of a worker.

    Attributes:
        all: the providers, greatest weight first.
        judgement: what is believed of them, and how a choice is made of it; by weight alone until it is set.
        fallback: the channels that stand in for one, best first, where no provider of that one can be asked.
        suspended: whether a provider must not be asked for another reason than its circuit, by name and time.

    """

    def __init__(self, routes: Sequence[Route]) -> None:
        """Orders by weight, then by name."""
        self.all = sorted(routes, key=lambda route: (-route.offer.weight, route.provider.name))
        self.judgement = Judgement.by_weight()
        self.fallback: Mapping[int, Sequence[int]] = {}
        self.suspended: Callable[[str, int], bool] = _never

    def serves(self, channel: int) -> bool:
        """Tells whether any provider sends by this channel, or by one that stands in for it."""
        return any(self._of(each) for each in self._channels(channel))

    def ready(self, channel: int, now_ms: int) -> bool:
        """Tells whether a provider may be asked now."""
        return any(not self._barred(route, now_ms) for each in self._channels(channel) for route in self._of(each))

    def choose(self, message: Message, tried: Collection[str], now_ms: int) -> Chosen | None:
        """Returns who is asked next, or None when everybody able was tried or is to be left alone.

        Providers of the message's own channel come first; of another, only when none of them is left.
        """
        for channel in self._channels(message.channel):
            addressed = message if channel == message.channel else replace(message, channel=Channel(channel))
            able = {
                route.provider.name: route
                for route in self._of(channel)
                if route.provider.name not in tried
                and route.offer.reaches(message.operator)
                and route.provider.takes(addressed)
            }
            if able:
                candidates = self._candidates(able, message.operator, channel, now_ms)
                pick = choose(candidates, self.judgement.choice, self.judgement.random)
                if pick is not None:
                    return Chosen(able[pick.provider], Channel(channel), pick.why)
        return None

    def _candidates(self, able: Mapping[str, Route], operator: str, channel: int, now_ms: int) -> list[Candidate]:
        greatest = max(1, *(route.offer.weight for route in able.values()))
        return [
            Candidate(
                provider=name,
                weight=route.offer.weight,
                cost_vnd=route.offer.cost_of(operator),
                belief=self.judgement.of(Place(name, operator, channel), route.offer.weight / greatest),
                barred=self._barred(route, now_ms),
            )
            for name, route in able.items()
        ]

    def _barred(self, route: Route, now_ms: int) -> str:
        if not route.circuit.allows(now_ms):
            return CIRCUIT_OPEN
        return SUSPENDED if self.suspended(route.provider.name, now_ms) else ""

    def _channels(self, channel: int) -> Iterator[int]:
        yield channel
        yield from self.fallback.get(channel, ())

    def _of(self, channel: int) -> list[Route]:
        return [route for route in self.all if channel in route.provider.channels]


def _never(_provider: str, _now_ms: int) -> bool:
    return False


def outcome_of(answer: Answer) -> str:
    """Returns what the metric of sends calls an answer."""
    if isinstance(answer, Accepted):
        return "accepted"
    if answer.reason == PACED and answer.left is Left.NOTHING:
        return PACED
    return _throttled_or_rejected(answer) if answer.left is Left.REFUSAL else _OUTCOMES[answer.left]


def _throttled_or_rejected(answer: Rejected) -> str:
    return THROTTLED if answer.reason == THROTTLED else "rejected"


_OUTCOMES: Final = {Left.NOTHING: "unreachable", Left.DOUBT: "timeout"}
