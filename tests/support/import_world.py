"""Batches of an import as the use case gets them, and what a simple model says becomes of them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from xacthuc.identity.commands import ImportBatch, Order
from xacthuc.identity.domain.import_rows import ImportedConsent, ImportedPhone, ImportedRow, microseconds
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.ports.imports import Imported
from xacthuc.identity.usecases.identity import Identity
from xacthuc.identity.usecases.imports import import_accounts

ACCEPTED = datetime(2025, 3, 1, tzinfo=UTC)


def row(account_id, name="Nguyễn Văn A", born=(1990, 1, 2), **fields):
    """Returns a row nothing is wrong with, but for the fields given."""
    whole = ImportedRow(
        account_id=account_id,
        full_name=name,
        birth_date=None if born is None else CalendarDate(*born),
        consent=ImportedConsent("2025-01", microseconds(ACCEPTED)),
        phone=None,
        transition=None,
        faults=(),
    )
    return whole._replace(**fields)


def phone(number, proven=ACCEPTED, source="sms_code"):
    """Returns the evidence of a number."""
    return ImportedPhone(number, microseconds(proven), source)


def batch(platform: str, rows: Sequence[ImportedRow], batch_id: str | None = None) -> ImportBatch:
    """Returns rows as one batch; the same id and rows make the same batch."""
    order = Order(
        platform=platform,
        method="ImportAccounts",
        request_id=batch_id or str(uuid4()),
        payload=hashlib.sha256(repr([tuple(one) for one in rows]).encode()).hexdigest(),
        actor="peer:backfill",
        trace_id="0" * 32,
    )
    return ImportBatch(order=order, rows=iter(rows))


async def run(identity: Identity, *batches: ImportBatch) -> list[Imported]:
    """Imports batches in one stream."""

    async def sent() -> AsyncIterator[ImportBatch]:
        for one in batches:
            yield one

    return [answer async for answer in import_accounts(identity, sent())]


def verdicts(answer: Imported):
    """Returns the verdict of each row."""
    return [answer.kinds[kind] for kind in answer.rows]
