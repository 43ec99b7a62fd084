"""Keeping and reading accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Consent, Order
    from xacthuc.identity.domain.account import Account, AccountView
    from xacthuc.identity.domain.registration import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be kept."""

    account_id: str = field(repr=False)
    person: Person
    child_until: datetime | None = field(repr=False)
    purge_time: datetime | None
    """When it is dropped unless a guardian takes it up; None for who needs none."""
    consent: Consent


class Accounts(Protocol):
    """The accounts."""

    async def register(self, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
        """Keeps a new account, once per request id; None when the id belongs to another registration."""
        ...

    async def get(self, platform: str, account_id: str) -> Account | None:
        """Returns an account, or None when there is none."""
        ...
