"""The fraud guard's judgement, pure: whether too few of the messages to a subject come back as codes.

Whoever pumps messages to numbers of their own earns on each and enters no code. So the guard looks at what was sent and
never entered, for a range of an operator, for a block of ten thousand numbers, and for a provider. The formulas are on
docs/fraud.md, the numbers in the policy's section `guard`, the counting in `guard_ledger.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from xacthuc.policy.vocabulary import GuardMode
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.otp.domain.guard_ledger import Figures
    from xacthuc.policy.sending import Guard, GuardThresholds

_DAY_MS: Final = DAY_HOURS * HOUR_MS


class Kind(StrEnum):
    """What a subject is. The values begin its name."""

    OPERATOR = "operator"
    """The ranges that were first given to one operator, on all platforms together."""
    PREFIX = "prefix"
    """Ten thousand neighbouring numbers on one platform, by keyed digest."""
    PROVIDER = "provider"
    """Whoever sends the messages."""


class Subject(NamedTuple):
    """Something the guard watches."""

    kind: Kind
    value: str

    def __str__(self) -> str:
        """Returns its name, `operator:viettel`."""
        return f"{self.kind.value}:{self.value}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """Reads a name; ValueError when it is none."""
        kind, colon, value = name.partition(":")
        if not colon or not value:
            raise ValueError("a subject is a kind and a value, such as operator:viettel")
        return cls(Kind(kind), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How many messages of one kind of subject may stay unverified. Shares are thousandths."""

    day_floor: int
    hour_floor: int
    flight_floor: int
    share_permille: int
    flight_share_permille: int
    own_learning: bool
    """Whether a subject that was never seen is recorded only, until it is known."""

    @classmethod
    def of(cls, stated: GuardThresholds, *, own_learning: bool) -> Self:
        """Returns the numbers that the policy states."""
        return cls(
            day_floor=stated.day_floor,
            hour_floor=stated.hour_floor,
            flight_floor=stated.in_flight_floor,
            share_permille=round(stated.verified_share * 1000),
            flight_share_permille=round(stated.in_flight_share * 1000),
            own_learning=own_learning,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """The policy's section `guard`, in the units of the arithmetic."""

    enforced: bool
    record_ms: int
    """How long only to record: from the guard's first day in this store, and for some from a subject's own."""
    thresholds: dict[Kind, Thresholds]

    @classmethod
    def of(cls, guard: Guard) -> Self:
        """Returns the rules that the policy states."""
        return cls(
            enforced=guard.mode is GuardMode.ENFORCE,
            record_ms=guard.record_days * _DAY_MS,
            thresholds={
                # An operator's range and a provider are few and last: what is normal for each is learned first.
                Kind.OPERATOR: Thresholds.of(guard.operator, own_learning=True),
                Kind.PROVIDER: Thresholds.of(guard.provider, own_learning=True),
                # A block nobody ever asked codes for is what a SIM farm has just bought: it gets no days of its own.
                Kind.PREFIX: Thresholds.of(guard.prefix, own_learning=False),
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a subject when it is judged."""

    figures: Figures
    first_ms: int
    """When it was first seen."""
    exempt_until_ms: int = 0
    since_ms: int
    """When the guard was first seen at work in this store."""


class Verdict(StrEnum):
    """What the guard says of one message. The values are what the store and the scripts write."""

    PASSED = "P"
    RECORDED = "R"
    CHALLENGED = "C"
    """Somebody has to prove to be a person first."""
    EXEMPTED = "E"


@dataclass(frozen=True, slots=True)
class GuardDecision:
    """One judgement, with the numbers it rests on."""

    verdict: Verdict
    subject: str
    """Name of the subject that exceeds a threshold, or came nearest to one."""
    day_count: int
    day_limit: int
    hour_count: int
    hour_limit: int

    @property
    def exceeded(self) -> bool:
        """Whether a threshold is exceeded, whatever follows from it."""
        return self.day_count > self.day_limit or self.hour_count > self.hour_limit

    @property
    def kind(self) -> str:
        """Returns the kind of its subject."""
        return self.subject.partition(":")[0]

    @property
    def against_block(self) -> bool:
        """Whether the message is held against its block alone, and not against everybody of its operator."""
        return self.exceeded and self.kind == Kind.PREFIX.value

    @property
    def pressure(self) -> float:
        """Returns how near the nearer threshold is; exceeded above 1."""
        return max(self.day_count / max(self.day_limit, 1), self.hour_count / max(self.hour_limit, 1))

    def recorded(self) -> GuardDecision:
        """Returns the same, where nobody is asked to prove anything."""
        return replace(self, verdict=Verdict.RECORDED) if self.verdict is Verdict.CHALLENGED else self

    @property
    def text(self) -> str:
        """Returns how the store keeps it."""
        numbers = f"{self.day_count} {self.day_limit} {self.hour_count} {self.hour_limit}"
        return f"{self.verdict.value} {self.subject} {numbers}"

    @classmethod
    def parse(cls, text: str) -> GuardDecision:
        """Reads `text`; ValueError when it is none."""
        verdict, subject, *numbers = text.split(" ")
        day_count, day_limit, hour_count, hour_limit = map(int, numbers)
        return cls(Verdict(verdict), subject, day_count, day_limit, hour_count, hour_limit)


def judge(subject: Subject, known: Known, rules: GuardRules, now_ms: int) -> GuardDecision:
    """Returns what the guard says of a message to `subject`, which is counted among those in flight."""
    figures, allowed = known.figures, rules.thresholds[subject.kind]
    # As many codes as the last hour makes plausible may be in flight; what is beyond counts before it is ripe.
    plausible = max(allowed.flight_floor, figures.verified_hour * allowed.flight_share_permille // 1000)
    early = max(figures.in_flight - plausible, 0)
    day_limit = max(allowed.day_floor, max(figures.best_day, figures.verified_day) * allowed.share_permille // 1000)
    hour_limit = max(allowed.hour_floor, day_limit // 6, figures.verified_hour * allowed.share_permille // 1000)
    day_count, hour_count = figures.unverified_day + early, figures.unverified_hour + early
    verdict = Verdict.PASSED
    if day_count > day_limit or hour_count > hour_limit:
        verdict = _consequence(known, rules, allowed, now_ms)
    return GuardDecision(verdict, str(subject), day_count, day_limit, hour_count, hour_limit)


def _consequence(known: Known, rules: GuardRules, allowed: Thresholds, now_ms: int) -> Verdict:
    if known.exempt_until_ms > now_ms:
        return Verdict.EXEMPTED
    learning_from_ms = max(known.since_ms, known.first_ms) if allowed.own_learning else known.since_ms
    if not rules.enforced or now_ms < learning_from_ms + rules.record_ms:
        return Verdict.RECORDED
    return Verdict.CHALLENGED


_GRAVITY: Final = {Verdict.PASSED: 0, Verdict.EXEMPTED: 1, Verdict.RECORDED: 2, Verdict.CHALLENGED: 3}


def gravest(decisions: Iterable[GuardDecision]) -> GuardDecision:
    """Returns the decision that holds when one message has several subjects.

    It is the gravest; of two alike the one on the block, when it is over, else the one nearest to its threshold.
    """
    return max(decisions, key=lambda decision: (_GRAVITY[decision.verdict], decision.against_block, decision.pressure))
