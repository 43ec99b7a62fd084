"""Which provider is asked next, and how each of them fares."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.domain.circuit import Circuit
from xacthuc.otp.delivery.ports import Accepted, Left, Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xacthuc.otp.delivery.ports import Answer, Message, Provider

BULK_SHARE = 4
"""Notices may use a quarter as many connections again as codes do, and never one of theirs."""


@dataclass(slots=True, kw_only=True)
class Route:
    """One provider: its place in the order, its room, and its record since the start of this worker."""

    provider: Provider
    weight: int
    """Higher is asked first."""
    concurrency: int
    circuit: Circuit = field(default_factory=Circuit)
    sent: int = 0
    failed: int = 0
    last_send_ms: int = 0
    slots: asyncio.Semaphore = field(init=False)
    bulk_slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Makes room for requests in flight: for codes, and apart from it for notices."""
        self.slots = asyncio.Semaphore(self.concurrency)
        self.bulk_slots = asyncio.Semaphore(max(1, self.concurrency // BULK_SHARE))

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
        self.failed += 1
        if answer.final:
            self.circuit.succeeded()
        else:
            self.circuit.failed(now_ms)
        if answer.hold_ms:
            self.circuit.hold(now_ms, answer.hold_ms)


class Routes:
    """All providers, best first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Orders by weight, then by name."""
        self.all = sorted(routes, key=lambda route: (-route.weight, route.provider.name))

    def serves(self, channel: int) -> bool:
        """Tells whether any provider sends by this channel at all."""
        return any(channel in route.provider.channels for route in self.all)

    def ready(self, channel: int, now_ms: int) -> bool:
        """Tells whether a provider of this channel may be asked now."""
        return any(channel in route.provider.channels and route.circuit.allows(now_ms) for route in self.all)

    def next(self, message: Message, tried: Collection[str], now_ms: int) -> Route | None:
        """Returns who is asked next, or None when everybody able was tried or is to be left alone."""
        return next(
            (
                route
                for route in self.all
                if route.provider.name not in tried
                and message.channel in route.provider.channels
                and route.circuit.allows(now_ms)
                and route.provider.takes(message)
            ),
            None,
        )


def outcome_of(answer: Answer) -> str:
    """Returns what the metric of sends calls an answer."""
    if isinstance(answer, Accepted):
        return "accepted"
    return _throttled_or_rejected(answer) if answer.left is Left.REFUSAL else _OUTCOMES[answer.left]


def _throttled_or_rejected(answer: Rejected) -> str:
    return "throttled" if answer.reason == "throttled" else "rejected"


_OUTCOMES = {Left.NOTHING: "unreachable", Left.DOUBT: "timeout"}
