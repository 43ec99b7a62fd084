"""The platforms' daily money in Valkey: paid before a message is sent, given back when it was not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import SPENDERS_KEY, account_key, charge_key
from xacthuc.otp.adapters.scripts import purse_script
from xacthuc.otp.domain.spending import Budget, default_cap_vnd, payers
from xacthuc.policy.dates import day_number, day_start_ms
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS

if TYPE_CHECKING:
    from xacthuc.otp.delivery.ports import Charge
    from xacthuc.policy.sending import Spend
    from xacthuc.valkey import Script, Store

CHARGE_KEPT_MS: Final = 3_600_000
"""A request to a provider ends within seconds and what it did not use is given back then; an hour bridges an outage of
the store. Later nothing is given back, which is the strict side, and a busy day does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyPurse:
    """Implements `ports.Purse`. Reads the cap in the step that pays, so a new one holds from the next message on."""

    store: Store
    spend: Spend
    """The caps where an operator has set none."""
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    take_script: Script = field(default_factory=lambda: purse_script("take"))
    give_back_script: Script = field(default_factory=lambda: purse_script("give_back"))
    _listed: set[str] = field(default_factory=set)

    async def take(self, charge: Charge, now_ms: int) -> int | None:
        """Runs `purse_take.lua` for the platform and for all together; what one paid is undone if the other cannot."""
        if charge.platform not in self._listed:
            await self.store.execute("SADD", SPENDERS_KEY, charge.platform)
            self._listed.add(charge.platform)
        budget, today = _budget(charge), day_number(now_ms)
        paid = await asyncio.gather(
            *(
                self.store.run(
                    self.take_script,
                    (account_key(payer), charge_key(payer, charge.token)),
                    (
                        now_ms,
                        self.clock_tolerance_ms,
                        today,
                        budget,
                        charge.cost_vnd,
                        default_cap_vnd(self.spend, payer, budget),
                        CHARGE_KEPT_MS,
                    ),
                )
                for payer in payers(self.spend, charge.platform, budget)
            )
        )
        if all(paid):
            return None
        await self.give_back(charge, now_ms)
        return day_start_ms(today + 1)

    async def give_back(self, charge: Charge, now_ms: int) -> None:  # noqa: ARG002 - the charge knows its own day
        """Runs `purse_give_back.lua`; a charge that is not known is left alone."""
        await asyncio.gather(
            *(
                self.store.run(self.give_back_script, (account_key(payer), charge_key(payer, charge.token)))
                for payer in payers(self.spend, charge.platform, _budget(charge))
            )
        )


def _budget(charge: Charge) -> Budget:
    return Budget.NOTICES if charge.bulk else Budget.CODES
