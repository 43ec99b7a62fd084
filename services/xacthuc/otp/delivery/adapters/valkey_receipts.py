"""Receipts in Valkey: a link per provider's message, on which whichever side comes first waits for the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import outcomes_key
from xacthuc.otp.delivery.adapters.layout import deadlines_key, link_key, record_key, script
from xacthuc.otp.delivery.ports import NUMBER_INACTIVE, Receipt, Status, Target
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS

if TYPE_CHECKING:
    from xacthuc.valkey import Script, Store

LINK_KEPT_MS: Final = 48 * 3_600_000
"""A message center gives up after 48 hours at the latest (the usual ceiling of SMPP's validity_period)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyReceipts:
    """Implements `ports.ReceiptBook`."""

    store: Store
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    link_script: Script = field(default_factory=lambda: script("link"))
    find_script: Script = field(default_factory=lambda: script("find"))
    receipt_script: Script = field(default_factory=lambda: script("receipt"))

    async def link(self, provider: str, message_id: str, target: Target) -> Receipt | None:
        """Runs `delivery_link.lua`."""
        written = f"{target.partition} {int(target.bulk)} {target.id} {target.send} {target.channel} {target.trace}"
        parked = await self.store.run(self.link_script, (link_key(provider, message_id),), (written, LINK_KEPT_MS))
        if parked is None:
            return None
        status, _, detail = parked.decode().partition(" ")
        return Receipt(message_id, Status(status), detail)

    async def find(self, provider: str, receipt: Receipt) -> Target | None:
        """Runs `delivery_find.lua`."""
        arguments = (f"{receipt.status} {receipt.detail}", LINK_KEPT_MS)
        target = await self.store.run(self.find_script, (link_key(provider, receipt.message_id),), arguments)
        if target is None:
            return None
        partition, bulk, identity, send, channel, trace = target.decode().split(" ")
        return Target(int(partition), bulk == "1", identity, int(send), int(channel), trace)

    async def apply(self, provider: str, target: Target, receipt: Receipt, now_ms: int) -> int | None:
        """Runs `delivery_receipt.lua`."""
        partition = target.partition
        keys = (
            record_key(partition, target.id, bulk=target.bulk),
            outcomes_key(partition),
            deadlines_key(partition),
        )
        arguments = (
            now_ms,
            self.clock_tolerance_ms,
            target.id,
            target.send,
            receipt.status,
            provider,
            target.channel,
            receipt.detail,
            int(receipt.detail == NUMBER_INACTIVE),
        )
        queued = await self.store.run(self.receipt_script, keys, arguments)
        return None if queued is None else int(queued)
