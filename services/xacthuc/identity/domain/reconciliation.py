"""Whether a number is still of who proved it: what operators and regulators tell of it, and what follows (R30, R31).

Three sides are compared: the subscriber record at the operator, the identity record here, and the person who declares.
Each detail stands for itself; there is no yes or no for a whole person. What follows is policy (R55), and nothing that an
operator says by itself locks or erases an account.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.policy import FindingAction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from xacthuc.policy.sections import Reconciliation


class Match(StrEnum):
    """What two records say of one detail. The contract carries the same names."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A comparison, detail by detail."""

    full_name: Match = Match.UNKNOWN
    birth_date: Match = Match.UNKNOWN
    personal_id: Match = Match.UNKNOWN

    def each(self) -> Iterator[tuple[str, Match]]:
        """Returns every detail's name with its verdict."""
        return ((one.name, getattr(self, one.name)) for one in fields(self))

    def has(self, match: Match) -> bool:
        """Whether one detail at least has this verdict."""
        return any(found is match for _, found in self.each())


NOTHING_KNOWN: Final = Verdicts()


def agreed(*sides: Verdicts) -> Verdicts:
    """Returns what several comparisons say together: a mismatch on any side stands, and silence says nothing."""
    return Verdicts(
        full_name=_agreed(side.full_name for side in sides),
        birth_date=_agreed(side.birth_date for side in sides),
        personal_id=_agreed(side.personal_id for side in sides),
    )


def _agreed(matches: Iterable[Match]) -> Match:
    said = set(matches)
    if Match.MISMATCH in said:
        return Match.MISMATCH
    return Match.MATCH if Match.MATCH in said else Match.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What each record says of who declares, detail by detail."""

    subscriber: Verdicts = NOTHING_KNOWN
    """The operator's, of whose number it is."""
    identity: Verdicts = NOTHING_KNOWN
    """What a provider of electronic identification confirmed."""

    def each(self) -> Iterator[tuple[str, Verdicts]]:
        """Returns every side's name with what it says."""
        return ((one.name, getattr(self, one.name)) for one in fields(self))

    @property
    def together(self) -> Verdicts:
        """What all three say together."""
        return agreed(self.subscriber, self.identity)


NOBODY_SAYS: Final = Sides()


def identity_record(authenticated: str, declared: str) -> Verdicts:
    """Returns what the identity record says of who declares; both are personal IDs, empty where there is none.

    A name or birth date that contradicts what was confirmed ends it (`domain.lifecycle.corrected`), so beside one that stands
    they agree. Another personal ID that was declared since stands beside it until somebody answers about it (R41).
    """
    if not authenticated:
        return NOTHING_KNOWN
    same = declared in {"", authenticated}
    return Verdicts(full_name=Match.MATCH, birth_date=Match.MATCH, personal_id=Match.MATCH if same else Match.MISMATCH)


class FindingKind(StrEnum):
    """What may be found about a number that was proven. The contract carries the same names."""

    SUBSCRIBER_MISMATCH = "SUBSCRIBER_MISMATCH"
    """The operator's subscriber is another person by one detail at least: a number of the family's, or a stranger's."""
    RECYCLED = "RECYCLED"
    """The number was given to another subscriber since it was proven."""
    SIM_SWAPPED = "SIM_SWAPPED"
    """Its SIM was changed since it was proven: a new card, or somebody who took the number over."""
    DEACTIVATED = "DEACTIVATED"
    """The number is out of use; it may be given out again."""
    BLOCKED = "BLOCKED"
    """The operator or an authority suspended the number."""
    TOO_MANY_SIMS = "TOO_MANY_SIMS"
    """More numbers stand on the subscriber's paper than the law lets it have without more ado."""
    UNANSWERED = "UNANSWERED"
    """Whoever was asked did not answer, however often: nothing is known. Never leads to anything."""


LOST: Final[Mapping[FindingAction, frozenset[EvidenceKind]]] = {
    FindingAction.REVERIFY: frozenset({EvidenceKind.PHONE}),
    FindingAction.RESTRICT: frozenset(
        {EvidenceKind.PHONE, EvidenceKind.PERSONAL_ID, EvidenceKind.PERSONAL_ID_DECLARED}
    ),
}
"""What stops to stand by the transition REVERIFICATION_REQUIRED; the other actions change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that somebody outside tells of the number that an account stands on."""

    platform: str
    account_id: str = field(repr=False)
    evidence_id: int
    """The PHONE evidence that it is about: what was proven since is not meant."""
    kind: FindingKind
    source: str
    """Who tells, such as `operator/viettel` or `list/mobifone`."""
    observe_time: datetime
    """As of when it is true."""
    sides: Sides = NOBODY_SAYS
    """What they say, where persons were compared."""


