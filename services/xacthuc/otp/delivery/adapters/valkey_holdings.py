"""Leases of partitions and the list of live workers, in Valkey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.adapters.layout import WORKERS_KEY, lease_key, script
from xacthuc.otp.delivery.ports import Tenure
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS

if TYPE_CHECKING:
    from xacthuc.valkey import Script, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyHoldings:
    """Implements `ports.Holdings`."""

    store: Store
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    workers_script: Script = field(default_factory=lambda: script("workers"))
    lease_script: Script = field(default_factory=lambda: script("lease"))
    leave_script: Script = field(default_factory=lambda: script("leave"))

    async def announce(self, worker: str, until_ms: int, now_ms: int) -> list[str]:
        """Runs `delivery_workers.lua`."""
        arguments = (now_ms, self.clock_tolerance_ms, worker, until_ms)
        return [name.decode() for name in await self.store.run(self.workers_script, (WORKERS_KEY,), arguments)]

    async def take(self, worker: str, partition: int, until_ms: int, now_ms: int) -> Tenure | None:
        """Runs `delivery_lease.lua`."""
        arguments = (now_ms, self.clock_tolerance_ms, worker, until_ms)
        fence = await self.store.run(self.lease_script, (lease_key(partition),), arguments)
        return None if fence is None else Tenure(partition, fence)

    async def leave(self, worker: str, tenure: Tenure) -> None:
        """Runs `delivery_leave.lua`."""
        await self.store.run(self.leave_script, (lease_key(tenure.partition),), (worker, tenure.fence))
