"""Asking operators about numbers that were proven: at a pace, patiently, and with nothing said that is not written down.

A question that nobody answers is put again, as often as policy says; while an operator is left alone, because it is down or
asked for it, nobody's tries are counted. What stays unanswered is a finding of its own that leads to nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.commands import Order
from xacthuc.identity.domain.reconciliation import (
    NOBODY_SAYS,
    NOTHING_KNOWN,
    Checked,
    Finding,
    FindingKind,
    Match,
    Sides,
    Source,
    Tally,
    Verdicts,
    agreed,
)
from xacthuc.identity.ports.eid import Person, ProviderDown, SubscriberMatch
from xacthuc.identity.usecases.disclosures import NUMBER, disclosure
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator
    from datetime import datetime
    from typing import TypeAlias

    from xacthuc.identity.domain.reconciliation import Run
    from xacthuc.identity.ports.eid import NumberHistory, Providers, Subscribers
    from xacthuc.identity.ports.reconciliation import Read, Subject
    from xacthuc.identity.usecases.identity import Identity

    Said: TypeAlias = SubscriberMatch | bool | None

LONGEST_WAIT: Final = timedelta(minutes=1)
"""Between two tries, whatever an operator asks for: then it says so again."""

_CHANGES: Final = {Source.NUMBER_RECYCLING: FindingKind.RECYCLED, Source.SIM_SWAP: FindingKind.SIM_SWAPPED}


class Answered(NamedTuple):
    """What came of asking about some accounts."""

    findings: list[Finding]
    tally: Tally


class Unanswered(Exception):  # noqa: N818 - what the question stays
    """An operator had no answer, however often it was asked."""


class OperatorMissing(Exception):  # noqa: N818 - what ends a run
    """Nobody is configured any more who answers what a run asks: silence would be counted as an answer."""


class Pace:
    """Lets one through every so often. Time in which nobody came is not saved up."""

    def __init__(self, per_second: int) -> None:
        """Takes how many there are in a second at the most."""
        self._gap = 1 / per_second
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Returns for how many seconds whoever comes at `now` waits."""
        at = max(now, self._next)
        self._next = at + self._gap
        return at - now


class _Question(NamedTuple):
    source: Source
    operator: str
    at_once: int
    ask: Callable[[Subject, str], Awaitable[Said]]
    """Of an account, with a correlator."""


