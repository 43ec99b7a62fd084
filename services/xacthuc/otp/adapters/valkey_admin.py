"""What operators change, in Valkey. Every change leaves an outcome, so that identity can audit it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.scripts import script
from xacthuc.otp.adapters.told import administered
from xacthuc.otp.adapters.valkey_limits import platform_key
from xacthuc.otp.delivery.domain.offer import Offer
from xacthuc.otp.ports.administration import ProviderState
from xacthuc.valkey.partition import number_hash, partition_of

if TYPE_CHECKING:
    from xacthuc.ratelimit.limiter import Limiter
    from xacthuc.valkey import Script, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyAdministration:
    """Implements `ports.Administration`."""

    store: Store
    limiter: Limiter
    number_key: bytes
    block_script: Script = field(default_factory=lambda: script("block"))
    unblock_script: Script = field(default_factory=lambda: script("unblock"))

    async def block(self, number: str, source: str, until_ms: int, now_ms: int, *, actor: str) -> None:
        """Runs `block.lua`."""
        partition, hashed = partition_of(number, self.number_key), number_hash(number, self.number_key)
        keys = (layout.block_key(partition, hashed), layout.outcomes_key(partition))
        await self.store.run(self.block_script, keys, (now_ms, until_ms, source, actor))

    async def unblock(
        self, number: str, platform: str, reason: str, now_ms: int, *, actor: str, pass_until_ms: int = 0
    ) -> None:
        """Runs `unblock.lua`. Without a platform only the block is there to lift; a pass is for all platforms."""
        partition, hashed = partition_of(number, self.number_key), number_hash(number, self.number_key)
        keys = (
            layout.block_key(partition, hashed),
            layout.number_key(partition, platform, hashed),
            layout.pass_key(partition, hashed),
            layout.outcomes_key(partition),
        )
        await self.store.run(self.unblock_script, keys, (now_ms, platform, reason, pass_until_ms, actor))

    async def set_kill_switch(self, platform: str, reason: str, now_ms: int, *, actor: str, engaged: bool) -> None:
        """Bars the platform's budget, or everybody's: the next start reads it, so it is effective at once."""
        if engaged:
            await self.limiter.bar(platform_key(platform), now_ms=now_ms)
        else:
            await self.limiter.unbar(platform_key(platform), now_ms=now_ms)
        detail = f"kill_switch_{'on' if engaged else 'off'}:{reason}"
        await administered(self.store, platform, detail, actor, now_ms)

    async def note_read(self, what: str, now_ms: int, *, actor: str) -> None:
        """Writes the outcome alone."""
        await administered(self.store, "", f"read:{what}", actor, now_ms)

    async def providers(self) -> list[ProviderState]:
        """Reads what the delivery workers report of themselves."""
        reply = await self.store.execute("HGETALL", layout.PROVIDERS_KEY)
        states: dict[str, ProviderState] = {}
        for report in reply[1::2]:
            for row in orjson.loads(report):
                state = _state(row)
                states[state.name] = _together(states[state.name], state) if state.name in states else state
        return [states[name] for name in sorted(states)]


def _state(row: dict[str, Any]) -> ProviderState:
    """Reads what `delivery.adapters.valkey_reports.rows` writes, and leaves out what a newer worker adds."""
    offer = row["offer"]
    return ProviderState(
        name=row["name"],
        channels=tuple(row["channels"]),
        sent=row["sent"],
        failed=row["failed"],
        last_send_ms=row["last_send_ms"],
        circuit_open=row["circuit_open"],
        suspended=row["suspended"],
        offer=Offer(
            weight=offer["weight"],
            concurrency=offer["concurrency"],
            per_second=offer["per_second"],
            operators=frozenset(offer["operators"]),
            cost_vnd=offer["cost_vnd"],
            reserved_only=offer["reserved_only"],
        ),
    )


def _together(one: ProviderState, other: ProviderState) -> ProviderState:
    """Adds what two workers say of the same provider; its circuit is open when either found it so."""
    return ProviderState(
        name=one.name,
        channels=one.channels,
        sent=one.sent + other.sent,
        failed=one.failed + other.failed,
        last_send_ms=max(one.last_send_ms, other.last_send_ms),
        circuit_open=one.circuit_open or other.circuit_open,
        suspended=one.suspended or other.suspended,
        offer=one.offer,
    )
