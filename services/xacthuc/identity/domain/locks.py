"""Whom a lock binds: a person, on every account that the same identity is proven of (R47); and how long. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class IdentityKind(StrEnum):
    """What makes two accounts one person's."""

    PERSONAL_ID = "PERSONAL_ID"
    """The same personal ID, confirmed of both. It is nobody else's, ever."""
    NUMBER = "NUMBER"
    """The same number, proven of both, with the same name and birth date: numbers are given out again, people are not."""


class Identity(NamedTuple):
    """An identity as tables know it, by keyed hashes."""

    kind: IdentityKind
    value: bytes
    person: bytes = b""
    """Of a NUMBER alone."""


Spellings: TypeAlias = "frozenset[Identity]"
"""One identity under every version of the keys that hash it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a lock binds."""

    accounts: frozenset[str]
    identities: frozenset[Identity]


def spread(held: Mapping[str, frozenset[Spellings]], reach: Reach) -> Reach:
    """Returns what a lock binds, which bound `reach`, when accounts hold these identities.

    An account that holds an identity the lock binds is bound; whatever is proven of a bound account is an identity the
    lock binds. Nothing is ever let go: who sheds what was proven is still the same person.
    """
    accounts, identities = set(reach.accounts), set(reach.identities)
    grew = True
    while grew:
        grew = False
        for account, proven in held.items():
            if account not in accounts and any(not identities.isdisjoint(spellings) for spellings in proven):
                accounts.add(account)
                grew = True
            new = frozenset().union(*proven) - identities if account in accounts else frozenset()
            if new:
                identities |= new
                grew = True
    return Reach(frozenset(accounts), frozenset(identities))


class LockState(StrEnum):
    """Whether a lock still keeps anybody from writing. The contract carries the same names."""

    IN_FORCE = "IN_FORCE"
    EXPIRED = "EXPIRED"
    LIFTED = "LIFTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """A lock as it binds one of a person's accounts."""

    id: str
    account_id: str = field(repr=False)
    """The account it was put on."""
    bound: tuple[str, ...] = field(repr=False)
    """Every account it binds, in order."""
    basis: str
    create_time: datetime
    """Since when it binds the account that was asked about."""
    expire_time: datetime | None
    lift_time: datetime | None
    lift_basis: str
    approval: str
    """What two people granted it by; empty when one was enough."""

    def state_at(self, now: datetime) -> LockState:
        """Returns what it is at `now`; a lock that was lifted after its end had ended."""
        end = self.expire_time
        if self.lift_time is not None and (end is None or self.lift_time < end):
            return LockState.LIFTED
        return LockState.IN_FORCE if end is None or now < end else LockState.EXPIRED
