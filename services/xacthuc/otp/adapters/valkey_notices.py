"""The bulk lane in Valkey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.scripts import script
from xacthuc.otp.ports import NoticeOutcome
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS
from xacthuc.valkey.partition import number_hash

if TYPE_CHECKING:
    from xacthuc.otp.ports import NewNotice
    from xacthuc.sealing import Sealer
    from xacthuc.valkey import Script, Store


def sealed_notice_context(platform: str, notice: str) -> bytes:
    """What a notice's number is bound to."""
    return b"notice\0" + platform.encode() + b"\0" + notice.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyNotices:
    """Implements `ports.Notices`."""

    store: Store
    sealer: Sealer
    number_key: bytes
    keep_ms: int
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    script: Script = field(default_factory=lambda: script("notice"))

    async def queue(self, new: NewNotice, now_ms: int) -> tuple[NoticeOutcome, str, int]:
        """Remembers the request in a slot of its own, since it may come back with another number; then `notice.lua`."""
        record, key = f"{new.fingerprint} {new.id}", layout.once_key(new.platform, "SendNotice", new.request_id)
        kept = await self.store.execute("SET", key, record, "NX", "GET", "PX", self.keep_ms)
        fingerprint, _, notice = (kept.decode() if kept else record).partition(" ")
        if fingerprint != new.fingerprint:
            return NoticeOutcome.REQUEST_ID_REUSED, "", 0
        partition = new.partition
        reply = await self.store.run(
            self.script,
            (
                layout.notice_key(partition, notice),
                layout.delivery_key(partition, bulk=True),
                layout.number_key(partition, new.platform, number_hash(new.number, self.number_key)),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                notice,
                new.platform,
                self.sealer.seal(new.number.encode(), sealed_notice_context(new.platform, notice)),
                new.template,
                new.locale,
                new.brand,
                self.keep_ms,
                partition,
            ),
        )
        outcome = NoticeOutcome(reply[0].decode())
        return (outcome, reply[1].decode(), int(reply[2])) if len(reply) > 1 else (outcome, "", 0)
