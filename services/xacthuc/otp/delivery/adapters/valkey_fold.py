"""Reads outcomes once each, in order, by the lease holder, and hands them to what keeps count outside the partition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from xacthuc.otp.adapters.layout import outcomes_key
from xacthuc.otp.delivery.adapters.layout import cursor_key, lease_key
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.valkey import Script, Store
    from xacthuc.valkey.link import Reply

_log: Final = get_logger()

_READ_AT_ONCE: Final = 16

_PARTITIONS_AT_ONCE: Final = 32
"""Folded together, since what is counted outside them is mostly the same few subjects: each is asked once for all of its
entries. All 256 would hold hundreds of scripts before the next check of a code, which then waits 40 ms."""


class OutcomeRow(NamedTuple):
    """One entry of `{p:NNN}:out`."""

    partition: int
    id: str
    outcome: Mapping[bytes, bytes]


class Folder(Protocol):
    """Something that keeps count of outcomes in slots of its own."""

    async def fold(self, rows: Sequence[OutcomeRow]) -> None:
        """Counts outcomes; counting one again must change nothing.

        Those of a partition come in order, and again from an earlier one on after a crash. StoreError: ask again.
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
                tenures = tuple(held().values())
                for first in range(0, len(tenures), _PARTITIONS_AT_ONCE):
                    await self.fold(tenures[first : first + _PARTITIONS_AT_ONCE])
            except StoreError as error:
                _log.warning("outcomes_not_folded", cause=str(error))
            await asyncio.sleep(poll_seconds)

    async def fold(self, tenures: Sequence[Tenure]) -> None:
        """Folds what some partitions have."""
        while tenures:
            tenures = await self._fold_some(tenures)

    async def _fold_some(self, tenures: Sequence[Tenure]) -> list[Tenure]:
        """Returns those that may have more."""
        read = await self._read([tenure.partition for tenure in tenures])
        rows = [row for of_one in read for row in of_one]
        await asyncio.gather(*(folder.fold(rows) for folder in self.folders))
        await asyncio.gather(
            *(
                self._move(tenure, of_one)
                for tenure, of_one in zip(tenures, read, strict=True)
                if self._due(tenure, of_one)
            )
        )
        return [tenure for tenure, of_one in zip(tenures, read, strict=True) if len(of_one) == _READ_AT_ONCE]

    async def _read(self, partitions: Sequence[int]) -> list[list[OutcomeRow]]:
        cursors = await asyncio.gather(*(self.store.execute("GET", cursor_key(partition)) for partition in partitions))
        read = await asyncio.gather(
            *(
                self.store.execute(
                    "XRANGE",
                    outcomes_key(partition),
                    f"({cursor.decode()}" if cursor else "-",
                    "+",
                    "COUNT",
                    _READ_AT_ONCE,
                )
                for partition, cursor in zip(partitions, cursors, strict=True)
            )
        )
        return [
            [
                OutcomeRow(partition, key.decode(), dict(zip(fields[::2], fields[1::2], strict=True)))
                for key, fields in entries
            ]
            for partition, entries in zip(partitions, read, strict=True)
        ]

    def _move(self, tenure: Tenure, rows: Sequence[OutcomeRow]) -> asyncio.Future[Reply]:
        oldest_ms = self.clock.now_ms() - round(self.kept.total_seconds() * 1000)
        keys = (lease_key(tenure.partition), cursor_key(tenure.partition), outcomes_key(tenure.partition))
        return self.store.run(self.script, keys, (tenure.fence, rows[-1].id if rows else "", oldest_ms))

    def _due(self, tenure: Tenure, rows: Sequence[OutcomeRow]) -> bool:
        return bool(rows) or self._sweeps(tenure.partition)

    def _sweeps(self, partition: int) -> bool:
        # A quiet partition is swept too, about once in four minutes: one of 256 at each second.
        return self.clock.now_ms() // 1000 % 256 == partition
