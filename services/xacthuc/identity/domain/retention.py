"""The plan of retention: of every table, what starts its clock, for how long it is kept, and when it must be gone (R49).

One plan for whoever destroys, whoever watches that it was done, and docs/retention.md. A legal hold stops whatever is kept
of an account from being destroyed; its clock goes on, so that releasing the hold makes due at once what came due meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from xacthuc.policy.dates import months_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from xacthuc.policy import Policy


class Data(StrEnum):
    """What is kept: one clock each. Labels of a metric; the contract carries them as text."""

    ACCOUNT = "ACCOUNT"
    """What is kept of an account that ended."""
    PENDING = "PENDING"
    """A registration that no guardian takes up."""
    LAPSED_EVIDENCE = "LAPSED_EVIDENCE"
    """Numbers and personal IDs that stand no longer."""
    ENDED_LOCK = "ENDED_LOCK"
    VIOLATION = "VIOLATION"
    """What authorities demanded the removal of."""
    LOCK_IDENTITY = "LOCK_IDENTITY"
    """What was proven of whom a lock bound."""
    PROOF = "PROOF"
    NUMBER_MOVE = "NUMBER_MOVE"
    REQUEST = "REQUEST"
    IMPORT_BATCH = "IMPORT_BATCH"
    SIGN_IN = "SIGN_IN"
    JOB_ATTEMPT = "JOB_ATTEMPT"
    EVENT = "EVENT"
    """What happened to accounts, for platforms and other services to follow."""
    WEBHOOK_DELIVERY = "WEBHOOK_DELIVERY"
    """That an event went to a webhook, or is on its way."""
    AUDIT = "AUDIT"
    APPROVAL = "APPROVAL"
    """What took two of the staff."""
    HOLD = "HOLD"
    """That something was held."""
    SUBJECT_REQUEST = "SUBJECT_REQUEST"
    """What a person demanded of their data."""
    BREACH = "BREACH"
    """A breach that was notified."""
    CASE = "CASE"
    """An order of an authority or a complaint."""
    RECONCILIATION = "RECONCILIATION"
    """A run over the accounts that stand on a number."""
    FINDING = "FINDING"
    """What such a run found of an account."""
    RELEASE = "RELEASE"
    """What an authority asked for, and by whom it was released."""
    RELEASE_DOCUMENT = "RELEASE_DOCUMENT"
    """What was made for it, until it is fetched."""
    NUMBER_LIST = "NUMBER_LIST"
    """A list of numbers that was imported; nothing of the numbers."""
    SESSION = "SESSION"
    """Log-ins, and what was published; below, what a hold keeps of months that are gone."""
    HELD_SESSION = "HELD_SESSION"
    ERASURE = "ERASURE"
    """The evidence that something was erased."""


class Cause(StrEnum):
    """Why an account is erased: whose clock it is. The contract carries the same names."""

    REQUESTED = "REQUESTED"
    """The holder, or who speaks for them, demanded it."""
    CLOSED = "CLOSED"
    """The statutory time after its closure ran out."""
    PENDING = "PENDING"
    """No guardian took the registration up."""


@dataclass(frozen=True, slots=True)
class Term:
    """A time for which something is kept, in calendar months of Vietnam or in days."""

    months: int = 0
    days: int = 0

    def after(self, start: datetime) -> datetime:
        """Returns when what began at `start` must be gone."""
        return months_after(start, self.months) + timedelta(days=self.days)

    def before(self, now: datetime) -> datetime:
        """Returns the latest start of what must be gone at `now`: never one too late.

        Of the last days of a month that is longer than the one the term ends in, it finds some up to three days later.
        """
        return months_after(now - timedelta(days=self.days), -self.months)

    def __str__(self) -> str:
        """Returns the term as people read it."""
        return f"{self.months} months" if self.months else f"{self.days} days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one kind of data is kept."""

    data: Data
    tables: tuple[str, ...]
    """Whose rows, or what in them, it is."""
    starts: str
    """What sets the clock going, in words for people."""
    term: Term
    figure: str
    """Where the policy has the figure, and its citation."""
    held: bool = True
    """Whether a legal hold of the account keeps it. What is only there to answer a repetition or to run is not kept."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A time in which nothing of an account may be destroyed."""

    place_time: datetime
    release_time: datetime | None = None
    """None while it lasts."""