def action_of(kind: FindingKind, rules: Reconciliation) -> FindingAction:
    """Returns what a finding leads to by policy."""
    if kind is FindingKind.UNANSWERED:
        return FindingAction.NOTHING
    ordered: FindingAction = getattr(rules, kind.value.lower())
    return ordered


def outdated(verify_time: datetime, observe_time: datetime) -> bool:
    """Whether a number was proven after what is told of it was true: possession is the newer fact."""
    return verify_time >= observe_time


class Checked(StrEnum):
    """What became of one account in a run. Every account that was checked is one of these."""

    MATCHED = "MATCHED"
    """Everybody who was asked answered, one knew the number at least, and nothing was found."""
    FOUND = "FOUND"
    UNKNOWN = "UNKNOWN"
    """Nothing was found, and somebody did not answer or nobody knew the number."""
    SKIPPED = "SKIPPED"
    """Nobody was asked: it ended meanwhile, or cannot be opened."""


def compared(side: str, detail: str, match: Match) -> str:
    """Returns by what name it is counted that a side says this of a detail; of an empty side, that all do together."""
    return f"{side}.{detail}/{match}" if side else f"{detail}/{match}"


class Tally:
    """What a run counted, by name; it can be added up over pages and kept as a flat object."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        """Begins with what was counted before."""
        self.counts: Counter[str] = Counter(counts or {})

    def check(self, became: Checked) -> None:
        """Counts an account."""
        self.counts["CHECKED"] += 1
        self.counts[became.value] += 1

    def compare(self, sides: Sides) -> None:
        """Counts what a comparison says of each detail, side by side and together."""
        for side, verdicts in (("", sides.together), *sides.each()):
            for name, match in verdicts.each():
                self.counts[compared(side, name, match)] += 1

    def find(self, kind: FindingKind, action: FindingAction) -> None:
        """Counts a finding."""
        self.counts[f"{kind}/{action}"] += 1

    def change(self, accounts: int) -> None:
        """Counts accounts of which something stands no longer."""
        self.counts["CHANGED"] += accounts

    def add(self, other: Tally) -> None:
        """Adds what another one counted."""
        self.counts.update(other.counts)

    def of(self, name: str) -> int:
        """Returns one count."""
        return self.counts[name]

    @property
    def balanced(self) -> bool:
        """Whether every account that was checked became one thing and one thing only."""
        return self.of("CHECKED") == sum(self.of(became) for became in Checked)


class Source(StrEnum):
    """Whom a run asks, or what it reads. The contract carries the same names."""

    KYC_MATCH = "KYC_MATCH"
    """Whether the subscriber is the holder (CAMARA KYC Match)."""
    NUMBER_RECYCLING = "NUMBER_RECYCLING"
    """Whether the number has another subscriber since it was proven (CAMARA Number Recycling)."""
    SIM_SWAP = "SIM_SWAP"
    """When its SIM was changed last (CAMARA SIM Swap)."""


class RunState(StrEnum):
    """How far a run has come. The contract carries the same names."""

    RUNNING = "RUNNING"
    """It is at work, or waits for the one before it."""
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    """It met what nobody expected, and would meet it again. What it found until then stands, and once the cause is mended
    somebody may have it go on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A reconciliation, and how far it has come."""

    run_id: str
    platform: str
    """Empty: all of them."""
    sources: tuple[Source, ...]
    dry_run: bool
    """Whether everything is asked and recorded, and nothing changed."""
    per_second: int
    """How many accounts are asked about in a second at the most."""
    state: RunState = RunState.RUNNING
    actor: str
    """Who started it."""
    failure: str = ""
    """The name of the error that it failed with."""
    account_count: int | None = None
    """How many accounts there were to check when it began; None while that is not known."""
    tally: Tally = field(default_factory=Tally)
    create_time: datetime
    update_time: datetime
    end_time: datetime | None = None
