"""Who is told, and when, that the registration of a sender name ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from xacthuc.clock import FixedClock
from xacthuc.datafile import DataFileError
from xacthuc.otp.texts import loading, reminders
from xacthuc.otp.texts.registration import Registration, registrations, require_current
from xacthuc.telemetry.metrics import Metrics

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""In Vietnam."""


class Elapsed(Exception):
    """Enough days went by."""


async def told(texts, days: int) -> list[tuple[int, str, str]]:
    """Returns what is told in that many days: the day, how gravely, and of which operator."""
    clock = FixedClock(NOON)

    async def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        if clock.now() > NOON + timedelta(days=days):
            raise Elapsed

    with capture_logs() as logs, pytest.raises(Elapsed):
        await reminders.remind(texts, clock, sleep=sleep)
    return [(line["days_left"], line["log_level"], line["operator"]) for line in logs]


@pytest.mark.rule("R35")
async def test_the_end_is_told_a_month_two_weeks_a_week_and_a_day_before_and_from_the_last_day_on_daily(load):
    texts = load("registered_until = 2026-12-31\n")

    assert await told(texts, 40) == [
        (30, "warning", "all"),
        (14, "warning", "all"),
        (7, "warning", "all"),
        (1, "warning", "all"),
        (0, "warning", "all"),
        (-1, "error", "all"),
        (-2, "error", "all"),
    ]


@pytest.mark.rule("R35")
async def test_what_ends_within_a_month_is_told_at_the_start(load):
    texts = load("registered_until = {viettel = 2026-12-20, mobifone = 2027-12-20, gtel = 2026-11-01}\n")

    assert await told(texts, 0) == [(27, "warning", "viettel"), (-22, "error", "gtel")]


async def test_nothing_is_told_of_platforms_without_a_file(policy, tmp_path):
    assert await told(loading.load(tmp_path, policy), 40) == []


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), -1),
        (datetime(2026, 11, 22, 16, 59, tzinfo=UTC), 1),
    ],
)
def test_a_registration_lasts_until_midnight_in_vietnam(at, days):
    registration = Registration("forum", "all", date(2026, 11, 23))

    assert registration.days_left(at) == days
    assert (registration.time_left(at) > timedelta(0)) is (days >= 0)


def test_an_ended_registration_refuses_the_start_where_that_is_wished_for(load):
    texts = load("registered_until = {viettel = 2026-11-22, mobifone = 2027-12-20}\n")

    with pytest.raises(DataFileError, match=r"^forum.toml: registered_until.viettel: ended on 2026-11-22$"):
        require_current(texts, NOON)


def test_a_registration_is_current_on_its_last_day(load):
    require_current(load("registered_until = 2026-11-23\n"), NOON)


def test_the_metrics_show_the_time_until_the_first_registration_ends(load):
    registry, clock = CollectorRegistry(), FixedClock(NOON)
    reminders.measure(
        load("registered_until = {viettel = 2026-11-23, mobifone = 2027-12-20}\n"), clock, Metrics(registry)
    )

    def shown():
        return registry.get_sample_value("xacthuc_sender_registration_seconds", {"platform": "forum"})

    assert shown() == timedelta(hours=12).total_seconds()
    clock.advance(timedelta(days=1))
    assert shown() == -timedelta(hours=12).total_seconds()


def test_one_day_for_all_operators_is_kept_under_all(load):
    assert registrations(load("registered_until = 2027-03-31\n")) == [Registration("forum", "all", date(2027, 3, 31))]


async def test_reminding_ends_only_when_canceled(load):
    task = asyncio.create_task(reminders.remind(load(), FixedClock(NOON)))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
