"""The lanes in Valkey: each write is one script, guarded by the fence of the partition's lease."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from xacthuc.otp.adapters.layout import delivery_key, outcomes_key
from xacthuc.otp.delivery.adapters.layout import deadlines_key, lease_key, record_key, script
from xacthuc.otp.delivery.domain.caps import MOST_COPIES, MOST_REQUESTS, MOST_UNEXPLAINED
from xacthuc.otp.delivery.ports import EXPIRED, Channel, Claim, Done, Entry, Sent
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS

if TYPE_CHECKING:
    from datetime import timedelta

    from xacthuc.otp.delivery.ports import Fate, Tenure, Unsent
    from xacthuc.valkey import Script, Store

_DONE: Final = {b"L": Done.LOST, b"G": Done.DROPPED, b"F": Done.FAILED}
_RECORD_KEPT_MS: Final = 3 * 24 * 3_600_000
"""How long the record of a notice outlives the end of its time: receipts come for two days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyQueue:
    """Implements `ports.Queue`."""

    store: Store
    notice_life: timedelta
    """How long a notice may wait before it is not worth sending."""
    receipt_waits_ms: tuple[int, ...]
    """How long the receipt of a code is waited for: after the first message of a send, the second, and so on."""
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    claim_script: Script = field(default_factory=lambda: script("claim"))
    settle_script: Script = field(default_factory=lambda: script("settle"))

    async def read(self, partition: int, after: str, *, bulk: bool, most: int) -> list[Entry]:
        """Reads without blocking and without consuming."""
        lane = delivery_key(partition, bulk=bulk)
        reply = await self.store.execute("XRANGE", lane, f"({after}" if after else "-", "+", "COUNT", most)
        waiting = [(key.decode(), dict(zip(fields[::2], fields[1::2], strict=True))) for key, fields in reply]
        platforms = await self._platforms(partition, [of for _, of in waiting], bulk=bulk)
        return [
            _entry(partition, key, of, platform.decode(), bulk=bulk)
            for (key, of), platform in zip(waiting, platforms, strict=True)
        ]

    async def claim(
        self, tenure: Tenure, entry: Entry, token: str, previous: Fate | None, now_ms: int, *, late: str = EXPIRED
    ) -> Claim | Done:
        """Runs `delivery_claim.lua`."""
        reply = await self._claim(tenure, entry, token, previous, now_ms, late=late)
        if reply[0] != b"C":
            return _DONE[reply[0]]
        _, platform, purpose, template, locale, brand, sealed, trace, request, operator, autofill, avoid = reply
        return Claim(
            platform=platform.decode(),
            purpose=int(purpose),
            template=template.decode(),
            locale=locale.decode(),
            brand=brand.decode(),
            sealed_number=sealed,
            trace=trace.decode(),
            operator=operator.decode(),
            autofill=int(autofill),
            request=int(request),
            token=token,
            avoid=frozenset(avoid.decode().split(",")) if avoid else frozenset(),
        )

    async def put_back(
        self, tenure: Tenure, entry: Entry, previous: Fate | None, now_ms: int, *, late: str = EXPIRED
    ) -> Done | None:
        """Runs `delivery_claim.lua` without claiming."""
        reply = await self._claim(tenure, entry, "", previous, now_ms, late=late)
        return _DONE.get(reply[0])

    async def give_up(self, tenure: Tenure, entry: Entry, previous: Fate, reason: str, now_ms: int) -> None:
        """Runs `delivery_claim.lua`, which fails the message."""
        await self._claim(tenure, entry, "", previous, now_ms, late=EXPIRED, over=reason)

    async def settle(self, tenure: Tenure, entry: Entry, ending: Sent | Unsent, now_ms: int) -> Done | None:
        """Runs `delivery_settle.lua`."""
        arguments = (
            now_ms,
            self.clock_tolerance_ms,
            tenure.fence,
            entry.key,
            entry.id,
            entry.send,
            ending.provider,
            *self._ending(entry, ending),
        )
        keys = (*_keys(entry), deadlines_key(entry.partition))
        return _DONE.get(await self.store.run(self.settle_script, keys, arguments))

    def _ending(self, entry: Entry, ending: Sent | Unsent) -> tuple[int | str, ...]:
        """Returns the channel, why it failed, the cost, when it was queued, and how long its receipts are waited for."""
        if not isinstance(ending, Sent):
            return (int(entry.channel), ending.reason, 0, entry.queued_ms)
        waits = self.receipt_waits_ms if ending.reports and not entry.bulk else ()
        return (int(ending.channel), "", ending.cost_vnd, entry.queued_ms, *waits)

    async def _platforms(self, partition: int, waiting: list[dict[bytes, bytes]], *, bulk: bool) -> list[bytes]:
        """Returns whose each message is: a notice says so itself, of a code its challenge does."""
        if bulk:
            return [of[b"p"] for of in waiting]
        records = (record_key(partition, of[b"c"].decode(), bulk=False) for of in waiting)
        return [found or b"" for found in await asyncio.gather(*(self.store.execute("HGET", r, "p") for r in records))]

    async def _claim(
        self, tenure: Tenure, entry: Entry, token: str, previous: Fate | None, now_ms: int, *, late: str, over: str = ""
    ) -> list[Any]:
        life_ms = round(self.notice_life.total_seconds() * 1000)
        reply: list[Any] = await self.store.run(
            self.claim_script,
            _keys(entry),
            (
                now_ms,
                self.clock_tolerance_ms,
                tenure.fence,
                entry.key,
                entry.id,
                token,
                previous.token if previous else "",
                previous.left if previous else "",
                previous.provider if previous else "",
                previous.reason if previous else "",
                over,
                late,
                MOST_UNEXPLAINED,
                MOST_COPIES,
                MOST_REQUESTS,
                life_ms,
                life_ms + _RECORD_KEPT_MS,
            ),
        )
        return reply


def _keys(entry: Entry) -> tuple[str, str, str, str]:
    partition = entry.partition
    return (
        lease_key(partition),
        delivery_key(partition, bulk=entry.bulk),
        record_key(partition, entry.id, bulk=entry.bulk),
        outcomes_key(partition),
    )


def _entry(partition: int, key: str, of: dict[bytes, bytes], platform: str, *, bulk: bool) -> Entry:
    return Entry(
        partition=partition,
        key=key,
        bulk=bulk,
        id=of[b"c"].decode(),
        send=1 if bulk else int(of[b"n"]),
        channel=Channel.SMS if bulk else int(of[b"ch"]) or Channel.SMS,
        queued_ms=int(of[b"t"]),
        platform=platform,
        again=b"re" in of,
    )
