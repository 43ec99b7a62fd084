"""Asking about a declared personal ID, writing down what came of it, and asking again until somebody has answered.

The intent is recorded before anybody is asked and nothing is asked with a transaction open, so that a call, a job and a
provider's own report may all bring an answer: the first one counts.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.identity.commands import Order
from xacthuc.identity.domain.personal_ids import Details, Outcome, Waits, pause_after
from xacthuc.identity.domain.reconciliation import Match
from xacthuc.identity.domain.rulings import Told, rule
from xacthuc.identity.ports.eid import Confirmation, Pending, Person, ProviderDown, Refused
from xacthuc.identity.ports.personal_ids import Findings
from xacthuc.identity.usecases.disclosures import HOLDER, HOLDER_AND_NUMBER, disclose
from xacthuc.jobs.job import Done, RetryAt

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.domain.personal_ids import Verification
    from xacthuc.identity.domain.rulings import Answer, Ruling
    from xacthuc.identity.ports.eid import Authenticator, SubscriberMatch, Subscribers
    from xacthuc.identity.ports.personal_ids import Check
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.jobs.job import Job
    from xacthuc.policy.sections import PersonalIdRules

_JOB_SECONDS: Final = 12.0
"""How long a job waits for whoever it asks. Nobody's timeout is longer than ten."""
_SOON_SECONDS: Final = 5.0
"""When to ask again whoever said nothing in time."""


async def ask(identity: Identity, check: Check, order: Order, within_seconds: float) -> Verification:
    """Asks everybody who can tell, and settles the question or leaves it for later. `order` says who has it asked."""
    authenticated, (compared, findings) = await asyncio.gather(
        _authenticated(identity, check, order, within_seconds), _compared(identity, check, order, within_seconds)
    )
    return await _settle(identity, check, (authenticated, *compared), findings, order)


async def report(identity: Identity, provider: str, transaction_id: str, found: Confirmation | Refused) -> bool:
    """Settles the question that a provider reports about by itself; False when no question is known by that transaction."""
    check = await identity.personal_ids.reported(provider, transaction_id)
    if check is None:
        return False
    order = _order(check, f"eid:{provider}")
    await _settle(identity, check, (understood(found, signed_in=False),), Findings(complete=check.compared), order)
    return True


async def ask_again(identity: Identity, job: Job) -> Done | RetryAt:
    """Does a job of kind PERSONAL_ID_CHECK: asks until policy's time is over, then takes it for a no."""
    check = await identity.personal_ids.check(
        str(job.payload["platform"]), str(job.payload["account"]), str(job.payload["check"])
    )
    if check is None:
        return Done("ANSWERED")
    now = identity.clock.now()
    if now < check.next_time:
        return RetryAt(check.next_time)
    order = _order(check, "job:personal_id_check")
    if now >= check.create_time + timedelta(days=identity.policy.personal_id.retry_days):
        await _settle(identity, check, (Outcome.EXPIRED,), Findings(complete=check.compared), order)
        return Done("GIVEN_UP")
    answer = await ask(identity, check, order, _JOB_SECONDS)
    if answer.outcome is Outcome.PENDING:
        return RetryAt(identity.clock.now() + timedelta(seconds=answer.retry_seconds), "PENDING")
    return Done(answer.outcome.value)


async def _settle(
    identity: Identity, check: Check, answers: tuple[Answer, ...], findings: Findings, order: Order
) -> Verification:
    rules, now = identity.policy.personal_id, identity.clock.now()
    decide = partial(_ruled, check, answers=answers, rules=rules, now=now)
    settled = await identity.shield.finish(identity.personal_ids.settle(check, decide, findings, order, now))
    await identity.follow(check.platform, settled.changed)
    return settled.answer


def understood(found: Confirmation | Refused | Pending, *, provider: str = "", signed_in: bool) -> Answer:
    """Returns what a provider's answer says, in the terms of the rules."""
    if isinstance(found, Refused):
        return Outcome(found.value)
    if isinstance(found, Pending):
        pause = timedelta(seconds=found.retry_after_seconds)
        return Waits(provider=provider, transaction_id=found.transaction_id, pause=pause)
    return Told(
        details=Details(personal_id=found.personal_id, full_name=found.full_name, birth_date=found.birth_date),
        source=f"eid/{found.provider}",
        level=found.level,
        transaction_id=found.transaction_id,
        time=found.confirm_time,
        signed_in=signed_in,
    )


