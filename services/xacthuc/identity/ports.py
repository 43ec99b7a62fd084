"""What the use cases need of the outside world. Adapters implement these; nothing here knows a technology.

Methods that write raise RequestIdReused when the order's id came before with another payload, and all that touch the
database raise DatabaseUnavailable when it does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from xacthuc.credentials.records import KeyState
from xacthuc.identity.domain import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from xacthuc.credentials.records import KeyRecord
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Consent, Order
    from xacthuc.identity.domain.account import Account, AccountView
    from xacthuc.identity.domain.claims import Claim, ClaimRefusal, Held
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.registration import Person
    from xacthuc.policy import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be kept."""

    account_id: str = field(repr=False)
    person: Person
    child_until: datetime | None = field(repr=False)
    consent: Consent


class Accounts(Protocol):
    """The accounts."""

    async def register(self, order: Order, new: NewAccount, now: datetime) -> AccountView | None:
        """Keeps a new account, once per request id; None when the id belongs to another registration."""
        ...

    async def get(self, platform: str, account_id: str) -> Account | None:
        """Returns an account, or None when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Possession of a number, as the one-time-code service vouches for it."""

    proof_id: str
    number: str = field(repr=False)
    """E.164, in clear: sealed as soon as it is kept."""
    purpose: Purpose | None
    """None for one this version does not know."""
    subject: str = field(repr=False)
    verify_time: datetime
    source: str
    """Such as `otp/sms`."""


class Proofs(Protocol):
    """The one-time-code service."""

    async def redeem(
        self, token: str, subject: str, purposes: Collection[Purpose], request_id: str, call: Call
    ) -> Proof:
        """Uses up the proof, once per request id: the same id gets the same proof again.

        One made for another `subject` or none of `purposes` is refused and stays good. Raises what the service says
        (InvalidRequest, FailedPrecondition), Unavailable when it says nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a verification stands: answered already, or to be carried through for this account."""

    answer: AccountView | None
    account: Account | None
    """None when it is answered, or when there is no such account and nothing was recorded."""


class ProofUsed(Exception):  # noqa: N818 - the state it names
    """The proof belongs to another request: whatever the one-time-code service's memory says, this is final."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a verification."""

    answer: AccountView
    changed: tuple[str, ...]
    """Accounts about which something else is true now."""


class Verifications(Protocol):
    """Verifications of numbers, in two transactions with the remote call between them."""

    async def begin(self, order: Order, account_id: str, now: datetime) -> Begun:
        """Records the intent, so that a crash after the proof was used up can be taken up again by the same id."""
        ...

    async def settle(
        self,
        order: Order,
        account_id: str,
        proof: Proof,
        decide: Callable[[Held], Claim | ClaimRefusal],
        now: datetime,
    ) -> Settled | ClaimRefusal:
        """Locks the number, then the accounts in key order, asks `decide`, and saves everything in one commit.

        Raises ProofUsed when the proof served another request.
        """
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts as they were read from the database."""

    facts: Facts
    read_ms: int


class StandingUnavailable(Exception):  # noqa: N818 - the state it names
    """The cache of facts does not answer."""


class StandingStore(Protocol):
    """The cache of facts, shared by all processes. Every method raises StandingUnavailable when it does not answer."""

    async def read(self, platform: str, account_id: str) -> Standing | None:
        """Returns what is kept, however old; None when nothing is."""
        ...

    async def lease(self, platform: str, account_id: str) -> bytes | None:
        """Returns the right to fill, which a write takes away; None while another process has it."""
        ...

    async def fill(self, platform: str, account_id: str, lease: bytes, standing: Standing, kept_ms: int) -> None:
        """Keeps `standing` for `kept_ms` if the lease still stands, else does nothing."""
        ...

    async def drop(self, platform: str, account_ids: Collection[str]) -> None:
        """Removes what is kept and every lease: call it after a commit that changed the accounts' facts."""
        ...


class FactsSource(Protocol):
    """The database, asked for facts alone, through a pool of its own."""

    async def read(self, platform: str, account_id: str) -> Facts:
        """Returns the facts of an account, or those of an unregistered one."""
        ...

    async def read_many(self, platform: str, account_ids: Sequence[str]) -> Mapping[str, Facts]:
        """Returns the same for each of many accounts at the cost of about one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformView:
    """A platform as it is answered."""

    platform: str
    display_name: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as identity keeps it: what servers are told, and since when there is one."""

    record: KeyRecord
    create_time: datetime

    def is_active(self, now_ms: int) -> bool:
        """Whether it opens anything at `now_ms`."""
        record = self.record
        return keys.is_active(record.expire_ms, now_ms, revoked=record.state is KeyState.REVOKED)


class KeyOutcome(StrEnum):
    """Why a key was not added."""

    NO_PLATFORM = "NO_PLATFORM"
    NO_KEY = "NO_KEY"
    TOO_MANY = "TOO_MANY"
    REPEATED = "REPEATED"
    """This request id made a key before, whose secret cannot be shown again."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The key that a new one replaces."""

    key_id: str
    end: datetime
    """When it ends at the latest."""


class Platforms(Protocol):
    """The platforms and their keys."""

    async def create(self, order: Order, platform: str, display_name: str, now: datetime) -> PlatformView | None:
        """Keeps a new platform, once per request id; None when the id is taken."""
        ...

    async def page(self, after: str, limit: int) -> list[PlatformView]:
        """Returns up to `limit` platforms whose id is greater than `after`, by id."""
        ...

    async def keys(self, platform: str) -> list[StoredKey] | None:
        """Returns the platform's keys, newest first; None when there is no such platform."""
        ...

    async def add_key(
        self, order: Order, record: KeyRecord, replaces: Replacement | None, now: datetime
    ) -> tuple[StoredKey, ...] | KeyOutcome:
        """Keeps a key if there is room, and ends the one it replaces; returns all that changed, the new one first."""
        ...

    async def revoke_key(self, order: Order, key_id: str, now: datetime) -> StoredKey | None:
        """Revokes a key; one that was revoked stays as it is. None when there is no such key."""
        ...

    async def records(self) -> list[KeyRecord]:
        """Returns the records of all keys, revoked and expired ones too: their holders are told which of it they are."""
        ...


class Publication(Protocol):
    """Where servers hear of keys."""

    async def publish(self, records: Sequence[KeyRecord]) -> None:
        """Tells every server; raises StoreError when the store does not take it, and then tries again by itself."""
        ...
