"""Reads what became of codes, as `delivery_tally.lua` keeps it: one hash for each provider, operator range and channel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.otp.adapters.layout import TALLIES_KEY, tally_key
from xacthuc.otp.delivery.domain.belief import faded
from xacthuc.otp.delivery.domain.figures import (
    BOUNDS_MS,
    HOUR_MS,
    KEPT_HOURS,
    MINUTE_MS,
    MINUTES_KEPT_HOURS,
    Figures,
    Place,
    Trials,
    recent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from xacthuc.otp.delivery.domain.belief import Tried
    from xacthuc.valkey import Store

_T = TypeVar("_T")

_COUNTS: Final = 6
"""Numbers of a row before its histogram."""
_VERIFIED: Final = 3
"""Which of them counts the verified."""

_AT_ONCE: Final = 8

_PAST_HOURS: Final = 48
"""How far back trials are read: with the usual half-life of six hours the rest counts less than half a percent."""


@dataclass(frozen=True, slots=True)
class ValkeyFigures:
    """Implements `ports.figures.FigureBook` and `ports.figures.Experience`."""

    store: Store

    async def places(self) -> list[Place]:
        """Returns where anything was sent in the time that figures are kept, and a little longer."""
        return sorted(place_of(name.decode()) for name in await self.store.execute("SMEMBERS", TALLIES_KEY))

    async def figures(self, hours: int, now_ms: int) -> dict[Place, Figures]:
        """Returns the figures of so many full hours and of the running one, where there are any."""
        present = now_ms // HOUR_MS
        wanted = range(present - min(hours, KEPT_HOURS), present + 1)
        totals = await self._each(lambda place: self._total(place, wanted))
        return {place: total for place, total in totals.items() if total != Figures()}

    async def tried(self, half_life_ms: int, now_ms: int) -> dict[Place, Tried]:
        """Returns what every place was tried with, as much as counts now."""
        return await self._each(lambda place: self._faded(place, half_life_ms, now_ms))

    async def forget_gone(self) -> None:
        """Drops the names of tallies that are no more."""
        for place in await self.places():
            name = name_of(place)
            if not await self.store.execute("EXISTS", tally_key(name)):
                await self.store.execute("SREM", TALLIES_KEY, name)

    async def _each(self, work: Callable[[Place], Coroutine[None, None, _T]]) -> dict[Place, _T]:
        """Works out all places, a few in a trip: whoever shares this event loop waits for a few at the most."""
        places = await self.places()
        found: dict[Place, _T] = {}
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            found.update(zip(some, await asyncio.gather(*map(work, some)), strict=True))
        return found

    async def _total(self, place: Place, hours: Iterable[int]) -> Figures:
        columns = [0] * (_COUNTS + len(BOUNDS_MS))
        for row in (await self._rows(place, "h", hours)).values():
            columns = list(map(add, columns, map(int, row.split())))
        sent, delivered, failed, verified, cost_vnd, latency_ms, *times = columns
        return Figures(
            sent=sent,
            delivered=delivered,
            failed=failed,
            verified=verified,
            cost_vnd=cost_vnd,
            latency_ms=latency_ms,
            timed=tuple(times),
        )

    async def _faded(self, place: Place, half_life_ms: int, now_ms: int) -> Tried:
        oldest = now_ms // HOUR_MS - MINUTES_KEPT_HOURS
        by_hour, by_minute = await asyncio.gather(
            self._rows(place, "h", range(oldest - _PAST_HOURS, oldest)),
            self._rows(place, "m", range(oldest * 60, now_ms // MINUTE_MS + 1)),
        )
        hours = {hour: _trials(row, _VERIFIED) for hour, row in by_hour.items()}
        minutes = {minute: _trials(row, 1) for minute, row in by_minute.items()}
        return faded(recent(hours, minutes, now_ms), now_ms, half_life_ms)

    async def _rows(self, place: Place, kind: str, numbers: Iterable[int]) -> dict[int, bytes]:
        wanted = list(numbers)
        found = await self.store.execute("HMGET", tally_key(name_of(place)), *(f"{kind}{number}" for number in wanted))
        return {number: row for number, row in zip(wanted, found, strict=True) if row}


def _trials(row: bytes, verified: int) -> Trials:
    """Reads the first number of a row, and the one at `verified`."""
    words = row.split(None, verified + 1)
    return Trials(int(words[0]), int(words[verified]))


def name_of(place: Place) -> str:
    """Returns `provider:operator:channel`."""
    return f"{place.provider}:{place.operator}:{place.channel}"


def place_of(name: str) -> Place:
    """Reads what `name_of` wrote."""
    provider, operator, channel = name.split(":")
    return Place(provider, operator, int(channel))
