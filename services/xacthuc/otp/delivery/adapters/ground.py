"""What a provider may use of the worker it sends for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Receipt
    from xacthuc.sealing import Sealer
    from xacthuc.valkey import Store


def unheard(_provider: str, _seconds: float) -> None:
    """Takes a figure that nobody asked for."""


def uncounted(_provider: str, _cause: str) -> None:
    """Takes a fault that nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the worker stands on."""

    receive: Callable[[str, Receipt], Awaitable[None]]
    """Takes a receipt of the provider named; StoreUnavailable: ask for it again."""
    workers: Callable[[], int]
    """How many workers are alive, this one included, among whom a provider's pace is divided."""
    store: Store
    sealer: Sealer
    clock: Clock
    token_left: Callable[[str, float], None] = unheard
    """Takes for how many seconds a provider's token is good, for the metric."""
    fault: Callable[[str, str], None] = uncounted
    """Counts a fault on a connection of the provider named, by its cause."""
    bound: Callable[[str, int], None] = unheard
    """Takes how many connections a provider has, for the metric."""


class Tended(Protocol):
    """A provider that has work of its own: connections to keep, tokens to renew."""

    async def tend(self, ground: Ground) -> None:
        """Works beside the lanes, until canceled or there is nothing left to do. Never raises for a provider's fault."""
        ...