class NumberQuestions:
    """The questions of one run."""

    def __init__(self, identity: Identity, run: Run, *, longest_wait: timedelta = LONGEST_WAIT) -> None:
        """Takes whom to ask, and what for. OperatorMissing when nobody answers one of its sources."""
        if not all(map(identity.providers.answering, run.sources)):
            raise OperatorMissing
        self._identity = identity
        self._run = run
        self._pace = Pace(run.per_second)
        self._longest_wait = longest_wait.total_seconds()
        self._questions = list(_questions(identity.providers, run.sources))
        self._turns = asyncio.Semaphore(min((each.at_once for each in self._questions), default=1))

    async def ask(self, read: Read) -> Answered:
        """Asks about some accounts. Takes as long as it takes: operators may be down."""
        await self._disclose(read)
        tally, findings = Tally(), []
        for _ in range(read.skipped):
            tally.check(Checked.SKIPPED)
        for found in await asyncio.gather(*(self._about(subject) for subject in read.subjects)):
            findings += found.findings
            tally.add(found.tally)
        return Answered(findings, tally)

    async def _disclose(self, read: Read) -> None:
        """Writes down who is told what, an entry per account and operator, before anybody is."""
        now, run = self._identity.clock.now(), self._run
        order = Order(
            platform="",
            method="StartReconciliation",
            request_id=run.run_id,
            payload="",
            actor=run.actor,
            trace_id="",
        )
        entries = [
            disclosure(
                replace(order, platform=subject.platform),
                subject.account_id,
                now,
                to=f"operator/{operator}",
                what=",".join(what),
            )
            for subject in read.subjects
            for operator, what in self._told(subject)
        ]
        if entries:
            await self._identity.record.note(*entries)

    def _told(self, subject: Subject) -> Iterator[tuple[str, list[str]]]:
        """Returns what each operator is told of an account."""
        compared = {each.operator for each in self._questions if each.source is Source.KYC_MATCH}
        known = {
            "personal_id": subject.personal_id,
            "full_name": subject.full_name,
            "birth_date": subject.birth_date,
        }
        for operator in sorted({each.operator for each in self._questions}):
            details = [name for name, value in known.items() if value] if operator in compared else []
            yield operator, [*details, NUMBER]

    async def _about(self, subject: Subject) -> Answered:
        async with self._turns:
            await asyncio.sleep(self._pace.wait(asyncio.get_running_loop().time()))
            asked_time = self._identity.clock.now()
            said = await asyncio.gather(
                *(self._patiently(question, subject) for question in self._questions), return_exceptions=True
            )
        return self._understood(subject, said, asked_time)

    async def _patiently(self, question: _Question, subject: Subject) -> Said:
        tries, correlator = 0, new_request_id()
        while True:
            try:
                return await question.ask(subject, correlator)
            except ProviderDown as down:
                tries += down.asked
                pause = min(down.retry_after_seconds, self._longest_wait)
                final = down.final
            if final or tries >= self._identity.policy.reconciliation.tries:
                raise Unanswered
            await asyncio.sleep(pause)

    def _understood(self, subject: Subject, said: list[Said | BaseException], asked_time: datetime) -> Answered:
        findings: list[Finding] = []
        verdicts, heard = NOTHING_KNOWN, False
        for question, answer in zip(self._questions, said, strict=True):
            kind = None
            sides = NOBODY_SAYS
            if isinstance(answer, Unanswered):
                kind = FindingKind.UNANSWERED
            elif isinstance(answer, BaseException):
                raise answer
            elif isinstance(answer, SubscriberMatch):
                of = _verdicts(answer)
                verdicts, heard = agreed(verdicts, of), heard or of != NOTHING_KNOWN
                if of.has(Match.MISMATCH):
                    kind, sides = FindingKind.SUBSCRIBER_MISMATCH, Sides(subscriber=of, identity=subject.identity)
            else:
                heard = heard or answer is not None
                kind = _CHANGES[question.source] if answer else None
            if kind is not None:
                findings.append(_finding(subject, kind, question.operator, asked_time, sides))
        tally = Tally()
        tally.check(_became(findings, heard=heard))
        if Source.KYC_MATCH in self._run.sources:
            tally.compare(Sides(subscriber=verdicts, identity=subject.identity))
        return Answered(findings, tally)


def _questions(providers: Providers, sources: Collection[Source]) -> Iterator[_Question]:
    if Source.KYC_MATCH in sources:
        for subscribers in providers.subscribers:
            yield _Question(Source.KYC_MATCH, subscribers.name, subscribers.at_once, partial(_compared, subscribers))
    for source, histories in (
        (Source.NUMBER_RECYCLING, providers.recycling),
        (Source.SIM_SWAP, providers.sim_swaps),
    ):
        if source in sources:
            for history in histories:
                yield _Question(source, history.name, history.at_once, partial(_changed, history))


async def _compared(subscribers: Subscribers, subject: Subject, correlator: str) -> Said:
    if subject.birth_date is None:  # nobody was registered yet: there is nobody to compare with
        return None
    person = Person(personal_id=subject.personal_id, full_name=subject.full_name, birth_date=subject.birth_date)
    return await subscribers.match(subject.number, person, correlator)


async def _changed(history: NumberHistory, subject: Subject, correlator: str) -> Said:
    return await history.changed_since(subject.number, subject.verify_time, correlator)


def _finding(subject: Subject, kind: FindingKind, operator: str, time: datetime, sides: Sides) -> Finding:
    return Finding(
        platform=subject.platform,
        account_id=subject.account_id,
        evidence_id=subject.evidence_id,
        kind=kind,
        source=f"operator/{operator}",
        observe_time=time,
        sides=sides,
    )


def _verdicts(match: SubscriberMatch) -> Verdicts:
    return Verdicts(full_name=match.full_name, birth_date=match.birth_date, personal_id=match.personal_id)


def _became(findings: list[Finding], *, heard: bool) -> Checked:
    kinds = {finding.kind for finding in findings}
    if kinds - {FindingKind.UNANSWERED}:
        return Checked.FOUND
    return Checked.MATCHED if heard and not kinds else Checked.UNKNOWN
