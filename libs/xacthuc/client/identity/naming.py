"""What the calls of IdentityService are made of: the service, names of accounts, times and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf import timestamp_pb2
from google.type import date_pb2

from xacthuc.client.results import Account

if TYPE_CHECKING:
    from datetime import date, datetime

SERVICE: Final = "xacthuc.api.identity.v1.IdentityService"


def name_of(account: Account | str) -> str:
    """Returns `accounts/{account}`; an id has no slash, so a bare one is told from a name."""
    if isinstance(account, Account):
        return account.name
    return account if "/" in account else f"accounts/{account}"


def stamp(instant: datetime, field: str) -> timestamp_pb2.Timestamp:
    """Returns an instant as a message. ValueError naming `field` when it has no time zone, which would shift it."""
    if instant.tzinfo is None:
        raise ValueError(f"{field} has no time zone; give it one, such as datetime.now(UTC)")
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(instant)
    return made


def whole_date(day: date) -> date_pb2.Date:
    """Returns a date as a message."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)