def _order(check: Check, actor: str) -> Order:
    """Returns who brings an answer that no caller waits for; the audit trail names the question."""
    return Order(
        platform=check.platform,
        method="PersonalIdCheck",
        request_id=check.check_id,
        payload="",
        actor=actor,
        trace_id="",
    )


def _ruled(check: Check, ours: Details, answers: tuple[Answer, ...], rules: PersonalIdRules, now: datetime) -> Ruling:
    ruling = rule(ours, answers, rules)
    if not isinstance(ruling, Waits):
        return ruling
    return replace(ruling, pause=pause_after(now - check.create_time, ruling.pause))


async def _authenticated(identity: Identity, check: Check, order: Order, within_seconds: float) -> Answer:
    """Asks the providers in their order until one answers; DECLARED when there is none."""
    providers = identity.providers.asked_about(check.ours.personal_id or "")
    if not providers:
        return Outcome.DECLARED
    hints: list[float] = []
    try:
        async with asyncio.timeout(within_seconds):
            for provider in providers:
                if check.transaction_id and provider.name != check.provider:
                    continue
                try:
                    found = await _asked(identity, provider, check, order)
                    return understood(found, provider=provider.name, signed_in=False)
                except ProviderDown as down:
                    hints.append(down.retry_after_seconds)
    except TimeoutError:
        pass
    return Waits(
        provider=check.provider,
        transaction_id=check.transaction_id,
        pause=timedelta(seconds=min(hints, default=_SOON_SECONDS)),
    )


async def _asked(
    identity: Identity, provider: Authenticator, check: Check, order: Order
) -> Confirmation | Refused | Pending:
    if check.transaction_id:
        return await provider.ask_again(check.transaction_id)
    await disclose(identity, order, check.account_id, to=f"eid/{provider.name}", what=HOLDER)
    return await provider.confirm(_person(check), check.check_id)


async def _compared(
    identity: Identity, check: Check, order: Order, within_seconds: float
) -> tuple[tuple[Answer, ...], Findings]:
    """Asks the operators what they know of the account's number; what they say proves by itself where policy says so."""
    subscribers = identity.providers.subscribers
    if check.compared or not check.number or not subscribers:
        return (), Findings(complete=True)
    asked = await asyncio.gather(*(_matched(identity, each, check, order, within_seconds) for each in subscribers))
    matches = tuple(match for match in asked if match is not None)
    findings = Findings(matches=matches, complete=len(matches) == len(subscribers))
    if not identity.policy.personal_id.operator_match_suffices:
        return (), findings
    answers: list[Answer] = [_told(match, check, identity.clock.now()) for match in matches if _is_whole(match)]
    if not findings.complete:
        answers.append(Waits(pause=timedelta(seconds=_SOON_SECONDS)))
    return tuple(answers), findings


async def _matched(
    identity: Identity, operator: Subscribers, check: Check, order: Order, within_seconds: float
) -> SubscriberMatch | None:
    await disclose(identity, order, check.account_id, to=f"operator/{operator.name}", what=HOLDER_AND_NUMBER)
    try:
        async with asyncio.timeout(within_seconds):
            return await operator.match(check.number, _person(check), check.check_id)
    except (ProviderDown, TimeoutError):
        return None


def _is_whole(match: SubscriberMatch) -> bool:
    return match.personal_id is match.full_name is match.birth_date is Match.MATCH


def _told(match: SubscriberMatch, check: Check, now: datetime) -> Told:
    return Told(
        details=check.ours,
        source=f"operator/{match.operator}",
        level="",
        transaction_id=check.check_id,
        time=now,
        signed_in=False,
    )


def _person(check: Check) -> Person:
    ours = check.ours
    if ours.personal_id is None or ours.full_name is None or ours.birth_date is None:
        raise LookupError("a question about nobody")
    return Person(personal_id=ours.personal_id, full_name=ours.full_name, birth_date=ours.birth_date)
