"""Until when receipts are waited for, in Valkey: a sorted set per partition, read by whoever holds the partition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.otp.adapters.layout import challenge_key, delivery_key
from xacthuc.otp.delivery.adapters.layout import deadlines_key, lease_key, script
from xacthuc.otp.delivery.domain.caps import MOST_COPIES, MOST_OVERDUE, MOST_REQUESTS, MOST_UNEXPLAINED
from xacthuc.otp.delivery.ports import Channel, Overdue
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.otp.delivery.ports import Tenure
    from xacthuc.valkey import Script, Store

_QUEUED = b"A"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyDeadlines:
    """Implements `ports.Deadlines`. Codes alone have deadlines: nobody waits for a notice."""

    store: Store
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    overdue_script: Script = field(default_factory=lambda: script("overdue"))

    async def overdue(self, tenures: Collection[Tenure], now_ms: int) -> list[tuple[Tenure, Overdue]]:
        """Reads all partitions in one trip, and in a second what is known of the few that are overdue."""
        found = await asyncio.gather(
            *(
                self.store.execute(
                    "ZRANGEBYSCORE", deadlines_key(tenure.partition), "-inf", now_ms, "LIMIT", 0, MOST_OVERDUE
                )
                for tenure in tenures
            )
        )
        late = [
            (tenure, *member.decode().split(" "))
            for tenure, members in zip(tenures, found, strict=True)
            for member in members
        ]
        return await asyncio.gather(*(self._known(*words) for words in late))

    async def resolve(self, tenure: Tenure, overdue: Overdue, now_ms: int, *, others: bool) -> bool:
        """Runs `delivery_overdue.lua`."""
        partition = overdue.partition
        keys = (
            lease_key(partition),
            deadlines_key(partition),
            challenge_key(partition, overdue.id),
            delivery_key(partition),
        )
        arguments = (
            now_ms,
            self.clock_tolerance_ms,
            tenure.fence,
            overdue.id,
            overdue.send,
            overdue.provider,
            int(others),
            MOST_UNEXPLAINED,
            MOST_COPIES,
            MOST_REQUESTS,
            partition,
        )
        return bool(await self.store.run(self.overdue_script, keys, arguments) == _QUEUED)

    async def _known(self, tenure: Tenure, identity: str, send: str, provider: str) -> tuple[Tenure, Overdue]:
        record = challenge_key(tenure.partition, identity)
        channel, used = await self.store.execute("HMGET", record, "ch", f"av:{send}")
        return tenure, Overdue(
            partition=tenure.partition,
            id=identity,
            send=int(send),
            provider=provider,
            channel=int(channel or Channel.SMS),
            used=frozenset((used or b"").decode().split(",")) - {""} | {provider},
        )
