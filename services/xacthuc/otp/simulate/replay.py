"""Replays traffic through the guard's judgement, as if its rules had been enforced from the first message on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.otp.domain.guard import Kind, Known, Subject, Verdict, gravest, judge
from xacthuc.otp.domain.guard_ledger import Ledger
from xacthuc.otp.simulate.traffic import What

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xacthuc.otp.domain.guard import GuardDecision, GuardRules
    from xacthuc.otp.simulate.traffic import Event

BIN_MS: Final = 600_000
"""The width of a point of the plot: ten minutes."""


@dataclass(slots=True)
class Bin:
    """What happened in ten minutes, and the highest a subject came."""

    passed: int = 0
    refused: int = 0
    pressure: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Unverified messages of the hour and their limit, by subject, where the count was highest."""


@dataclass(slots=True)
class Report:
    """What the rules would have done."""

    messages: int = 0
    """Recorded."""
    refused: int = 0
    """Never sent, a refused challenge's later messages among them."""
    challenges_refused: int = 0
    people_asked: int = 0
    """Challenges refused whose code was entered in truth: each a person who would have met a CAPTCHA."""
    cost_vnd: int = 0
    saved_vnd: int = 0
    by_subject: Counter[str] = field(default_factory=Counter)
    """Challenges refused, by the subject that decided."""
    bins: dict[int, Bin] = field(default_factory=dict)


@dataclass(slots=True)
class _Message:
    """What the replay knows of a challenge."""

    operator: str
    prefix: str
    first_ms: int
    refused: bool = False
    counted: dict[Kind, int] = field(default_factory=dict)


@dataclass(slots=True)
class Replay:
    """The guard, on a clock that the traffic moves."""

    rules: GuardRules
    life: int
    report: Report = field(default_factory=Report)
    _since_ms: int = 0
    _ledgers: dict[Subject, Ledger] = field(default_factory=dict)
    _first_ms: dict[Subject, int] = field(default_factory=dict)
    _challenges: dict[str, _Message] = field(default_factory=dict)

    def run(self, events: Iterable[Event]) -> Report:
        """Replays events in the order of time."""
        for event in events:
            self._since_ms = self._since_ms or event.at_ms
            if event.what is What.QUEUED:
                self._queue(event)
            elif event.what is What.ENTERED:
                self._enter(event)
            else:
                self._pay(event)
        return self.report

    def _queue(self, event: Event) -> None:
        report, at = self.report, self._bin(event.at_ms)
        report.messages += 1
        message = self._challenges.get(event.challenge)
        first = message is None
        if message is None:
            message = _Message(event.operator, event.prefix, event.at_ms)
            self._challenges[event.challenge] = message
        if not message.refused:
            decision = self._judge(event, message, at)
            # A resend is never refused: the ladder bounds it.
            if decision.verdict is Verdict.CHALLENGED and first:
                message.refused = True
                report.challenges_refused += 1
                report.by_subject[decision.subject] += 1
        if message.refused:
            report.refused += 1
            at.refused += 1
        else:
            at.passed += 1

    def _judge(self, event: Event, message: _Message, at: Bin) -> GuardDecision:
        now_ms, decisions, slots = event.at_ms, dict[Subject, "GuardDecision"](), dict[Subject, int]()
        named = ((Kind.OPERATOR, event.operator), (Kind.PREFIX, event.prefix))
        for subject in (Subject(kind, value) for kind, value in named if value):
            ledger = self._ledgers.setdefault(subject, Ledger(self.life))
            slots[subject] = ledger.count(now_ms)
            known = Known(
                figures=ledger.figures(now_ms),
                first_ms=self._first_ms.setdefault(subject, now_ms),
                since_ms=self._since_ms,
            )
            decisions[subject] = judge(subject, known, self.rules, now_ms)
        decision = gravest(decisions.values())
        refused = decision.verdict is Verdict.CHALLENGED and not message.counted
        for subject, made in decisions.items():
            highest = at.pressure.get(made.subject, (-1, 0))
            at.pressure[made.subject] = max(highest, (made.hour_count, made.hour_limit))
            if refused or (decision.against_block and subject.kind is Kind.OPERATOR):
                self._ledgers[subject].take_back(slots[subject], now_ms)
            else:
                message.counted[subject.kind] = message.counted.get(subject.kind, 0) + 1
        return decision

    def _enter(self, event: Event) -> None:
        message = self._challenges.get(event.challenge)
        if message is None:  # it was started before the recording
            return
        if message.refused:
            self.report.people_asked += 1
            return
        for kind, value in ((Kind.OPERATOR, message.operator), (Kind.PREFIX, message.prefix)):
            if kind in message.counted:
                self._ledgers[Subject(kind, value)].verify(message.first_ms, message.counted[kind], event.at_ms)

    def _pay(self, event: Event) -> None:
        message = self._challenges.get(event.challenge)
        self.report.cost_vnd += event.cost_vnd
        if message is not None and message.refused:
            self.report.saved_vnd += event.cost_vnd

    def _bin(self, at_ms: int) -> Bin:
        return self.report.bins.setdefault(at_ms // BIN_MS, Bin())
