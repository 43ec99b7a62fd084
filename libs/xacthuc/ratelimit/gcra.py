"""The arithmetic of limits, pure: what a limit allows, given what it remembers and the time. README.md explains GCRA.

`gcra.lua` is the same arithmetic on the server, line for line, and a property test keeps the two equal; so everything here
is in whole numbers that a double holds exactly (below 2^53). Owns no storage and no names of limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

HOUR_MS = 3_600_000
DAY_HOURS = 24

_EXACT = 2**53
"""Beyond this a double, which is what Lua counts in, skips whole numbers."""

_FIELDS_MUST_BE_POSITIVE = ("quantity", "period_ms", "burst")


class Cause(StrEnum):
    """Which part of a rule refused."""

    RATE = "rate"
    DAY = "day"
    WRONG = "wrong"
    BARRED = "barred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How much a limit allows.

    Attributes:
        quantity: permits that accrue in each period, while nobody has verified.
        period_ms: length of that period in milliseconds.
        burst: permits that may be spent at once after a rest. Grows with the quantity when that grows.
        scale_permille: thousandths of a permit that each success of this and the last hour adds to `quantity`.
        sent_cap: most permits spent in any 24 hours, 0 for no such cap. GCRA alone lets burst + quantity through.
        wrong_cap: wrong checks in any 24 hours at which the limit refuses, 0 for no such cap.

    """

    quantity: int
    period_ms: int
    burst: int
    scale_permille: int = 0
    sent_cap: int = 0
    wrong_cap: int = 0
    spec: bytes = field(init=False, repr=False, compare=False)
    """The rule as the scripts read it."""

    def __post_init__(self) -> None:
        """Renders `spec` once; ValueError when the rule would be meaningless or too large for exact arithmetic."""
        for name in _FIELDS_MUST_BE_POSITIVE:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} of a limit must be at least 1")
        if min(self.scale_permille, self.sent_cap, self.wrong_cap) < 0:
            raise ValueError("scale and caps of a limit are never negative")
        if max(self.period_ms * 1_000_000, self.tolerance_us * 1000) >= _EXACT:
            raise ValueError("period, and burst x period / quantity, of a limit must stay below 104 days")
        numbers = (
            self.quantity, self.period_ms, self.burst, self.scale_permille, self.sent_cap, self.wrong_cap,
        )  # fmt: skip
        object.__setattr__(self, "spec", b"%d %d %d %d %d %d" % numbers)

    @property
    def tolerance_us(self) -> int:
        """How far into the future permits may be spent: the burst at its basic rate, in microseconds."""
        return self.burst * self.interval_us(0)

    def interval_us(self, verified: int) -> int:
        """Returns the microseconds one permit costs after `verified` successes; rounded up, never in favour."""
        return -(-self.period_ms * 1_000_000 // (self.quantity * 1000 + self.scale_permille * verified))


@dataclass(frozen=True, slots=True)
class State:
    """What a limit remembers. The default is a limit nobody ever used.

    Attributes:
        tat_us: GCRA's theoretical arrival time: when everything spent will have been earned back, in microseconds.
        hour: the hour since the epoch that `verified` counts; `verified_before` counts the one before.
        sent: permits spent, as pairs (hour, count) in rising order, none older than 24 hours.
        wrong: wrong checks, likewise.
        barred_until_ms: nothing is allowed before this time.

    """

    tat_us: int = 0
    hour: int = 0
    verified: int = 0
    verified_before: int = 0
    sent: tuple[tuple[int, int], ...] = ()
    wrong: tuple[tuple[int, int], ...] = ()
    barred_until_ms: int = 0


FOREVER_MS = 253_402_300_799_000
"""The last second of the year 9999: a bar until then has no end worth telling."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a limit refused, and the first millisecond at which asking again makes sense; None: not by waiting."""

    cause: Cause
    retry_at_ms: int | None


def spend(state: State, rule: Rule, cost: int, now_ms: int) -> State | Refusal:
    """Spends `cost` permits: returns the state after it, or the latest refusal when some part of the rule refuses."""
    now_us = now_ms * 1000
    current = _rolled(state, now_ms)
    new_tat_us = max(state.tat_us, now_us) + cost * rule.interval_us(_successes(current))
    refusals: list[Refusal] = []
    if state.barred_until_ms > now_ms:
        until_ms = state.barred_until_ms
        refusals.append(Refusal(Cause.BARRED, None if until_ms >= FOREVER_MS else until_ms))
    if new_tat_us - rule.tolerance_us > now_us:
        refusals.append(Refusal(Cause.RATE, -(-(new_tat_us - rule.tolerance_us) // 1000)))
    if rule.sent_cap and (retry_at_ms := _free_at_ms(state.sent, rule.sent_cap - cost, now_ms)) is not None:
        refusals.append(Refusal(Cause.DAY, retry_at_ms))
    if rule.wrong_cap and (retry_at_ms := _free_at_ms(state.wrong, rule.wrong_cap - 1, now_ms)) is not None:
        refusals.append(Refusal(Cause.WRONG, retry_at_ms))
    if refusals:
        return strictest(refusals)
    sent = _counted(state.sent, now_ms // HOUR_MS, cost, now_ms) if rule.sent_cap else state.sent
    return replace(current, tat_us=new_tat_us, sent=sent)


def strictest(refusals: list[Refusal]) -> Refusal:
    """Returns the refusal that lasts longest, the first of equals; one without an end outlasts all."""
    return max(refusals, key=lambda refusal: FOREVER_MS if refusal.retry_at_ms is None else refusal.retry_at_ms)


def refund(state: State, rule: Rule, cost: int, spent_ms: int, now_ms: int) -> State:
    """Gives back `cost` permits that were spent at `spent_ms`, exactly when nothing verified and nobody idled since."""
    current = _rolled(state, now_ms)
    tat_us = max(state.tat_us - cost * rule.interval_us(_successes(current)), now_ms * 1000)
    sent = _counted(state.sent, spent_ms // HOUR_MS, -cost, now_ms) if rule.sent_cap else state.sent
    return replace(current, tat_us=tat_us, sent=sent)


def verify(state: State, rule: Rule, event_ms: int, now_ms: int) -> State:
    """Counts a success of `event_ms`. What has been spent shrinks with the cost of a permit: it was so many permits."""
    current = _rolled(state, now_ms)
    before_us = rule.interval_us(_successes(current))
    event_hour = event_ms // HOUR_MS
    if event_hour >= current.hour:
        current = replace(current, verified=current.verified + 1)
    elif event_hour == current.hour - 1:
        current = replace(current, verified_before=current.verified_before + 1)
    after_us = rule.interval_us(_successes(current))
    debt_us = state.tat_us - now_ms * 1000
    if debt_us > 0 and after_us < before_us:
        permits_permille = -(-debt_us * 1000 // before_us)
        current = replace(current, tat_us=now_ms * 1000 + -(-permits_permille * after_us // 1000))
    return current


def wrong(state: State, event_ms: int, now_ms: int) -> State:
    """Counts a wrong check of `event_ms`."""
    return replace(_rolled(state, now_ms), wrong=_counted(state.wrong, event_ms // HOUR_MS, 1, now_ms))


def _successes(state: State) -> int:
    return state.verified + state.verified_before


def _rolled(state: State, now_ms: int) -> State:
    # An hour of the future is kept: servers' clocks differ by up to two seconds, at the turn of an hour as well.
    hour = now_ms // HOUR_MS
    if hour <= state.hour:
        return state
    before = state.verified if hour == state.hour + 1 else 0
    return replace(state, hour=hour, verified=0, verified_before=before)


def _free_at_ms(counts: tuple[tuple[int, int], ...], most: int, now_ms: int) -> int | None:
    # An hour counts until all of it is more than 24 hours old, so that no window of 24 hours holds more than the cap.
    hour = now_ms // HOUR_MS
    live = [(at, count) for at, count in counts if at >= hour - DAY_HOURS]
    total = sum(count for _, count in live)
    free_at_ms = None
    for at, count in live:
        if total <= most:
            break
        total -= count
        free_at_ms = (at + DAY_HOURS + 1) * HOUR_MS
    return free_at_ms


def _counted(counts: tuple[tuple[int, int], ...], at: int, change: int, now_ms: int) -> tuple[tuple[int, int], ...]:
    oldest = now_ms // HOUR_MS - DAY_HOURS
    table = {hour: count for hour, count in counts if hour >= oldest}
    if at >= oldest:
        table[at] = table.get(at, 0) + change
    return tuple(sorted((hour, count) for hour, count in table.items() if count > 0))
