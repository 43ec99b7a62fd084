"""What more than one face needs: names and dates; what every service needs is `xacthuc.grpckit.reading`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.reading import instant, microseconds, optional_timestamp, order, spaced, timestamp
from xacthuc.identity.domain.registration import CalendarDate

if TYPE_CHECKING:
    from google.type import date_pb2

__all__ = [
    "ACCOUNT_PREFIX",
    "OPERATOR_PREFIX",
    "calendar_date",
    "instant",
    "microseconds",
    "optional_timestamp",
    "order",
    "spaced",
    "timestamp",
]

OPERATOR_PREFIX: Final = "operators/"

ACCOUNT_PREFIX: Final = len("accounts/")
"""Cut off a name to get the id; the contract's pattern has checked what is cut."""


def calendar_date(given: date_pb2.Date) -> CalendarDate:
    """Reads a date, which the calendar may not have."""
    return CalendarDate(given.year, given.month, given.day)
