"""Until when sender names are registered.

A registration lasts three years (Decree 91/2020/NĐ-CP Art. 23, 30). Once it is over operators drop what is sent under
the name: nothing fails here, and no code arrives. Who is told before is reminders.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.datafile import DataFileError
from xacthuc.policy import end_of_day, local_date

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from xacthuc.otp.texts.texts import Texts

TOLD_DAYS_BEFORE: Final = (30, 14, 7, 1)
"""Time enough to renew at leisure, in earnest, in haste, and to warn the platform."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One sender name with one operator, or with `all`."""

    platform: str
    operator: str
    until: date
    """The last day, in Vietnam."""

    def days_left(self, now: datetime) -> int:
        """Returns the days after today; 0 on the last day, negative when it is over."""
        return (self.until - local_date(now)).days

    def time_left(self, now: datetime) -> timedelta:
        """Returns the time until the end of the last day; negative when it is over."""
        return end_of_day(self.until) - now


def registrations(texts: Texts) -> list[Registration]:
    """Returns all that the files name."""
    return [
        Registration(platform, operator, until)
        for platform, own in texts.platforms.items()
        for operator, until in own.registered_until.items()
    ]


def require_current(texts: Texts, now: datetime) -> None:
    """DataFileError when a registration is over, for deployments that would rather not start."""
    over = [each for each in registrations(texts) if each.days_left(now) < 0]
    if over:
        raise DataFileError(
            "\n".join(f"{each.platform}.toml: registered_until.{each.operator}: ended on {each.until}" for each in over)
        )
