"""What operators change, and how providers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xacthuc.otp.delivery.domain.offer import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """One provider as the delivery workers see it."""

    name: str
    channels: tuple[int, ...]
    sent: int
    failed: int
    last_send_ms: int
    circuit_open: bool
    suspended: bool
    """Whether the fraud guard keeps messages from it."""
    offer: Offer


class Administration(Protocol):
    """What operators change, and see. Each act is an outcome too, which tells whose it is (`actor`, as `Call.actor`)."""

    async def block(self, number: str, source: str, until_ms: int, now_ms: int, *, actor: str) -> None:
        """Bars a number from receiving anything until then; replaces an earlier block."""
        ...

    async def unblock(
        self, number: str, platform: str, reason: str, now_ms: int, *, actor: str, pass_until_ms: int = 0
    ) -> None:
        """Lifts the block and, for `platform` when given, bars and spent allowances of the number.

        Until `pass_until_ms` nothing of the kind, nor the fraud guard, keeps codes from it on any platform.
        """
        ...

    async def set_kill_switch(self, platform: str, reason: str, now_ms: int, *, actor: str, engaged: bool) -> None:
        """Stops or allows all sending for one platform, or for all when it is empty."""
        ...

    async def note_read(self, what: str, now_ms: int, *, actor: str) -> None:
        """Tells that an operator is about to be shown something."""
        ...

    async def providers(self) -> list[ProviderState]:
        """Returns the providers by name."""
        ...
