"""Makes and destroys the documents of releases.

A document lies under a key of its own, beside the accounts' keys in their database: destroying the key destroys it in
every copy and backup. The key goes first; a job that is part of the commit that makes the document sees to that, whatever
happens to the process, and fetching or closing brings the job forward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import delete, insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.releases.fields import FIELDS
from xacthuc.identity.adapters.releases.rows import destruction_job, find, spelled
from xacthuc.identity.adapters.releases.tables import release_documents, releases
from xacthuc.identity.adapters.retention.filling import filled
from xacthuc.identity.adapters.tables import accounts, jobs, trail
from xacthuc.identity.domain import releases as rules
from xacthuc.identity.domain.releases import Field, Made, Release, ReleaseBar
from xacthuc.jobs.job import RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.retention.filling import Filling, Opener
    from xacthuc.jobs.job import Job
    from xacthuc.sql.columns import Json

KIND: Final = "release"
"""What a document is sealed as."""


def key_of(approval: str) -> str:
    """Returns what the key of a document is called; no account has that id."""
    return f"{approval}:release"


class Documents:
    """Makes a document for an approval, and destroys it."""

    def __init__(
        self,
        engine: AsyncEngine,
        keys: AccountKeys,
        filling: Filling,
        clock: Clock,
        *,
        largest_bytes: int = rules.LARGEST_BYTES,
    ) -> None:
        """Takes the pool for writes, where keys lie, and what opens the rows of accounts."""
        self._engine = engine
        self._keys = keys
        self._filling = filling
        self._clock = clock
        self._largest_bytes = largest_bytes

    async def make(self, platform: str, release_id: str, made: Made) -> Release | ReleaseBar | None:
        """Makes the document, once an approval; None when no such request is on record.

        One that nobody could fetch in one answer is not made: the request stays as it is.
        """
        async with transaction(self._engine) as connection:
            release = await find(connection, platform, release_id)
        after = release and rules.made(release, made)
        if release is None or not isinstance(after, Release) or after is release:
            return after
        key = await self._keys.make(platform, key_of(made.approval), made.time)
        if not isinstance(key, AccountCipher):
            return ReleaseBar.NOT_MADE
        sessions = Field.SESSIONS in made.fields
        openers = [
            await self._filling.opener(platform, account_id, sessions=sessions)
            for account_id in release.demanded.accounts
        ]
        made_of = await self._sealed(release_id, made, key, openers)
        if made_of is ReleaseBar.TOO_LARGE:
            await self._keys.destroy(platform, key_of(made.approval), made.time)
        return made_of

    async def _sealed(
        self, release_id: str, made: Made, key: AccountCipher, openers: Sequence[Opener]
    ) -> Release | ReleaseBar | None:
        platform = key.platform
        async with transaction(self._engine) as connection:
            release = await find(connection, platform, release_id, lock=True)
            after = release and rules.made(release, made)
            if release is None or not isinstance(after, Release) or after is release:
                return after
            document = orjson.dumps(await _document(connection, after, made, openers), option=orjson.OPT_UTC_Z)
            if len(document) > self._largest_bytes:
                return ReleaseBar.TOO_LARGE
            await connection.execute(
                insert(release_documents).values(
                    approval=made.approval,
                    platform=platform,
                    release=release_id,
                    document=key.seal(KIND, document),
                    make_time=made.time,
                )
            )
            is_it = (releases.c.platform == platform, releases.c.release == release_id)
            await connection.execute(update(releases).where(*is_it).values(spelled(after)))
            detail: Json = {"release": release_id, "fields": " ".join(made.fields)}
            actor = f"approval:{made.approval}"
            entries = [
                _entry(Tag.ACCOUNT_RELEASED, platform, account_id, made.time, detail, actor=actor)
                for account_id in release.demanded.accounts
            ]
            await trail.write(connection, entries)
            await jobs.enqueue(connection, [destruction_job(platform, release_id, made.approval, made.fetch_until)])
        return after

    async def destroy(self, job: Job) -> RetryAt | None:
        """Destroys the document of an approval when its time has come; waits on when that was put off meanwhile."""
        platform, release_id, now = str(job.payload["platform"]), str(job.payload["release"]), self._clock.now()
        async with transaction(self._engine) as connection:
            release = await find(connection, platform, release_id)
        current = release is not None and release.made is not None and release.made.approval == job.key
        end = release.destroy_time if release is not None and current else None
        if end is not None and end > now:
            return RetryAt(end, "NOT_YET")
        await self._keys.destroy(platform, key_of(job.key), now)
        async with transaction(self._engine) as connection:
            gone = await connection.execute(delete(release_documents).where(release_documents.c.approval == job.key))
            if gone.rowcount:
                detail: Json = {"approval": job.key}
                entry = _entry(Tag.RELEASE_DESTROYED, platform, release_id, now, detail, actor="peer:identity")
                await trail.write(connection, [entry])
        return None


async def _document(
    connection: AsyncConnection, release: Release, made: Made, openers: Sequence[Opener]
) -> Mapping[str, Any]:
    asked = release.demanded
    return {
        "release": f"platforms/{release.platform}/releases/{release.release_id}",
        "authority": asked.authority,
        "legal_basis": asked.legal_basis,
        "reference": asked.reference,
        "receive_time": asked.receive_time,
        "make_time": made.time,
        "fields": list(made.fields),
        "accounts": [await _account(connection, made, opener) for opener in openers],
    }


async def _account(connection: AsyncConnection, made: Made, opener: Opener) -> Mapping[str, Any]:
    of = accounts.c
    known = select(of.account).where(of.platform == opener.platform, of.account == opener.account_id)
    told: dict[str, Any] = {}
    for field in made.fields:
        sections = [await filled(connection, section, opener) for section in FIELDS[field]]
        told[field.value] = {section.name: {"total": section.total, "rows": list(section.rows)} for section in sections}
    return {
        "account": f"accounts/{opener.account_id}",
        "registered": await connection.scalar(known) is not None,
        "fields": told,
    }


def _entry(tag: Tag, platform: str, subject: str, now: datetime, detail: Json, *, actor: str) -> Entry:
    return Entry(
        tag=tag,
        time=now,
        platform=platform,
        subject=subject,
        actor=actor,
        request_id="",
        trace_id="",
        detail=detail,
    )
