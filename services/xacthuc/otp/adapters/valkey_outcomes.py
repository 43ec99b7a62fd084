"""Reads the outcome streams of all partitions behind one cursor."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context, sealed_subject_context
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.ports import CursorExpired, OutcomeBatch, OutcomeEntry
from xacthuc.valkey.partition import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.sealing import Sealer
    from xacthuc.valkey.store import Store

_CURSOR: Final = struct.Struct(f">BQ{PARTITIONS}Q")
_CURSOR_VERSION: Final = 1
_SEQUENCE_BITS: Final = 20
"""A stream id is milliseconds and a sequence; a million entries in one partition's millisecond cannot be."""
_PARTITIONS: Final = {layout.outcomes_key(partition).encode(): partition for partition in range(PARTITIONS)}
_STREAMS: Final = tuple(_PARTITIONS)
_READ_AT_ONCE: Final = 8
_STREAMS_AT_ONCE: Final = 32
"""Together what the next check of a code may find in its way: a quarter of a thousand entries, a millisecond's work."""
_PAUSE_SECONDS: Final = 0.5
"""Wait after a look that left nothing behind: inside the second in which a watcher hears of an outcome. Each look
costs the same whatever it finds, so looking again at once would take all that a busy service has left."""
_NOTICE: Final = b"notices/"
"""What the detail of a notice begins with, as `delivery.lua` writes it."""
_HEARTBEAT_LOOKS: Final = 20
"""An empty batch every ten quiet seconds tells the watcher that the stream lives, and moves its cursor on."""


class _Wanted(NamedTuple):
    """What a watcher wants to be told of."""

    kinds: frozenset[bytes]
    only_notices: bool

    def has(self, fields: list[Any]) -> bool:
        """Tells of an entry. The kind stands first: of what nobody wants no more is looked at, and it is nearly everything."""
        if self.kinds and fields[1] not in self.kinds:
            return False
        return not self.only_notices or dict(zip(fields[::2], fields[1::2], strict=True))[b"d"].startswith(_NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyOutcomes:
    """Implements `ports.Outcomes`."""

    store: Store
    clock: Clock
    sealer: Sealer
    kept: timedelta
    """How long the delivery workers keep outcomes."""

    async def watch(
        self, cursor: bytes, kinds: Collection[str] = (), *, only_notices: bool = False
    ) -> AsyncIterator[OutcomeBatch]:
        """Looks at every partition in turn, again and again; see `ports.Outcomes`."""
        seen_ms, positions = self._read_cursor(cursor)
        wanted = _Wanted(frozenset(kind.encode() for kind in kinds), only_notices)
        silent = 0
        while True:
            looked_ms = self.clock.now_ms()
            entries, behind = await self._look(positions, wanted)
            if not behind:
                seen_ms = looked_ms
            silent = 0 if entries else silent + 1
            if entries or silent == _HEARTBEAT_LOOKS:
                silent = 0
                yield OutcomeBatch(entries, _CURSOR.pack(_CURSOR_VERSION, seen_ms, *positions))
            if not behind:
                await asyncio.sleep(_PAUSE_SECONDS)

    def _read_cursor(self, cursor: bytes) -> tuple[int, list[int]]:
        """Returns up to when everything was seen, and how far in each partition."""
        now_ms = self.clock.now_ms()
        if not cursor:
            return now_ms, [0] * PARTITIONS
        try:
            version, seen_ms, *positions = _CURSOR.unpack(cursor)
        except struct.error:
            raise CursorExpired from None
        if version != _CURSOR_VERSION or seen_ms > now_ms + 2_000:
            raise CursorExpired
        if seen_ms < now_ms - int(self.kept.total_seconds() * 1000):
            raise CursorExpired
        return seen_ms, positions

    async def _look(self, positions: list[int], wanted: _Wanted) -> tuple[list[OutcomeEntry], bool]:
        """Moves every position on, and tells what was wanted on the way and whether a partition may have more."""
        found, behind = list[OutcomeEntry](), False
        for first in range(0, PARTITIONS, _STREAMS_AT_ONCE):
            after = {
                stream: _id(positions[_PARTITIONS[stream]]) for stream in _STREAMS[first : first + _STREAMS_AT_ONCE]
            }
            for stream, entries in await self.store.read(after, _READ_AT_ONCE):
                positions[_PARTITIONS[stream]] = _position(entries[-1][0])
                behind |= len(entries) == _READ_AT_ONCE
                found += [self._entry(fields) for _, fields in entries if wanted.has(fields)]
        return found, behind

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
            actor=of.get("ac", b"").decode(),
            trace=of.get("tp", b"").decode(),
            number=self._number(platform, challenge, number) if number else "",
        )

    def _number(self, platform: str, challenge: str, sealed: bytes) -> str:
        return self.sealer.open(sealed, sealed_number_context(platform, challenge_id.parse(challenge))).decode()


def _id(position: int) -> str:
    return f"{position >> _SEQUENCE_BITS}-{position & (1 << _SEQUENCE_BITS) - 1}"


def _position(entry: bytes) -> int:
    milliseconds, _, sequence = entry.partition(b"-")
    return int(milliseconds) << _SEQUENCE_BITS | int(sequence)
