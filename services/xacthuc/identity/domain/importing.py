"""What becomes of the accounts that a platform brings along, and of their numbers. What is taken of each: `import_rows`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.claims import Claim, Held, Holder, Tie, claim
from xacthuc.identity.domain.facts import FOREVER_MS, EvidenceKind, Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.domain.claims import Bounds
    from xacthuc.identity.domain.import_rows import Candidate
    from xacthuc.identity.domain.registration import Fault


class Outcome(StrEnum):
    """What became of an account. The contract carries the same names."""

    IMPORTED = "IMPORTED"
    UNCHANGED = "UNCHANGED"
    """It was registered with the same details already."""
    EXISTS = "EXISTS"
    """It is registered with other details, which stay."""
    REFUSED = "REFUSED"


class PhoneOutcome(StrEnum):
    """What became of the phone evidence of an imported account. The contract carries the same names."""

    NONE = "PHONE_UNSPECIFIED"
    ACCEPTED = "ACCEPTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    """The policy believes no code but ours (R1)."""
    OLDER_PROOF = "OLDER_PROOF"
    """Somebody unrelated proved the number later."""
    TOO_MANY_ACCOUNTS = "TOO_MANY_ACCOUNTS"
    MOVED_TOO_OFTEN = "MOVED_TOO_OFTEN"
    """Both as `claims.ClaimRefusal` says."""
    CHILD = "CHILD"
    """Nothing but the birth date is kept of a child before a guardian answers (R15)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row."""

    outcome: Outcome
    state: State | None = None
    """None for a refused row."""
    phone: PhoneOutcome = PhoneOutcome.NONE
    transition_extended: bool = False
    faults: tuple[Fault, ...] = ()


class Registrar:
    """Gives the verdicts on accounts that were kept, the same object for the same one: rows have few different."""

    def __init__(self, now: datetime) -> None:
        """Takes the instant at which their states are told."""
        self._now_ms = int(now.timestamp() * 1000)
        self._made: dict[tuple[bool, bool, PhoneOutcome], Verdict] = {}

    def imported(self, candidate: Candidate, phone: PhoneOutcome) -> Verdict:
        """Returns the verdict on a kept account, with what became of its number."""
        key = (candidate.child_until is not None, candidate.complete, phone)
        return self._made.get(key) or self._make(key)

    def _make(self, key: tuple[bool, bool, PhoneOutcome]) -> Verdict:
        child, complete, phone = key
        facts = Facts(
            registered=True,
            evidence=frozenset({EvidenceKind.PHONE}) if phone is PhoneOutcome.ACCEPTED else frozenset(),
            child_until_ms=FOREVER_MS if child else 0,
            complete=complete,
        )
        made = self._made[key] = Verdict(Outcome.IMPORTED, state_of(facts, self._now_ms), phone)
        return made


class Proven(NamedTuple):
    """Somebody who proved possession of a number."""

    verify_time: datetime
    account_id: str
    person: bytes | None
    """Equal for equal name and birth date; None when nobody knows both."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Who has a number once a batch is merged."""

    refused: Mapping[str, PhoneOutcome] = field(repr=False)
    """Newcomers who do not get it, and why."""
    displaced: tuple[str, ...] = field(repr=False)
    """Holders who lose it."""
    taker: str = field(default="", repr=False)
    """The newcomer who took it from one of them last, and who may have lost it to somebody else who came later; empty when
    nobody loses it."""


def share(
    holders: Sequence[Proven], newcomers: Sequence[Proven], moves: tuple[datetime, ...], bounds: Bounds, now: datetime
) -> Shares:
    """Decides who stands on one number, of those who stood on it and those who come along with a proof of their own.

    Everybody proves it once more, in the order in which they did, by the rule for a single proof (`claims.claim`). So it
    makes no difference in which order they are told of: the latest proof wins (R30).
    """
    stood = {one.account_id for one in holders}
    refused: dict[str, PhoneOutcome] = {}
    displaced: list[str] = []
    standing: list[Proven] = []
    taker = ""
    for one in sorted((*holders, *newcomers), key=lambda one: (one.verify_time, one.account_id)):
        # Only a number that leaves somebody who stood on it moves, and whoever stood on it has moved it already.
        moving = one.account_id not in stood and any(other.account_id in stood for other in standing)
        held = Held(
            holders=tuple(Holder(other.account_id, _tie(one, other, stood)) for other in standing),
            newest_verify_time=standing[-1].verify_time if standing else None,
            moves=moves if moving else (),
        )
        outcome = claim(held, one.verify_time, bounds, now)
        if isinstance(outcome, Claim):
            lost = [account for account in outcome.displaced if account in stood]
            displaced += lost
            taker = one.account_id if lost else taker
            refused.update(dict.fromkeys(set(outcome.displaced) - stood, PhoneOutcome.OLDER_PROOF))
            standing = [other for other in standing if other.account_id not in outcome.displaced]
        else:  # an account that stood stays, and the earliest newcomer makes room for it
            late = [one, *standing] if one.account_id not in stood else standing
            gives_way = next((other.account_id for other in late if other.account_id not in stood), None)
            if gives_way is not None:
                refused[gives_way] = PhoneOutcome(outcome.value)
        standing = [other for other in (*standing, one) if other.account_id not in refused]
    return Shares(refused, tuple(displaced), taker)


def _tie(one: Proven, other: Proven, stood: set[str]) -> Tie:
    """Two that stood beside each other may go on; an account that is registered only now has no guardian and no ward."""
    same = one.person is not None and one.person == other.person
    return Tie.RELATED if same or {one.account_id, other.account_id} <= stood else Tie.NONE
