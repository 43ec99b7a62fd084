"""Corrections and the end of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.account import Account, ConsentKind
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.lifecycle import Bar, Correction
    from xacthuc.identity.domain.registration import Person
    from xacthuc.identity.ports.numbers import Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """Something the holder of an account agreed to or confirmed."""

    kind: ConsentKind
    text_version: str
    accept_time: datetime
    record_time: datetime


class Lifecycle(Protocol):
    """Changes of accounts, each in one commit and once per request id. None when there is no such account."""

    async def correct(
        self, order: Order, account_id: str, decide: Callable[[Facts, Person], Correction], now: datetime
    ) -> Settled | Bar | None:
        """Puts the person that `decide` returns in the place of the one that is kept."""
        ...

    async def close(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Ends the account and keeps the rest until `purge_time`; its number and personal ID are free for others."""
        ...

    async def erase(
        self, order: Order, account_id: str, purge_time: Callable[[Account], datetime], now: datetime
    ) -> Settled | Bar | None:
        """Seals what is kept under another key until `purge_time`, and has the account's own destroyed."""
        ...


class AccountList(Protocol):
    """The accounts of a platform, and what their holders agreed to."""

    async def page(self, platform: str, after: str, limit: int) -> tuple[Sequence[Account], str]:
        """Returns up to `limit` accounts whose id is greater than `after`, by id, and the next `after`, empty at the end."""
        ...

    async def consents(self, platform: str, account_id: str) -> Sequence[ConsentRecord] | None:
        """Returns what the holder agreed to, oldest first; None when there is no such account."""
        ...