STAYS: Final[Mapping[str, str]] = {
    "accounts": "its id, so that nobody registers anew under it; emptied of the rest by ACCOUNT",
    "evidence": "that something was proven, when and by whom; emptied of the number by ACCOUNT or LAPSED_EVIDENCE",
    "number_claims": "while it is true; deleted in the commit that ends it",
    "personal_id_claims": "while it is true; deleted in the commit that ends it",
    "personal_id_checks": "while a question is open; deleted with its answer, or with the account's end",
    "account_keys": "that a key was destroyed; the key itself goes by ACCOUNT",
    "jobs": "while there is work to do",
    "cursors": "overwritten",
    "outbox_head": "overwritten",
    "webhooks": "while the platform has the webhook",
    "webhook_secrets": "while the webhook signs with it, or did before the last one",
    "audit_unsealed": "within a second, until they are sealed",
    "audit_pruned": "the signed word that older entries were deleted",
    "operators": "who the trail speaks of; the address of an invitation goes when it is taken up, or its operator disabled",
    "staff_sessions": "while an operator is signed in, and a day; `staff/sweep.py`",
    "staff_sign_ins": "while an operator is with the identity provider, and an hour; `staff/sweep.py`",
    "break_glass_tries": "a quarter of an hour, to be counted",
    "platforms": "the platforms, which are no people",
    "platform_keys": "keys of platforms, without the keys",
}
"""Tables whose rows stay, or are only true now, and why. What in them is personal goes by a rule of its own."""


def plan(policy: Policy) -> tuple[Rule, ...]:
    """Returns the rules, in the order in which they are told; without that of the audit trail where it is kept for ever."""
    return tuple(rule for rule in _rules(policy) if rule.term != Term())


