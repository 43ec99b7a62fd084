"""Which rows of the real database are of which kind, once their clocks run: written down without the product's own list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """One row, by what it is called in its table."""

    kind: str
    name: str
    account: str
    """Of whom it is; empty where it is of nobody."""


_ROWS: dict[str, tuple[str, str, str]] = {
    "ACCOUNT": ("account", "account", "accounts WHERE life IN ('CLOSED', 'ERASURE_SCHEDULED')"),
    "PENDING": ("account || create_time", "account", "accounts WHERE life = 'OPEN' AND purge_time IS NOT NULL"),
    "LAPSED_EVIDENCE": ("id", "account", "evidence WHERE lapse_time IS NOT NULL AND number IS NOT NULL"),
    "ENDED_LOCK": ("id", "account", "locks WHERE lift_time IS NOT NULL OR expire_time IS NOT NULL"),
    "VIOLATION": ("id", "account", "violations"),
    "LOCK_IDENTITY": ("id", "account", "lock_identities WHERE expire_time IS NOT NULL"),
    "PROOF": ("proof_id", "account", "proofs"),
    "NUMBER_MOVE": ("number_index::text || move_time", "account", "number_moves"),
    "REQUEST": ("method || ' ' || request_id", "account", "requests"),
    "IMPORT_BATCH": ("batch_id", "NULL", "import_batches"),
    "SIGN_IN": ("state_index", "account", "sign_ins"),
    "JOB_ATTEMPT": ("job_id || '/' || number", "NULL", "job_attempts"),
    "EVENT": ("position", "NULL", "outbox"),
    "WEBHOOK_DELIVERY": ("event", "NULL", "webhook_deliveries"),
    # What the trail says of its own end, and of months that are over, would make it grow for ever without anybody.
    "AUDIT": ("id", "NULL", "audit WHERE tag NOT IN ('identity:audit:pruned', 'identity:session_log:month_destroyed')"),
    "APPROVAL": ("approval", "NULL", "approvals WHERE end_time IS NOT NULL"),
    "HOLD": ("hold", "NULL", "holds WHERE release_time IS NOT NULL"),
    "SUBJECT_REQUEST": ("request", "NULL", "subject_requests WHERE end_time IS NOT NULL"),
    "BREACH": ("breach", "NULL", "breaches WHERE notify_time IS NOT NULL"),
    "CASE": ("case_id", "NULL", "cases WHERE close_time IS NOT NULL"),
    "RECONCILIATION": ("run", "NULL", "reconciliations WHERE end_time IS NOT NULL"),
    "FINDING": ("run || '/' || account", "account", "reconciliation_findings"),
    "RELEASE": ("release", "NULL", "releases WHERE end_time IS NOT NULL"),
    "RELEASE_DOCUMENT": ("release", "NULL", "release_documents"),
    "NUMBER_LIST": ("list", "NULL", "number_lists"),
    "SESSION": ("id", "account", "session_log"),
    "HELD_SESSION": ("id", "account", "held_sessions"),
    "ERASURE": ("id", "account", "erasures WHERE complete_time IS NOT NULL"),
}
"""By kind: how a row is called, of whom it is, and where it lies."""

EVERY = " UNION ALL ".join(
    f"SELECT '{kind}', ({name})::text, coalesce({account}, '')::text FROM identity.{place}"
    for kind, (name, account, place) in _ROWS.items()
)


def kinds() -> frozenset[str]:
    """Returns the kinds that are looked for."""
    return frozenset(_ROWS)


def rows_of(found: Iterable[tuple[str, str, str]]) -> set[Row]:
    """Returns what the database answered to `EVERY`."""
    return {Row(*each) for each in found}
