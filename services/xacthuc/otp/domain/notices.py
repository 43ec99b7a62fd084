"""How often one number may be sent notices by one platform. `notice.lua` does the same in the number's slot.

Every notice of the last thirty days is remembered, six times at the most: so a cap holds in any window, and the time to
come back is exact, which an allowance that refills cannot give for two windows at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.policy.sending import Bulk

DAY_MS: Final = DAY_HOURS * HOUR_MS
MONTH_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBudget:
    """What one number bears."""

    per_day: int
    """In any 24 hours,"""
    per_30_days: int
    """and in any 30 days."""

    @classmethod
    def of(cls, bulk: Bulk) -> Self:
        """Returns the budget that the policy states."""
        return cls(per_day=bulk.number_per_day, per_30_days=bulk.number_per_30_days)

    def free_at_ms(self, sent_ms: Sequence[int]) -> int:
        """Returns when the next notice is allowed, 0 for always, after those sent at `sent_ms`, oldest first."""
        return max(_free_at_ms(sent_ms, self.per_day, DAY_MS), _free_at_ms(sent_ms, self.per_30_days, MONTH_MS))

    def after(self, sent_ms: Sequence[int], now_ms: int) -> list[int]:
        """Returns the times worth remembering once another was sent at `now_ms`."""
        return sorted([*(at for at in sent_ms if at > now_ms - MONTH_MS), now_ms])[-self.per_30_days :]


def _free_at_ms(sent_ms: Sequence[int], most: int, span_ms: int) -> int:
    return sent_ms[-most] + span_ms if len(sent_ms) >= most else 0