def _rules(policy: Policy) -> tuple[Rule, ...]:
    of = policy.retention
    months = Term(months=of.account_data_months)
    of_records = partial(Rule, term=Term(months=of.record_months), figure="retention.record_months", held=False)
    of_sessions = partial(Rule, term=Term(months=of.session_log_months), figure="retention.session_log_months")
    of_repetitions = partial(
        Rule, term=Term(days=policy.identity.request_id_days), figure="identity.request_id_days", held=False
    )
    return (
        Rule(
            data=Data.ACCOUNT,
            tables=(
                "accounts",
                "evidence",
                "consents",
                "guardians",
                "supervisions",
                "locks",
                "violations",
                "account_keys",
            ),
            starts="the account was closed or erased",
            term=months,
            figure="retention.account_data_months",
        ),
        Rule(
            data=Data.PENDING,
            tables=("accounts", "consents"),
            starts="a child was registered, and no guardian has taken it up",
            term=Term(days=of.pending_days),
            figure="retention.pending_days",
        ),
        Rule(
            data=Data.LAPSED_EVIDENCE,
            tables=("evidence",),
            starts="the number or personal ID stopped to stand",
            term=Term(months=of.lapsed_evidence_months),
            figure="retention.lapsed_evidence_months",
        ),
        Rule(
            data=Data.ENDED_LOCK,
            tables=("locks",),
            starts="the lock was lifted, or ran out",
            term=Term(months=of.ended_lock_months),
            figure="retention.ended_lock_months",
        ),
        Rule(
            data=Data.VIOLATION,
            tables=("violations",),
            starts="the violation was recorded",
            term=Term(months=of.violation_months),
            figure="retention.violation_months",
        ),
        Rule(
            data=Data.LOCK_IDENTITY,
            tables=("lock_identities",),
            starts="the lock ran out; lifting it deletes them at once",
            term=Term(days=of.lock_identity_days),
            figure="retention.lock_identity_days",
            held=False,
        ),
        Rule(
            data=Data.PROOF,
            tables=("proofs",),
            starts="the proof was used",
            term=Term(days=of.proof_days),
            figure="retention.proof_days",
        ),
        Rule(
            data=Data.NUMBER_MOVE,
            tables=("number_moves",),
            starts="the number passed to somebody else",
            term=Term(days=policy.number_moves.days),
            figure="number_moves.days",
        ),
        of_repetitions(data=Data.REQUEST, tables=("requests",), starts="the call was made"),
        of_repetitions(data=Data.IMPORT_BATCH, tables=("import_batches",), starts="the batch was kept"),
        Rule(
            data=Data.SIGN_IN,
            tables=("sign_ins",),
            starts="the sign-in ran out",
            term=Term(days=of.sign_in_days),
            figure="retention.sign_in_days",
            held=False,
        ),
        Rule(
            data=Data.JOB_ATTEMPT,
            tables=("job_attempts",),
            starts="the attempt ended, and its job is over",
            term=Term(days=of.job_attempt_days),
            figure="retention.job_attempt_days",
            held=False,
        ),
        Rule(
            data=Data.EVENT,
            tables=("outbox",),
            starts="it happened, and has its position",
            term=Term(days=policy.events.kept_days),
            figure="events.kept_days",
            held=False,
        ),
        Rule(
            data=Data.WEBHOOK_DELIVERY,
            tables=("webhook_deliveries",),
            starts="the event was put on its way, or was last replayed",
            term=Term(days=policy.events.kept_days),
            figure="events.kept_days",
            held=False,
        ),
        Rule(
            data=Data.AUDIT,
            tables=("audit", "audit_seals"),
            starts="the entry was written",
            term=Term(months=of.audit_months),
            figure="retention.audit_months",
            held=False,
        ),
        of_records(
            data=Data.APPROVAL, tables=("approvals",), starts="it was carried out, refused, withdrawn or ran out"
        ),
        of_records(data=Data.HOLD, tables=("holds", "held_accounts"), starts="the hold was released"),
        of_records(
            data=Data.SUBJECT_REQUEST, tables=("subject_requests",), starts="the demand was fulfilled or refused"
        ),
        of_records(data=Data.BREACH, tables=("breaches",), starts="the agency was told"),
        of_records(data=Data.CASE, tables=("cases",), starts="it was dealt with"),
        of_records(data=Data.RECONCILIATION, tables=("reconciliations",), starts="the run ended"),
        of_records(
            data=Data.FINDING,
            tables=("reconciliation_findings",),
            starts="it was found, or the account ended",
            held=True,
        ),
        of_records(data=Data.RELEASE, tables=("releases",), starts="it was fetched, or closed without a release"),
        Rule(
            data=Data.RELEASE_DOCUMENT,
            tables=("release_documents",),
            starts="it was made; fetching destroys it within minutes",
            term=Term(days=of.release_document_days),
            figure="retention.release_document_days",
            held=False,
        ),
        of_records(data=Data.NUMBER_LIST, tables=("number_lists",), starts="the last of its rows were taken"),
        of_sessions(
            data=Data.SESSION,
            tables=("session_log",),
            starts="its month ended; dropped whole, with its keys",
            held=False,
        ),
        of_sessions(
            data=Data.HELD_SESSION, tables=("held_sessions",), starts="it happened; put aside while a hold stands"
        ),
        of_records(
            data=Data.ERASURE,
            tables=("erasures", "erasure_acknowledgements"),
            starts="everything was destroyed and acknowledged",
        ),
    )


def due(rule: Rule, start: datetime, holds: Iterable[Hold] = ()) -> datetime | None:
    """Returns when what began at `start` may and must be destroyed; None while a hold without an end keeps it."""
    at = rule.term.after(start)
    if not rule.held:
        return at
    for hold in sorted(holds, key=lambda one: one.place_time):
        if hold.place_time > at:
            break
        if hold.release_time is None:
            return None
        at = max(at, hold.release_time)
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How one kind of data stands."""

    rule: Rule
    late: int
    """Rows that are kept although they should be gone for longer than the grace, up to `MOST_COUNTED`."""
    held: int
    """Rows that would be gone but for a hold, up to the same."""


MOST_COUNTED: Final = 10_000
"""One row too many is an alarm; beyond this the exact number of them tells nobody more."""
