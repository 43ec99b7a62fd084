"""Reads outcomes once each, in order, by the lease holder, and hands them to what keeps count outside the partition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from xacthuc.otp.adapters.layout import outcomes_key
from xacthuc.otp.delivery.adapters.layout import cursor_key, lease_key
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.valkey import Script, Store

_log: Final = get_logger()

_READ_AT_ONCE: Final = 64

_PARTITIONS_AT_ONCE: Final = 8
"""All 256 at once would queue hundreds of scripts before the next check of a code, which then waits 40 ms."""


class Folder(Protocol):
    """Something that keeps count of outcomes in slots of its own."""

    async def fold(self, partition: int, entry_id: str, outcome: Mapping[bytes, bytes]) -> None:
        """Counts one outcome, whose fields are those of `{p:NNN}:out`; doing an entry again must change nothing.

        Entries of a partition come in order, and again from an earlier one on after a crash. StoreError: ask again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Reads `out` from its cursor on and asks every folder, in step: the cursor moves when all of them have counted."""

    store: Store
    folders: Sequence[Folder]
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
            outcome = dict(zip(fields[::2], fields[1::2], strict=True))
            await asyncio.gather(*(folder.fold(tenure.partition, key.decode(), outcome) for folder in self.folders))
        if entries or self._sweeps(tenure.partition):
            oldest_ms = self.clock.now_ms() - round(self.kept.total_seconds() * 1000)
            last = entries[-1][0] if entries else ""
            keys = (lease_key(tenure.partition), cursor_name, outcomes)
            await self.store.run(self.script, keys, (tenure.fence, last, oldest_ms))
        return len(entries)

    def _sweeps(self, partition: int) -> bool:
        # A quiet partition is swept too, about once in four minutes: one of 256 at each second.
        return self.clock.now_ms() // 1000 % 256 == partition
