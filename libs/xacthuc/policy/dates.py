"""Legal time: Vietnam's calendar, terms counted as the Civil Code counts them, and ages. Pure arithmetic; no clock.

All of it happens in Vietnam's time and leaves out the first day (R9; Civil Code 91/2015 Art. 147, 148).
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

VIETNAM_TIME = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""UTC+7 without daylight saving, the country's one legal time. Fixed on purpose: it equals the zone Asia/Ho_Chi_Minh for
every instant since 13 June 1975, and needs no time-zone database, which slim container images do not carry."""

OLDEST_YEARS = 130
"""Beyond any documented life (122 years): a slip of the pen, not a person."""

DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_AHEAD_MS = VIETNAM_TIME.utcoffset(None) // timedelta(milliseconds=1)


def local_date(at: datetime) -> date:
    """Returns the day it is in Vietnam at `at`; ValueError when `at` is naive."""
    if at.tzinfo is None:
        raise ValueError("an instant is an aware datetime; give it a tzinfo")
    return at.astimezone(VIETNAM_TIME).date()


def end_of_day(day: date) -> datetime:
    """Returns 24:00 of `day` in Vietnam as an aware UTC datetime: the instant a term ends (Civil Code Art. 148(6))."""
    return start_of_day(day + timedelta(days=1))


def start_of_day(day: date) -> datetime:
    """Returns 00:00 of `day` in Vietnam as an aware UTC datetime."""
    return datetime.combine(day, time.min, VIETNAM_TIME).astimezone(UTC)


def day_number(at_ms: int) -> int:
    """Returns which day it is in Vietnam at `at_ms`, ms since the epoch: counted from 1 January 1970, which is day 0.

    For what is counted by the day in a store and decided often: `local_date` costs twenty times as much.
    """
    return (at_ms + _AHEAD_MS) // DAY_MS


def minute_of_day(at_ms: int) -> int:
    """Returns the minutes since midnight in Vietnam at `at_ms`, ms since the epoch."""
    return (at_ms + _AHEAD_MS) % DAY_MS // _MINUTE_MS


def day_start_ms(number: int) -> int:
    """Returns 00:00 in Vietnam of a day counted as `day_number` counts, in ms since the epoch."""
    return number * DAY_MS - _AHEAD_MS


def deadline(start: date, days: int) -> date:
    """Returns the last day of a term of `days` days that an event on `start` sets going; ValueError below one day.

    The day of the event does not count (Civil Code Art. 147), so 90 days from 25 December 2024 end on 25 March 2025.
    A last day that is a holiday is not moved to the next working day: ending earlier is the safe side of a duty.
    """
    if days < 1:
        raise ValueError("a term has at least one day")
    return start + timedelta(days=days)


def age_on(birth_date: date, today: date) -> int:
    """Returns the completed years of life on `today`; negative before birth.

    Who is born on 29 February completes a year on 1 March where the year has no such day: a term that lacks its
    corresponding day ends at 24:00 of the last day of the month (Civil Code Art. 148), and a child stays protected the
    longer for it.
    """
    before_birthday = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - before_birthday


def birthday(birth_date: date, age: int) -> date:
    """Returns the first day on which `age_on` is `age`."""
    year = birth_date.year + age
    try:
        return birth_date.replace(year=year)
    except ValueError:  # 29 February of a common year
        return date(year, 3, 1)


def months_after(at: datetime, months: int) -> datetime:
    """Returns the same time of day `months` calendar months later in Vietnam, as an aware UTC datetime.

    Where the month has no such day it is the last one (Civil Code Art. 148(3)).
    """
    local = at.astimezone(VIETNAM_TIME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day  # noqa: PLR2004 - December
    return local.replace(year=year, month=month + 1, day=min(local.day, last)).astimezone(UTC)
