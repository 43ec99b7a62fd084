"""Proofs of numbers, and what they do to accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from typing import TypeAlias

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.commands import Order, RevokeVerification
    from xacthuc.identity.domain.account import Account, AccountView
    from xacthuc.identity.domain.claims import Claim, ClaimRefusal
    from xacthuc.identity.domain.numbers import Claimant, NumberRefusal
    from xacthuc.policy import Purpose

    Refusal: TypeAlias = ClaimRefusal | NumberRefusal
    Decide: TypeAlias = Callable[[Claimant], Claim | Refusal]


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
    device: str = ""
    """A digest of the device it was proven from; empty where the platform did not name one."""


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
    again: bool = False
    """Whether the same request began before, and may be under way still."""


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
        self, order: Order, account_id: str, proof: Proof, decide: Decide, now: datetime
    ) -> Settled | Refusal:
        """Locks the number, then the accounts in key order, asks `decide`, and saves everything in one commit.

        Raises ProofUsed when the proof served another request.
        """
        ...

    async def revoke(self, command: RevokeVerification, now: datetime) -> Settled | Refusal | None:
        """Takes back what stands of the kinds named, once per request id; None when there is no such account."""
        ...
