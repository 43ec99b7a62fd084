"""Counts by hour and minute, and what is read out of them."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.domain.figures import (
    BOUNDS_MS,
    HOUR_MS,
    KEPT_HOURS,
    MINUTE_MS,
    Entry,
    Figures,
    Ledger,
    Stretch,
    Trials,
    recent,
    timed,
)

NOW_MS = 500_000 * HOUR_MS + 20 * MINUTE_MS
ONE = Figures(sent=1)


def delivered(*latencies_ms: int) -> Figures:
    each = (Figures(delivered=1, latency_ms=ms, timed=timed(ms)) for ms in latencies_ms)
    return sum(each, Figures())


def entry(number: int, *, at_ms: int = NOW_MS, partition: int = 7, change: Figures = ONE) -> Entry:
    return Entry(partition, (NOW_MS, number), at_ms, change)


def test_the_mean_is_exact_and_the_95th_of_100_is_told_by_the_bound_above_it() -> None:
    figures = delivered(*[900] * 94, *[4_000] * 6)

    assert figures.mean_ms == pytest.approx((94 * 900 + 6 * 4_000) / 100)
    assert figures.within_ms(0.95) == 5_000
    assert figures.within_ms(0.90) == 1_000


def test_without_receipts_there_are_no_times() -> None:
    assert ONE.mean_ms is None
    assert ONE.within_ms(0.95) is None


@pytest.mark.parametrize(("latency_ms", "bound"), [(0, 1_000), (1_000, 1_000), (1_001, 2_000), (10**9, BOUNDS_MS[-1])])
def test_a_time_is_counted_under_the_first_bound_that_holds_it(latency_ms: int, bound: int) -> None:
    assert BOUNDS_MS[timed(latency_ms).index(1)] == bound


def test_an_entry_counts_once_and_none_before_it_does_any_more() -> None:
    ledger = Ledger().counted(entry(2), NOW_MS)

    assert ledger.counted(entry(2), NOW_MS) is ledger
    assert ledger.counted(entry(1), NOW_MS) is ledger
    assert ledger.counted(entry(1, partition=8), NOW_MS).hours[500_000].sent == 2


def test_what_is_older_than_two_weeks_is_not_counted() -> None:
    old_ms = NOW_MS - (KEPT_HOURS + 1) * HOUR_MS

    assert Ledger().counted(entry(1, at_ms=old_ms), NOW_MS) == Ledger()


def test_hours_and_minutes_are_dropped_when_their_time_is_over() -> None:
    ledger = Ledger().counted(entry(1), NOW_MS)
    later_ms = NOW_MS + (KEPT_HOURS + 1) * HOUR_MS

    ledger = ledger.counted(entry(2, at_ms=later_ms), later_ms)

    assert (list(ledger.hours), list(ledger.minutes)) == ([later_ms // HOUR_MS], [later_ms // MINUTE_MS])


def test_a_code_entered_later_counts_to_the_minute_of_its_send() -> None:
    sent = Ledger().counted(entry(1), NOW_MS)

    ledger = sent.counted(entry(2, change=Figures(verified=1)), NOW_MS + 3 * MINUTE_MS)

    assert ledger.minutes == {NOW_MS // MINUTE_MS: Trials(1, 1)}


def test_minutes_are_read_where_they_are_kept_and_hours_before_that_newest_first() -> None:
    hour, minute = NOW_MS // HOUR_MS, NOW_MS // MINUTE_MS
    hours = {hour: Trials(9, 9), hour - 1: Trials(9, 9), hour - 2: Trials(5, 4), hour - 3: Trials(3, 3)}
    minutes = {minute: Trials(1, 0), minute - 30: Trials(2, 1), minute - 200: Trials(7, 7)}

    assert recent(hours, minutes, NOW_MS) == [
        Stretch((minute + 1) * MINUTE_MS, Trials(1, 0)),
        Stretch((minute - 29) * MINUTE_MS, Trials(2, 1)),
        Stretch((hour - 1) * HOUR_MS, Trials(5, 4)),
        Stretch((hour - 2) * HOUR_MS, Trials(3, 3)),
    ]
