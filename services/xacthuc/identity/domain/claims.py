"""What a proof of possession does: to the account it was made for, and to those that held the number before (R30)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.identity.domain.facts import EvidenceKind

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.account import Account


class ClaimRefusal(StrEnum):
    """Why a proven number is not added to an account."""

    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    """The holder is a child, whom only a parent or guardian registers (R15)."""
    OTHER_NUMBER = "OTHER_NUMBER"
    """The account stands on another number; changing it is another purpose, to which the old number has a say."""
    OLDER_PROOF = "OLDER_PROOF"
    """The number was proven again since: who held the SIM then may not be who holds it today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who has what, under lock."""

    account: Account
    same_number: bool
    """Whether the account's PHONE evidence, if any, is of this number."""
    holders: tuple[str, ...]
    """Other accounts that stand on this number, by when they proved it, earliest first."""
    newest_verify_time: datetime | None
    """When the number was last proven by whoever stands on it, this account included; None when nobody does."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The number is the account's. `displaced` accounts have to prove a number again."""

    displaced: tuple[str, ...]


def claim(held: Held, verify_time: datetime, most_accounts: int, now_ms: int) -> Claim | ClaimRefusal:
    """Decides what a proof of `verify_time` does.

    Numbers are given out again 45 days after they lapse, so who holds the SIM today is right: beyond `most_accounts` the
    earliest holders lose the number. They keep their accounts, and the new holder never gets into one of them. Proofs
    may arrive in another order than possession was proven, as a verification can be taken up again long after it was
    cut off; what counts is when it was proven.
    """
    facts = held.account.facts
    if facts.is_child(now_ms):
        return ClaimRefusal.GUARDIAN_REQUIRED
    if EvidenceKind.PHONE in facts.evidence and not held.same_number:
        return ClaimRefusal.OTHER_NUMBER
    if held.newest_verify_time is not None and verify_time < held.newest_verify_time:
        return ClaimRefusal.OLDER_PROOF
    surplus = len(held.holders) + 1 - most_accounts
    return Claim(held.holders[: max(surplus, 0)])
