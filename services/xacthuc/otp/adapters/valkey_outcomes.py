"""Reads the outcome streams of all partitions behind one cursor."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context, sealed_subject_context
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.ports import CursorExpired, OutcomeBatch, OutcomeEntry
from xacthuc.valkey.partition import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.sealing import Sealer
    from xacthuc.valkey.store import Store

_CURSOR = struct.Struct(f">BQ{PARTITIONS}Q")
_CURSOR_VERSION = 1
_SEQUENCE_BITS = 20
"""A stream id is milliseconds and a sequence; a million entries in one partition's millisecond cannot be."""
_BATCH = 64
_QUIET_SECONDS = 0.25
"""Wait after a look that found nothing: well inside the second in which a watcher hears of an outcome."""
_HEARTBEAT_LOOKS = 40
"""An empty batch every ten quiet seconds tells the watcher that the stream lives, and moves its cursor on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyOutcomes:
    """Implements `ports.Outcomes`."""

    store: Store
    clock: Clock
    sealer: Sealer
    kept: timedelta
    """How long the delivery workers keep outcomes."""

    async def watch(self, cursor: bytes) -> AsyncIterator[OutcomeBatch]:
        """Looks at every partition in turn, all in one trip; see `ports.Outcomes`."""
        positions = self._positions(cursor)
        quiet = 0
        while True:
            looked_ms = self.clock.now_ms()
            entries = await self._look(positions)
            quiet = 0 if entries else quiet + 1
            if entries or quiet == _HEARTBEAT_LOOKS:
                quiet = 0
                yield OutcomeBatch(entries, _CURSOR.pack(_CURSOR_VERSION, looked_ms, *positions))
            else:
                await asyncio.sleep(_QUIET_SECONDS)

    def _positions(self, cursor: bytes) -> list[int]:
        if not cursor:
            return [0] * PARTITIONS
        try:
            version, looked_ms, *positions = _CURSOR.unpack(cursor)
        except struct.error:
            raise CursorExpired from None
        now_ms = self.clock.now_ms()
        if version != _CURSOR_VERSION or looked_ms > now_ms + 2_000:
            raise CursorExpired
        if looked_ms < now_ms - int(self.kept.total_seconds() * 1000):
            raise CursorExpired
        return list(positions)

    async def _look(self, positions: list[int]) -> list[OutcomeEntry]:
        found: list[OutcomeEntry] = []
        replies = await asyncio.gather(
            *(
                self.store.execute("XRANGE", layout.outcomes_key(partition), _after(at), "+", "COUNT", _BATCH)
                for partition, at in enumerate(positions)
            )
        )
        for partition, reply in enumerate(replies):
            for entry, fields in reply:
                milliseconds, _, sequence = entry.decode().partition("-")
                positions[partition] = int(milliseconds) << _SEQUENCE_BITS | int(sequence)
                found.append(self._entry(fields))
        return found

    def _entry(self, fields: list[Any]) -> OutcomeEntry:
        of = dict(zip((key.decode() for key in fields[::2]), fields[1::2], strict=True))
        platform, challenge, subject = of["p"].decode(), of["c"].decode(), of["s"]
        number = of.get("n")
        return OutcomeEntry(
            kind=of["k"].decode(),
            at_ms=int(of["t"]),
            challenge=challenge,
            platform=platform,
            subject=self.sealer.open(subject, sealed_subject_context(platform, challenge)).decode() if subject else "",
            purpose=int(of["u"] or 0),
            provider=of["pv"].decode(),
            detail=of["d"].decode(),
            channel=int(of.get("ch", 0)),
            operator=of.get("op", b"").decode(),
            prefix=of.get("px", b"").decode(),
            cost_vnd=int(of.get("co", 0)),
            guard=of.get("g", b"").decode(),
            number=self._number(platform, challenge, number) if number else "",
        )

    def _number(self, platform: str, challenge: str, sealed: bytes) -> str:
        return self.sealer.open(sealed, sealed_number_context(platform, challenge_id.parse(challenge))).decode()


def _after(position: int) -> str:
    return f"({position >> _SEQUENCE_BITS}-{position & (1 << _SEQUENCE_BITS) - 1}" if position else "-"
