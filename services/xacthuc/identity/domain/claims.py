"""Who stands on a number or a personal ID when another account proves it: possession wins, within bounds (R30, R32).

Numbers are given out again 45 days after they lapse, so whoever holds the SIM today is right. Whoever loses it keeps the
account and has to prove something again; the new holder never gets into that account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.policy.sections import Holders, NumberMoves


class Tie(StrEnum):
    """What an account's holder is to the one who proves now."""

    NONE = "NONE"
    RELATED = "RELATED"
    """The same name and birth date, a guardian of theirs, or a guardian beside them."""
    WARD = "WARD"
    """A child they answer for: counted apart from the guardian's own accounts (R32)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Another account that stands on what is proven."""

    account_id: str = field(repr=False)
    tie: Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who stands on a number or a personal ID, under lock."""

    holders: tuple[Holder, ...] = ()
    """Other accounts, by when they proved it, earliest first."""
    newest_verify_time: datetime | None = None
    """When it was last proven by whoever stands on it, this account included; None when nobody does."""
    moves: tuple[datetime, ...] = ()
    """When it passed to somebody unrelated."""


class ClaimRefusal(StrEnum):
    """Why a proof changes nothing."""

    OLDER_PROOF = "OLDER_PROOF"
    """It was proven again since: who held it then may not be who holds it today."""
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    """As many accounts as may stand on it, all of them the holder's own or the family's."""
    MOVED_TOO_OFTEN = "MOVED_TOO_OFTEN"
    """It passed between strangers more often than numbers do: somebody rents it out, or two quarrel over it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """It is the account's. `displaced` accounts have to prove something again."""

    displaced: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many may stand on it, and how often it may pass between strangers; None is as often as they like."""

    caps: Holders
    moves: NumberMoves | None = None


def claim(held: Held, verify_time: datetime, bounds: Bounds, now: datetime) -> Claim | ClaimRefusal:
    """Decides what a proof of `verify_time` does to those who stand on the same.

    Beyond `caps.adults` the earliest unrelated holders lose it. Related ones are displaced by nobody, and up to
    `caps.related` of them stand side by side; the next one is refused. Proofs may arrive in another order than
    possession was proven, as a verification can be taken up again long after it was cut off; what counts is when it was
    proven.
    """
    if held.newest_verify_time is not None and verify_time < held.newest_verify_time:
        return ClaimRefusal.OLDER_PROOF
    counted = [holder for holder in held.holders if holder.tie is not Tie.WARD]
    unrelated = [holder.account_id for holder in counted if holder.tie is Tie.NONE]
    surplus = max(len(counted) + 1 - bounds.caps.adults, 0)
    displaced = tuple(unrelated[:surplus])
    if len(counted) + 1 - len(displaced) > bounds.caps.related:
        return ClaimRefusal.TOO_MANY_ACCOUNTS
    if displaced and bounds.moves is not None and _recent(held.moves, bounds.moves, now) >= bounds.moves.most:
        return ClaimRefusal.MOVED_TOO_OFTEN
    return Claim(displaced)


def _recent(moves: tuple[datetime, ...], bound: NumberMoves, now: datetime) -> int:
    since = now - timedelta(days=bound.days)
    return sum(move > since for move in moves)
