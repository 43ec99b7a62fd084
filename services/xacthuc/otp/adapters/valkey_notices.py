"""The bulk lane in Valkey."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from xacthuc.ids import encode
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


def request_digest(platform: str, request_id: str) -> str:
    """Names a request in a key: ids come from platforms, so neither their length nor their meaning is trusted."""
    return encode(blake2b(f"{platform}\0SendNotice\0{request_id}".encode(), digest_size=16).digest())


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
        """Runs `notice.lua`."""
        partition = new.partition
        reply = await self.store.run(
            self.script,
            (
                layout.request_key(partition, request_digest(new.platform, new.request_id)),
                layout.delivery_key(partition, bulk=True),
                layout.block_key(partition, number_hash(new.number, self.number_key)),
            ),
            (
                now_ms,
                self.clock_tolerance_ms,
                new.id,
                new.platform,
                self.sealer.seal(new.number.encode(), sealed_notice_context(new.platform, new.id)),
                new.template,
                new.locale,
                new.brand,
                new.fingerprint,
                self.keep_ms,
                partition,
            ),
        )
        outcome = NoticeOutcome(reply[0].decode())
        return (outcome, reply[1].decode(), int(reply[2])) if len(reply) > 1 else (outcome, "", 0)
