"""By when every account has to be in a lawful state: a term of days from a law's coming into force (R8, R9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from xacthuc.policy import dates

if TYPE_CHECKING:
    from datetime import date, datetime

    from xacthuc.policy import Policy


@dataclass(frozen=True, slots=True)
class Deadline:
    """The term of a transition, by both ways in which people count it."""

    start: date
    """The day the law came into force, or covered the platform first."""
    days: int
    last_day: date
    """By the Civil Code, which leaves out the first day (Art. 147(2))."""
    cautious_last_day: date
    """As the transition of Decree 147 was announced, the first day counted: never later, and the one to plan for."""

    @classmethod
    def of(cls, policy: Policy, start: date | None = None, days: int | None = None) -> Self:
        """Counts `days` from `start`; whichever is not given is that of Decree 147. ValueError below one day."""
        law = policy.transition
        start, days = law.start if start is None else start, law.days if days is None else days
        last_day = dates.deadline(start, days)
        announced = law.last_day if (start, days) == (law.start, law.days) else last_day - timedelta(days=1)
        return cls(start, days, last_day, min(announced, last_day))

    @property
    def end(self) -> datetime:
        """24:00 of the last day in Vietnam (Civil Code Art. 148(6)), in UTC: from then on nobody has a grace."""
        return dates.end_of_day(self.last_day)

    @property
    def cautious_end(self) -> datetime:
        """24:00 of the last day by the cautious reading, in UTC."""
        return dates.end_of_day(self.cautious_last_day)

    def is_over(self, now: datetime) -> bool:
        """Whether no account may go on unverified by any reading."""
        return now >= self.end

    def days_left(self, now: datetime) -> int:
        """Returns how many days are left by the cautious reading, today in Vietnam included; 0 when it is over."""
        return max(0, (self.cautious_last_day - dates.local_date(now)).days + 1)
