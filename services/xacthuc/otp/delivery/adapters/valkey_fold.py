"""Folds outcomes into the limits that live outside the number's partition: once each, in order, by the lease holder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import outcomes_key
from xacthuc.otp.delivery.adapters.layout import cursor_key, lease_key
from xacthuc.ratelimit.limiter import Charge, Event
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.ratelimit.gcra import Rule
    from xacthuc.ratelimit.limiter import Limiter
    from xacthuc.valkey import Script, Store

_log: Final = get_logger()

_LIMITS: Final = {"a": Limit.ACCOUNT, "d": Limit.DEVICE, "i": Limit.IP, "p": Limit.PREFIX}
_CREDITS: Final = {
    "VERIFIED": (Event.VERIFIED, frozenset({Limit.IP, Limit.PREFIX})),
    "WRONG": (Event.WRONG, frozenset({Limit.ACCOUNT})),
    "EXHAUSTED": (Event.WRONG, frozenset({Limit.ACCOUNT})),
}
"""What each outcome does to which limits. Every message was charged before it was queued, a resend like a start."""

_READ_AT_ONCE: Final = 64

_PARTITIONS_AT_ONCE: Final = 8
"""All 256 at once would queue hundreds of scripts before the next check of a code, which then waits 40 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Reads `out` from its cursor on and credits limits. Doing an entry again changes nothing."""

    store: Store
    limiter: Limiter
    rules: Mapping[Limit, Rule]
    clock: Clock
    kept: timedelta
    """How long outcomes stay for those who watch them."""
    script: Script

    async def run(self, held: Callable[[], Mapping[int, Tenure]], poll_seconds: float) -> None:
        """Folds every held partition, again and again, until canceled."""
        while True:
            try:
                tenures = iter(tuple(held().values()))
                await asyncio.gather(*(self._fold_each(tenures) for _ in range(_PARTITIONS_AT_ONCE)))
            except StoreError as error:
                _log.warning("outcomes_not_folded", cause=str(error))
            await asyncio.sleep(poll_seconds)

    async def _fold_each(self, tenures: Iterator[Tenure]) -> None:
        for tenure in tenures:
            await self.fold(tenure)

    async def fold(self, tenure: Tenure) -> None:
        """Folds what one partition has."""
        while await self._fold_some(tenure) == _READ_AT_ONCE:
            pass

    async def _fold_some(self, tenure: Tenure) -> int:
        outcomes, cursor_name = outcomes_key(tenure.partition), cursor_key(tenure.partition)
        cursor = await self.store.execute("GET", cursor_name)
        after = f"({cursor.decode()}" if cursor else "-"
        entries = await self.store.execute("XRANGE", outcomes, after, "+", "COUNT", _READ_AT_ONCE)
        for key, fields in entries:
            await self._credit(tenure.partition, key.decode(), dict(zip(fields[::2], fields[1::2], strict=True)))
        if entries or self._sweeps(tenure.partition):
            oldest_ms = self.clock.now_ms() - round(self.kept.total_seconds() * 1000)
            last = entries[-1][0] if entries else ""
            keys = (lease_key(tenure.partition), cursor_name, outcomes)
            await self.store.run(self.script, keys, (tenure.fence, last, oldest_ms))
        return len(entries)

    async def _credit(self, partition: int, entry_id: str, outcome: Mapping[bytes, bytes]) -> None:
        credit = _CREDITS.get(outcome[b"k"].decode())
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

    def _sweeps(self, partition: int) -> bool:
        # A quiet partition is swept too, about once in four minutes: one of 256 at each second.
        return self.clock.now_ms() // 1000 % 256 == partition
