"""What may forbid a message: kill switches, and money that is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Switches(Protocol):
    """The kill switches of platforms, and of all."""

    async def stopped(self, platform: str) -> bool:
        """Tells whether nothing of a platform may be sent now, at most half a second late. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one request to a provider costs its platform."""

    platform: str
    bulk: bool
    token: str
    """Of the claim it is made under: the same token again is the same charge."""
    cost_vnd: int


class Purse(Protocol):
    """The platforms' daily money. Both raise StoreUnavailable."""

    async def take(self, charge: Charge, now_ms: int) -> int | None:
        """Spends before the message is sent; returns None, or when money is there again when today's cap is reached."""
        ...

    async def give_back(self, charge: Charge, now_ms: int) -> None:
        """Returns what a request did not use, once."""
        ...
