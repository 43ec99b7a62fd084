"""Who is to answer for children: registering them, and comparing them with a child."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from xacthuc.identity.commands import Consent, Order
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.holders import Match
    from xacthuc.identity.domain.registration import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A guardian without an account."""

    person: Person
    consent: Consent
    number: str = field(repr=False)
    """E.164, in clear: by it a record that there is already is found."""
    purge_time: datetime
    """When the record is dropped unless a child is linked to it by then."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a holder."""

    facts: Facts
    birth_date: date | None = field(repr=False)


class Holders(Protocol):
    """Accounts, and the records of guardians who have none."""

    async def open_record(self, order: Order, new: NewRecord, now: datetime) -> str:
        """Returns the id of the person's record, keeping one unless there is one by this number, name and birth date.

        Once per request id. RequestIdReused when it came with another payload.
        """
        ...

    async def is_person(self, platform: str, account_id: str, person: Person) -> bool:
        """Whether an account is registered for that person."""
        ...

    async def find(self, platform: str, account_id: str) -> Known | None:
        """Reads what is known of a holder; None when there is none."""
        ...

    async def remind(self, order: Order, account_id: str, due_time: datetime, now: datetime) -> str | None:
        """Has the platform told, once for the order, that an account is due; returns its life, None when there is none."""
        ...

    async def match(self, platform: str, child_id: str, guardian_id: str, child_devices: Collection[str]) -> Match:
        """Reads a child beside somebody who is to answer for it; either may be registered by nobody."""
        ...
