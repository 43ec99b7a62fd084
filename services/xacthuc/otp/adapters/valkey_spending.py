"""What platforms spend and may spend, in Valkey: read beside a start, listed and capped by operators.

Owns no spending: the delivery worker pays before it sends (`delivery/adapters/valkey_purse.py`). A start that is
refused here is spared a message that would wait for money until its code is over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from xacthuc.otp.adapters.layout import SPENDERS_KEY, account_key
from xacthuc.otp.adapters.told import administered
from xacthuc.otp.domain.spending import Budget, Spending, default_cap_vnd, payers
from xacthuc.policy.dates import day_number, day_start_ms
from xacthuc.ratelimit.gcra import FOREVER_MS

if TYPE_CHECKING:
    import asyncio

    from xacthuc.policy.sending import Spend
    from xacthuc.valkey import Store

_FIELDS: Final = {budget: (f"{budget}:cap", f"{budget}:day", f"{budget}:spent", f"{budget}:least") for budget in Budget}

_GOOD_FOR_SECONDS: Final = 0.25
"""A changed cap holds for starts within a second: a quarter for what is remembered, the rest for what is on its way."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One budget whose figures are on their way."""

    platform: str
    budget: Budget
    default_cap_vnd: int
    reply: asyncio.Future[Any]

    async def on(self, day: int) -> Spending:
        cap, counted_day, spent, least = await self.reply
        return Spending(
            platform=self.platform,
            budget=self.budget,
            cap_vnd=self.default_cap_vnd if cap is None else int(cap),
            day=int(counted_day or 0),
            spent_vnd=int(spent or 0),
            least_vnd=int(least or 0),
        ).on(day)


@dataclass(slots=True)
class Look:
    """What is known of a platform's money, or a question on its way to the store.

    It travels in one trip with all else the caller sends there in the same tick.
    """

    good_until: float
    asked: tuple[_Asked, ...]
    until_ms: int | None = None

    def answers(self, now_ms: int) -> bool:
        """Tells whether its answer came, which a caller that failed elsewhere does not wait for, and is not over."""
        return not self.asked and (self.until_ms is None or self.until_ms > now_ms)

    async def closed_until_ms(self, now_ms: int) -> int | None:
        """Returns None while there is money; else when there is again, FOREVER_MS when waiting does not bring any.

        Raises StoreUnavailable.
        """
        if self.asked:
            self.until_ms = await _closed_until_ms(self.asked, now_ms)
            self.asked = ()
        return self.until_ms


async def _closed_until_ms(budgets: tuple[_Asked, ...], now_ms: int) -> int | None:
    today, until_ms = day_number(now_ms), None
    for asked in budgets:
        spending = await asked.on(today)
        if spending.exhausted:
            closed_ms = FOREVER_MS if spending.cap_vnd == 0 else day_start_ms(spending.day + 1)
            until_ms = max(until_ms or 0, closed_ms)
    return until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeySpending:
    """Implements `ports.Money`. Remembers one instant for each platform's budget that is asked about."""

    store: Store
    spend: Spend
    """The caps where an operator has set none."""
    _known: dict[tuple[str, Budget], Look] = field(default_factory=dict)

    def look(self, platform: str, budget: Budget, now_ms: int) -> Look:
        """Asks whether a platform has money left, at most four times a second, without waiting for the answer."""
        known, now = self._known.get((platform, budget)), time.monotonic()
        if known is not None and now < known.good_until and known.answers(now_ms):
            return known
        asked = tuple(self._ask(payer, budget) for payer in payers(self.spend, platform, budget))
        look = self._known[platform, budget] = Look(now + _GOOD_FOR_SECONDS, asked)
        return look

    async def set_cap(
        self, platform: str, budget: Budget, cap_vnd: int, reason: str, now_ms: int, *, actor: str
    ) -> Spending:
        """Writes the cap where each payment reads it, then tells of it."""
        await self.store.execute("SADD", SPENDERS_KEY, platform)
        await self.store.execute("HSET", account_key(platform), _FIELDS[budget][0], cap_vnd)
        self._known.pop((platform, budget), None)
        detail = f"spend_cap:{budget.name.lower()}:{cap_vnd}:{reason}"
        await administered(self.store, platform, detail, actor, now_ms)
        return await self._ask(platform, budget).on(day_number(now_ms))

    async def spendings(self, now_ms: int) -> list[Spending]:
        """Reads both budgets of each platform that ever spent or was given a cap."""
        platforms = sorted(platform.decode() for platform in await self.store.execute("SMEMBERS", SPENDERS_KEY))
        asked = [self._ask(platform, budget) for platform in platforms for budget in Budget]
        return [await each.on(day_number(now_ms)) for each in asked]

    def _ask(self, platform: str, budget: Budget) -> _Asked:
        reply = self.store.execute("HMGET", account_key(platform), *_FIELDS[budget])
        # A caller that fails elsewhere first does not come back for the answer.
        reply.add_done_callback(_heard)
        return _Asked(platform, budget, default_cap_vnd(self.spend, platform, budget), reply)


def _heard(reply: asyncio.Future[Any]) -> None:
    if not reply.cancelled():
        reply.exception()
