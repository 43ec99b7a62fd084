"""Where each kind of data of the plan is, and which of its rows are old."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, func, select

from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.locks.tables import lock_identities, violations
from xacthuc.identity.adapters.number_lists.tables import number_lists
from xacthuc.identity.adapters.reconciliation.tables import reconciliation_findings, reconciliations
from xacthuc.identity.adapters.releases.tables import release_documents, releases
from xacthuc.identity.adapters.retention.tables import breaches, cases, erasures, holds, subject_requests
from xacthuc.identity.adapters.sessions.tables import held_sessions, session_log
from xacthuc.identity.adapters.tables import (
    accounts,
    evidence,
    import_batches,
    jobs,
    locks,
    number_moves,
    outbox,
    proofs,
    requests,
    sign_ins,
    trail,
)
from xacthuc.identity.adapters.webhooks.tables import webhook_deliveries
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.retention import Data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Table


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of one kind."""

    table: Table
    since: ColumnElement[Any]
    """When the clock of a row began; empty while it has not. Of accounts, when it ends: they keep that themselves."""
    if_: tuple[ColumnElement[bool], ...] = ()
    """What else makes a row one of this kind."""
    emptied: Mapping[str, None] = field(default_factory=dict)
    """What is emptied when its time has come; the row is deleted where nothing is named."""
    by_month: bool = False
    """Whether what is old goes by whole months of Vietnam: the clock starts at the end of the month that `since` is in."""


_UNSETTLED: Final = exists().where(jobs.jobs.c.id == jobs.attempts.c.job_id)

_FIRST: Final = select(outbox.head.c.forgotten_position + 1).scalar_subquery()

PLACES: Final[Mapping[Data, Place]] = MappingProxyType(
    {
        Data.ACCOUNT: Place(accounts, accounts.c.purge_time, (accounts.c.life != Life.OPEN,)),
        Data.PENDING: Place(accounts, accounts.c.purge_time, (accounts.c.life == Life.OPEN,)),
        Data.LAPSED_EVIDENCE: Place(
            evidence,
            evidence.c.lapse_time,
            (evidence.c.number.is_not(None),),
            {"number": None, "number_index": None, "transaction_id": None, "device_index": None},
        ),
        Data.ENDED_LOCK: Place(locks, func.coalesce(locks.c.lift_time, locks.c.expire_time)),
        Data.VIOLATION: Place(violations, violations.c.record_time),
        Data.LOCK_IDENTITY: Place(lock_identities, lock_identities.c.expire_time),
        Data.PROOF: Place(proofs, proofs.c.redeem_time),
        Data.NUMBER_MOVE: Place(number_moves, number_moves.c.move_time),
        Data.REQUEST: Place(requests, requests.c.create_time),
        Data.IMPORT_BATCH: Place(import_batches, import_batches.c.create_time),
        Data.SIGN_IN: Place(sign_ins, sign_ins.c.expire_time),
        Data.JOB_ATTEMPT: Place(jobs.attempts, jobs.attempts.c.end_time, (~_UNSETTLED,)),
        # They are forgotten from the front, so that the first one tells of all.
        Data.EVENT: Place(outbox.events, outbox.events.c.time, (outbox.events.c.position == _FIRST,)),
        Data.WEBHOOK_DELIVERY: Place(webhook_deliveries, webhook_deliveries.c.create_time),
        Data.AUDIT: Place(trail.entries, trail.entries.c.time),
        Data.APPROVAL: Place(approvals, approvals.c.end_time),
        Data.HOLD: Place(holds, holds.c.release_time),
        Data.SUBJECT_REQUEST: Place(subject_requests, subject_requests.c.end_time),
        Data.BREACH: Place(breaches, breaches.c.notify_time),
        Data.NUMBER_LIST: Place(number_lists, number_lists.c.update_time),
        Data.RECONCILIATION: Place(reconciliations, reconciliations.c.end_time),
        Data.FINDING: Place(reconciliation_findings, reconciliation_findings.c.create_time),
        Data.CASE: Place(cases, cases.c.close_time),
        Data.RELEASE: Place(releases, releases.c.end_time),
        Data.RELEASE_DOCUMENT: Place(release_documents, release_documents.c.make_time),
        Data.SESSION: Place(session_log, session_log.c.time, by_month=True),
        Data.HELD_SESSION: Place(held_sessions, held_sessions.c.time),
        Data.ERASURE: Place(erasures, erasures.c.complete_time),
    }
)
