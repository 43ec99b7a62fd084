"""What one platform's messages may cost on one day, and have cost. The scripts `purse_*.lua` do the same in the store.

Amounts are dong, by the prices in the providers' files: no more exact than those. Days are Vietnam's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xacthuc.policy.sending import Spend

NO_CAP_VND: Final = -1

EVERYBODY: Final = "*"
"""In place of a platform: all of them together. No platform's id has this character."""


class Budget(StrEnum):
    """Which money a message is paid from, so that notices can never spend what codes need. The values are in keys."""

    CODES = "c"
    NOTICES = "n"


def default_cap_vnd(spend: Spend, platform: str, budget: Budget) -> int:
    """Returns the cap that holds while an operator has set none."""
    if platform == EVERYBODY:
        return spend.system_codes_per_day_vnd if budget is Budget.CODES else spend.system_notices_per_day_vnd
    return spend.platform_codes_per_day_vnd if budget is Budget.CODES else spend.platform_notices_per_day_vnd


def payers(spend: Spend, platform: str, budget: Budget) -> tuple[str, ...]:
    """Returns whose money a message of a platform is paid from: its own, and what all share where that is capped."""
    return (platform,) if default_cap_vnd(spend, EVERYBODY, budget) < 0 else (platform, EVERYBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One budget of one platform on one day."""

    platform: str
    """EVERYBODY for all platforms together."""
    budget: Budget
    cap_vnd: int
    """For a day; NO_CAP_VND for none, 0 to let nothing out, not even what is free."""
    day: int
    """As `policy.dates.day_number` counts."""
    spent_vnd: int = 0
    least_vnd: int = 0
    """The cheapest message that was asked for today; 0 before the first."""

    def on(self, day: int) -> Spending:
        """Returns the budget on `day`: a new day starts with nothing spent, and a clock behind does not go back."""
        return replace(self, day=day, spent_vnd=0, least_vnd=0) if day > self.day else self

    def pays(self, cost_vnd: int) -> bool:
        """Tells whether a message of that price may still be sent."""
        return self.cap_vnd < 0 or (self.cap_vnd > 0 and self.spent_vnd + cost_vnd <= self.cap_vnd)

    def asked(self, cost_vnd: int) -> Spending:
        """Returns the budget after a message of that price was asked for, and paid when `pays` says so."""
        prices = [price for price in (self.least_vnd, cost_vnd) if price > 0]
        paid_vnd = cost_vnd if self.pays(cost_vnd) else 0
        return replace(self, spent_vnd=self.spent_vnd + paid_vnd, least_vnd=min(prices, default=0))

    @property
    def exhausted(self) -> bool:
        """Whether not even the cheapest message known today can be paid: there is no use in queueing one."""
        return not self.pays(self.least_vnd)
