"""What the session log keeps, and for how long (R48). Pure.

The log is kept by months of Vietnam, each of which is destroyed whole once its last day is as old as the policy says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import count
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.domain.registration import Fault
from xacthuc.policy.dates import day_number, local_date, start_of_day

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PORT_BYTES: Final = 2
_IPV4_BYTES: Final = 4
_AHEAD: Final = timedelta(minutes=1)
"""How far a platform's clocks may be ahead of ours."""


class EntryKind(StrEnum):
    """What an account did. The contract carries the same names."""

    LOG_IN = "LOG_IN"
    LOG_OUT = "LOG_OUT"
    POST = "POST"
    SHARE = "SHARE"
    REMOVE = "REMOVE"


class Entry(NamedTuple):
    """One row of the log."""

    account_id: str
    kind: EntryKind
    occur_us: int
    """Microseconds since the Unix epoch."""
    origin: bytes
    """The address, 4 or 16 bytes, and the port, 2; empty when none was told."""
    content_id: str
    """Empty for a log-in or log-out."""


def address_of(origin: bytes) -> tuple[str, int]:
    """Returns address and port of an origin that has them."""
    packed = origin[:-_PORT_BYTES]
    family = AF_INET if len(packed) == _IPV4_BYTES else AF_INET6
    return inet_ntop(family, packed), int.from_bytes(origin[-_PORT_BYTES:], "big")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that is not kept."""

    index: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of Vietnam, counted from the year 0."""

    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        """Returns the month of a day."""
        return cls(day.year * 12 + day.month - 1)

    @property
    def first(self) -> date:
        """Its first day."""
        year, month = divmod(self.number, 12)
        return date(year, month + 1, 1)

    @property
    def start(self) -> datetime:
        """The instant it begins."""
        return start_of_day(self.first)

    @property
    def following(self) -> Month:
        """The month after it."""
        return Month(self.number + 1)

    @property
    def days(self) -> Sequence[date]:
        """Its days."""
        return [self.first + timedelta(days=each) for each in range((self.following.first - self.first).days)]


def oldest_kept(now: datetime, months: int) -> Month:
    """Returns the oldest month of which the last day is not `months` old yet."""
    return Month(Month.of(local_date(now)).number - months)


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch by what becomes of it."""

    kept: list[Entry] = field(repr=False)
    rejected: list[Rejected]


def sift(read: Sequence[Entry | Rejected], now: datetime, months: int) -> Sifted:
    """Leaves out what has faults, what is of the future, and what the log does not keep any more."""
    earliest = (oldest_kept(now, months).start - _EPOCH) // _MICROSECOND
    latest = (now + _AHEAD - _EPOCH) // _MICROSECOND
    kept = [one for one in read if isinstance(one, Entry) and earliest <= one.occur_us <= latest]
    if len(kept) == len(read):
        return Sifted(kept, [])
    rejected: list[Rejected] = []
    for index, one in enumerate(read):
        if isinstance(one, Rejected):
            rejected.append(one)
        elif one.occur_us > latest:
            rejected.append(Rejected(index, (_IN_FUTURE,)))
        elif one.occur_us < earliest:
            rejected.append(Rejected(index, (_NOT_KEPT,)))
    return Sifted(kept, rejected)


def without(batch: Sifted, gone: Collection[int]) -> Sifted:
    """Rejects also what is of days that nothing can be kept of: their keys are destroyed, whatever the policy says now."""
    told = {one.index for one in batch.rejected}
    places = (index for index in count() if index not in told)
    kept, rejected = [], batch.rejected.copy()
    for index, one in zip(places, batch.kept, strict=False):
        if day_number(one.occur_us // 1000) in gone:
            rejected.append(Rejected(index, (_NOT_KEPT,)))
        else:
            kept.append(one)
    return Sifted(kept, sorted(rejected, key=lambda one: one.index))


_IN_FUTURE: Final = Fault("occur_time", "must not be in the future", "IN_FUTURE")
_NOT_KEPT: Final = Fault("occur_time", "must be of a month that is still kept", "NOT_KEPT")
