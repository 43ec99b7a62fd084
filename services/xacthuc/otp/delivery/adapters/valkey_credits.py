"""Credits the limits that live outside the number's partition with what became of a challenge."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.ratelimit.limiter import Charge, Event
from xacthuc.ratelimit.limits import Limit, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.clock import Clock
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

    async def fold(self, partition: int, entry_id: str, outcome: Mapping[bytes, bytes]) -> None:
        """Applies one outcome to the limits it names; see `Folder`."""
        credit = _CREDITS.get(outcome[b"k"])
        if credit is None or not outcome[b"lk"]:
            return
        event, limits = credit
        now_ms = self.clock.now_ms()
        await asyncio.gather(
            *(
                self.limiter.fold(charge, event, partition=partition, entry_id=entry_id, now_ms=now_ms)
                for charge in self._charges(outcome)
                if charge.limit in limits
            )
        )

    def _charges(self, outcome: Mapping[bytes, bytes]) -> list[Charge]:
        named = (item.partition(":") for item in outcome[b"lk"].decode().split(","))
        return [
            Charge(_LIMITS[kind], key_of(_LIMITS[kind], digest), self.rules[_LIMITS[kind]]) for kind, _, digest in named
        ]
