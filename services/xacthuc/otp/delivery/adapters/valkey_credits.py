"""Credits the limits that live outside the number's partition with what became of a challenge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.ratelimit.limiter import Charge, Credit, Event
from xacthuc.ratelimit.limits import Limit, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
    from xacthuc.ratelimit.gcra import Rule
    from xacthuc.ratelimit.limiter import Limiter

_LIMITS: Final = {"a": Limit.ACCOUNT, "d": Limit.DEVICE, "i": Limit.IP, "p": Limit.PREFIX}
_CREDITS: Final = {
    b"VERIFIED": (Event.VERIFIED, frozenset({Limit.IP, Limit.PREFIX})),
    b"WRONG": (Event.WRONG, frozenset({Limit.ACCOUNT})),
    b"EXHAUSTED": (Event.WRONG, frozenset({Limit.ACCOUNT})),
}
"""What each outcome does to which limits. Every message was charged before it was queued, a resend like a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCredits:
    """Implements `Folder`: each limit remembers the last entry of a partition that was applied to it."""

    limiter: Limiter
    rules: Mapping[Limit, Rule]
    clock: Clock

    async def fold(self, rows: Sequence[OutcomeRow]) -> None:
        """Applies outcomes to the limits they name; see `Folder`."""
        await self.limiter.fold([credit for row in rows for credit in self._credits(row)], self.clock.now_ms())

    def _credits(self, row: OutcomeRow) -> list[Credit]:
        credit = _CREDITS.get(row.outcome[b"k"])
        if credit is None or not row.outcome[b"lk"]:
            return []
        event, limits = credit
        return [
            Credit(charge, event, row.partition, row.id)
            for charge in self._charges(row.outcome)
            if charge.limit in limits
        ]

    def _charges(self, outcome: Mapping[bytes, bytes]) -> list[Charge]:
        named = (item.partition(":") for item in outcome[b"lk"].decode().split(","))
        return [
            Charge(_LIMITS[kind], key_of(_LIMITS[kind], digest), self.rules[_LIMITS[kind]]) for kind, _, digest in named
        ]
