"""What may not be sent now although somebody could: stopped platforms, spent money, notices at night."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.delivery.domain.surplus import Surplus
from xacthuc.otp.delivery.ports import QUIET_HOURS, SPEND_CAP, STOPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Charge, Entry, Purse, Switches
    from xacthuc.otp.delivery.routes import Route
    from xacthuc.policy.hours import Hours

_BROKE_SECONDS: Final = 0.5
"""How long a platform whose money is spent is not asked for more: one message in that time finds out whether the cap
was raised, and thousands that wait do not each ask."""


@dataclass(slots=True, kw_only=True)
class Gate:
    """Asked before every request. What it holds back stays in its lane and costs neither a copy nor a request."""

    switches: Switches
    purse: Purse
    hours: Hours
    clock: Clock
    workers: Callable[[], int]
    """How many workers share a provider's pace."""
    _broke_until: dict[tuple[str, bool], float] = field(default_factory=dict)
    _surplus: dict[str, Surplus] = field(default_factory=dict)

    async def holds(self, entry: Entry) -> str:
        """Returns why the message must not be sent now; empty when it may. Raises StoreUnavailable."""
        if await self.switches.stopped(entry.platform):
            return STOPPED
        if entry.bulk and not self.hours.open_at(self.clock.now_ms()):
            return QUIET_HOURS
        if self._broke_until.get((entry.platform, entry.bulk), 0.0) > time.monotonic():
            return SPEND_CAP
        return ""

    async def pays(self, charge: Charge) -> bool:
        """Takes the price of a request from the platform's money of today. Raises StoreUnavailable."""
        if await self.purse.take(charge, self.clock.now_ms()) is None:
            return True
        self._broke_until[charge.platform, charge.bulk] = time.monotonic() + _BROKE_SECONDS
        return False

    async def repay(self, charge: Charge) -> None:
        """Returns the price of a request that sent nothing. Raises StoreUnavailable."""
        await self.purse.give_back(charge, self.clock.now_ms())

    def leaves(self, route: Route, *, bulk: bool) -> bool:
        """Tells whether a message may have a place in the provider's pace: a code always, a notice what codes leave."""
        if not bulk:
            return True
        return not route.slots.locked() and self._surplus_of(route).left(time.monotonic(), self.workers())

    def asked(self, route: Route) -> None:
        """Takes note of a request to a provider."""
        self._surplus_of(route).asked(time.monotonic())

    def _surplus_of(self, route: Route) -> Surplus:
        name = route.provider.name
        if name not in self._surplus:
            self._surplus[name] = Surplus(route.offer.per_second)
        return self._surplus[name]
