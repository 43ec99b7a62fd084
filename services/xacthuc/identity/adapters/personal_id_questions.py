"""The question to a provider about an account's personal ID: one at a time, until it is answered.

Works within somebody's transaction, once the account is locked or where it need not be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import evidence, jobs, personal_id_checks
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Details
from xacthuc.identity.ports.personal_ids import Check
from xacthuc.ids import new_request_id
from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher
    from xacthuc.identity.domain.personal_ids import Waits
    from xacthuc.identity.ports.personal_ids import Candidate


async def about(connection: AsyncConnection, cipher: AccountCipher) -> int | None:
    """Returns the id of the evidence that the account's open question is about; None when there is none."""
    found: int | None = await connection.scalar(select(personal_id_checks.c.evidence_id).where(_of(cipher)))
    return found


async def find(connection: AsyncConnection, provider: str, transaction_id: str) -> Row[tuple[str, str, str]] | None:
    """Returns platform, account and id of the question that a provider knows under that transaction."""
    checks = personal_id_checks.c
    found = await connection.execute(
        select(checks.platform, checks.account, checks.check_id).where(
            checks.provider == provider, checks.transaction_id == transaction_id
        )
    )
    return found.first()


async def ask(
    connection: AsyncConnection, cipher: AccountCipher, evidence_id: int, next_time: datetime, now: datetime
) -> None:
    """Opens a question about that evidence, unless it is open already; one about another number is dropped."""
    about_another = personal_id_checks.c.evidence_id != evidence_id
    await connection.execute(delete(personal_id_checks).where(_of(cipher), about_another))
    check_id = new_request_id()
    opened = await connection.execute(
        insert(personal_id_checks)
        .values(
            platform=cipher.platform,
            account=cipher.account_id,
            check_id=check_id,
            evidence_id=evidence_id,
            provider="",
            compared=False,
            create_time=now,
            next_time=next_time,
        )
        .on_conflict_do_nothing()
    )
    if opened.rowcount:
        await jobs.enqueue(connection, [_job(cipher.platform, cipher.account_id, check_id, next_time)])


async def read(connection: AsyncConnection, cipher: AccountCipher, candidate: Candidate) -> Check | None:
    """Returns the account's open question with what it is about as it stands now; None when there is none."""
    platform, account_id = cipher.platform, cipher.account_id
    found = await connection.execute(select(personal_id_checks).where(_of(cipher)))
    row: Row[Any] | None = found.one_or_none()
    if row is None:
        return None
    numbers = await connection.execute(
        select(evidence.c.id, evidence.c.kind, evidence.c.number).where(
            evidence.c.platform == platform,
            evidence.c.account == account_id,
            (evidence.c.id == row.evidence_id)
            | ((evidence.c.kind == EvidenceKind.PHONE) & evidence.c.lapse_time.is_(None)),
        )
    )
    by_kind = {each.kind: cipher.number(each.number) for each in numbers}
    return Check(
        platform=platform,
        account_id=account_id,
        check_id=row.check_id,
        ours=Details(
            personal_id=by_kind[EvidenceKind.PERSONAL_ID_DECLARED],
            full_name=candidate.full_name,
            birth_date=candidate.birth_date,
        ),
        number=by_kind.get(EvidenceKind.PHONE, ""),
        provider=row.provider,
        transaction_id=row.transaction_id or "",
        compared=row.compared,
        create_time=row.create_time,
        next_time=row.next_time,
    )


async def put_off(connection: AsyncConnection, check: Check, waits: Waits, now: datetime, *, compared: bool) -> None:
    """Keeps whom the question is pending with, and has it asked again."""
    checks, next_time = personal_id_checks.c, now + waits.pause
    await connection.execute(
        update(personal_id_checks)
        .where(checks.platform == check.platform, checks.account == check.account_id)
        .values(
            provider=waits.provider,
            transaction_id=waits.transaction_id or None,
            compared=compared,
            next_time=next_time,
        )
    )
    await jobs.enqueue(connection, [_job(check.platform, check.account_id, check.check_id, next_time)])


async def close(connection: AsyncConnection, cipher: AccountCipher) -> None:
    """Ends the account's open question."""
    await connection.execute(delete(personal_id_checks).where(_of(cipher)))


def _of(cipher: AccountCipher) -> ColumnElement[bool]:
    checks = personal_id_checks.c
    return (checks.platform == cipher.platform) & (checks.account == cipher.account_id)


def _job(platform: str, account_id: str, check_id: str, not_before: datetime) -> Job:
    return Job(
        JobKind.PERSONAL_ID_CHECK,
        check_id,
        {"platform": platform, "account": account_id, "check": check_id},
        not_before,
    )
