"""Releases as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.releases.tables import releases
from xacthuc.identity.domain.releases import Demanded, Fetched, Field, Made, Release
from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


async def find(connection: AsyncConnection, platform: str, release_id: str, *, lock: bool = False) -> Release | None:
    """Reads a request."""
    wanted = select(releases).where(releases.c.platform == platform, releases.c.release == release_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else read(row)


def destruction_job(platform: str, release_id: str, approval: str, not_before: datetime) -> Job:
    """Returns the job that destroys the document an approval made. There is one a document; asking again brings it forward."""
    return Job(JobKind.RELEASE_DOCUMENT.value, approval, {"platform": platform, "release": release_id}, not_before)


def spelled(release: Release) -> dict[str, Any]:
    """Returns the whole row."""
    asked, made, fetched = release.demanded, release.made, release.fetched
    return {
        "platform": release.platform,
        "release": release.release_id,
        "accounts": list(asked.accounts),
        "authority": asked.authority,
        "legal_basis": asked.legal_basis,
        "reference": asked.reference,
        "receive_time": asked.receive_time,
        "emergency": asked.emergency,
        "fields": list(asked.fields),
        "due_time": release.due_time,
        "create_time": release.create_time,
        "approval": made and made.approval,
        "proposer": made and made.proposer,
        "approver": made and made.approver,
        "made_fields": made and list(made.fields),
        "make_time": made and made.time,
        "fetch_until": made and made.fetch_until,
        "fetcher": fetched and fetched.operator,
        "fetch_request": fetched and fetched.request_id,
        "fetch_time": fetched and fetched.time,
        "repeat_until": fetched and fetched.repeat_until,
        "close_time": release.close_time,
        "close_reason": release.close_reason,
        "end_time": release.close_time or (fetched and fetched.time),
    }


def read(row: Row[Any]) -> Release:
    """Returns what a row says."""
    return Release(
        platform=row.platform,
        release_id=row.release,
        demanded=Demanded(
            accounts=tuple(row.accounts),
            authority=row.authority,
            legal_basis=row.legal_basis,
            reference=row.reference,
            receive_time=row.receive_time,
            emergency=row.emergency,
            fields=_fields(row.fields),
        ),
        due_time=row.due_time,
        create_time=row.create_time,
        made=None
        if row.approval is None
        else Made(
            approval=row.approval,
            proposer=row.proposer,
            approver=row.approver,
            fields=_fields(row.made_fields),
            time=row.make_time,
            fetch_until=row.fetch_until,
        ),
        fetched=None
        if row.fetcher is None
        else Fetched(
            operator=row.fetcher,
            request_id=row.fetch_request,
            time=row.fetch_time,
            repeat_until=row.repeat_until,
        ),
        close_time=row.close_time,
        close_reason=row.close_reason,
    )


def _fields(names: Iterable[str]) -> tuple[Field, ...]:
    return tuple(map(Field, names))
