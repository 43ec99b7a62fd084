"""Who is told before the registration of a sender name ends: the log, on some days, and the metrics at each scrape."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.otp.texts.registration import TOLD_DAYS_BEFORE, registrations
from xacthuc.policy import end_of_day, local_date
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from xacthuc.clock import Clock
    from xacthuc.otp.texts.registration import Registration
    from xacthuc.otp.texts.texts import Texts
    from xacthuc.telemetry.metrics import Metrics

_AFTER_MIDNIGHT_SECONDS: Final = 60
"""A sleep may end a little early, and would then tell the same day twice."""

_log: Final = get_logger()


def measure(texts: Texts, clock: Clock, metrics: Metrics) -> None:
    """Has the metrics show the time until the first registration of each platform ends."""
    first: dict[str, Registration] = {}
    for each in sorted(registrations(texts), key=lambda each: each.until):
        first.setdefault(each.platform, each)
    for platform, registration in first.items():
        gauge = metrics.sender_registration_seconds.labels(platform)
        gauge.set_function(partial(_seconds_left, registration, clock))


async def remind(texts: Texts, clock: Clock, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Tells at once what ends within a month, then on `TOLD_DAYS_BEFORE`, the last day, and each day after it.

    Never ends by itself.
    """
    known = registrations(texts)
    for each in known:
        if each.days_left(clock.now()) <= max(TOLD_DAYS_BEFORE):
            _tell(each, clock.now())
    while True:
        now = clock.now()
        await sleep((end_of_day(local_date(now)) - now).total_seconds() + _AFTER_MIDNIGHT_SECONDS)
        for each in known:
            days = each.days_left(clock.now())
            if days in TOLD_DAYS_BEFORE or days <= 0:
                _tell(each, clock.now())


def _tell(registration: Registration, now: datetime) -> None:
    fields = {
        "platform": registration.platform,
        "operator": registration.operator,
        "until": registration.until.isoformat(),
        "days_left": registration.days_left(now),
    }
    if registration.days_left(now) < 0:
        _log.error("sender_registration_ended", **fields)
    else:
        _log.warning("sender_registration_ends", **fields)


def _seconds_left(registration: Registration, clock: Clock) -> float:
    return registration.time_left(clock.now()).total_seconds()
