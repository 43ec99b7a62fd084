"""Counts what became of codes by provider, operator range and channel, for the choice, for operators and for metrics."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import TALLIES_KEY, tally_key
from xacthuc.otp.adapters.valkey_figures import name_of
from xacthuc.otp.delivery.adapters.layout import script
from xacthuc.otp.delivery.domain.figures import (
    BOUNDS_MS,
    KEPT_HOURS,
    MINUTES_KEPT_HOURS,
    Entry,
    Figures,
    Place,
    timed,
)
from xacthuc.otp.delivery.ports import EXPIRED, QUIET_HOURS, SPEND_CAP, STOPPED, UNCONFIRMED, Channel
from xacthuc.phone.numbers import UNKNOWN_OPERATOR
from xacthuc.ratelimit.limiter import CLOCK_TOLERANCE_MS
from xacthuc.valkey.many import run_many

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
    from xacthuc.valkey import Script, Store
    from xacthuc.valkey.link import Word
    from xacthuc.valkey.many import Events, Keys

_CHANNELS: Final = frozenset(channel.value for channel in Channel)
_NOT_THE_PROVIDER: Final = frozenset(
    reason.encode()
    for reason in (EXPIRED, STOPPED, QUIET_HOURS, SPEND_CAP, UNCONFIRMED, "blocked", "channel_unavailable")
)
"""Why a message failed without a provider that failed at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Implements `Folder`: each tally remembers the last entry of a partition that was counted in it."""

    store: Store
    clock: Clock
    operators: Collection[str]
    """The numbering plan's operator ranges; any other is counted as unknown, so that keys stay few."""
    counted: Callable[[Place, Figures], None]
    """Told what was counted for the first time, for metrics."""
    clock_tolerance_ms: int = CLOCK_TOLERANCE_MS
    script: Script = field(default_factory=lambda: script("tally"))

    async def fold(self, rows: Sequence[OutcomeRow]) -> None:
        """Counts outcomes; see `Folder`."""
        entries: dict[Place, list[Entry]] = defaultdict(list)
        for row in rows:
            change, place = change_of(row.outcome), self._place(row.outcome)
            if change is not None and place is not None:
                milliseconds, _, sequence = row.id.partition("-")
                at_ms = int(row.outcome.get(b"dt") or row.outcome[b"t"])
                entries[place].append(Entry(row.partition, (int(milliseconds), int(sequence)), at_ms, change))
        for place, counted in (await self.count(entries)).items():
            for entry in counted:
                self.counted(place, entry.change)

    async def count(self, entries: Mapping[Place, Sequence[Entry]]) -> dict[Place, list[Entry]]:
        """Runs `delivery_tally.lua`; returns the entries that were counted now."""
        if not entries:
            return {}
        names = {place: name_of(place) for place in entries}
        common = (self.clock.now_ms(), self.clock_tolerance_ms, KEPT_HOURS, MINUTES_KEPT_HOURS, len(BOUNDS_MS))
        work: dict[Keys, Events] = {
            (tally_key(names[place]),): [_words(entry) for entry in of_one] for place, of_one in entries.items()
        }
        # The names go in every time, in the same trip: a worker that forgets names of gone tallies loses no new one.
        _, answers = await asyncio.gather(
            self.store.execute("SADD", TALLIES_KEY, *names.values()),
            run_many(self.store, self.script, common, work),
        )
        return {place: list(compress(of_one, answers[tally_key(names[place]),])) for place, of_one in entries.items()}

    def _place(self, outcome: Mapping[bytes, bytes]) -> Place | None:
        provider, channel = outcome[b"pv"].decode(), int(outcome.get(b"ch", b"0") or 0)
        # A notice has no challenge, and the phone's network sends nothing.
        if not provider or not outcome[b"c"] or channel not in _CHANNELS:
            return None
        operator = outcome.get(b"op", b"").decode()
        return Place(provider, operator if operator in self.operators else UNKNOWN_OPERATOR, channel)


def _words(entry: Entry) -> tuple[Word, ...]:
    change = entry.change
    return (
        entry.partition,
        f"{entry.place[0]}-{entry.place[1]}",
        entry.at_ms,
        change.sent,
        change.delivered,
        change.failed,
        change.verified,
        change.cost_vnd,
        change.latency_ms,
        change.timed.index(1) + 1 if any(change.timed) else 0,
    )


def change_of(outcome: Mapping[bytes, bytes]) -> Figures | None:
    """Returns what an outcome adds; None when it says nothing of a provider."""
    kind = outcome[b"k"]
    if kind == b"SENT":
        return Figures(sent=1, cost_vnd=int(outcome.get(b"co") or 0))
    if kind == b"VERIFIED":
        return Figures(verified=1)
    if kind == b"FAILED" and outcome[b"d"] not in _NOT_THE_PROVIDER:
        return Figures(failed=1)
    if kind == b"DELIVERED":
        latency_ms = max(0, int(outcome[b"t"]) - int(outcome.get(b"dq") or outcome[b"t"]))
        return Figures(delivered=1, latency_ms=latency_ms, timed=timed(latency_ms))
    return None
