"""Requests of authorities in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.releases.documents import KIND, key_of
from xacthuc.identity.adapters.releases.rows import destruction_job, find, read, spelled
from xacthuc.identity.adapters.releases.tables import release_documents, releases
from xacthuc.identity.adapters.tables import jobs, platforms, trail
from xacthuc.identity.domain.releases import LARGEST_BYTES, ReleaseBar
from xacthuc.identity.ports.releases import Handed
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.releases import Release
    from xacthuc.sql.columns import Json


class SqlReleases:
    """The port `Releases`. Each is called by the request that recorded it."""

    def __init__(
        self, engine: AsyncEngine, keys: AccountKeys, requests: SqlRequests, *, largest_bytes: int = LARGEST_BYTES
    ) -> None:
        """Takes the pool for writes, what opens documents, and what recognises repetitions."""
        self._engine = engine
        self._keys = keys
        self._requests = requests
        self._largest_bytes = largest_bytes

    async def record(self, order: Order, release: Release, now: datetime) -> Release | None:
        """Keeps the request beside its platform."""
        known = select(platforms.c.platform).where(platforms.c.platform == release.platform)
        async with transaction(self._engine) as connection:
            if await connection.scalar(known) is None:
                return None
            if await self._requests.record(connection, order, None, None, now):
                await connection.execute(insert(releases).values(spelled(release)))
                detail: Json = {"fields": " ".join(release.demanded.fields)}
                tag = Tag.RELEASE_RECORDED
                await trail.write(connection, [entry(order, tag, release.release_id, now, detail)])
            return await find(connection, release.platform, release.release_id)

    async def get(self, platform: str, release_id: str) -> Release | None:
        """Reads one."""
        async with transaction(self._engine) as connection:
            return await find(connection, platform, release_id)

    async def page(self, platform: str, after: str, limit: int, *, open_only: bool) -> list[Release]:
        """Reads requests by keyset."""
        of = releases.c
        wanted = newest_first(releases, of.release, after, limit, of.platform == platform)
        if open_only:
            wanted = wanted.where(of.end_time.is_(None))
        async with transaction(self._engine) as connection:
            return [read(row) for row in await connection.execute(wanted)]

    async def close(
        self, order: Order, release_id: str, step: Callable[[Release], Release | ReleaseBar], now: datetime
    ) -> Release | ReleaseBar | None:
        """Takes the step unless its request was seen."""
        async with transaction(self._engine) as connection:
            release = await find(connection, order.platform, release_id, lock=True)
            if release is None or await self._requests.find(connection, order) is not None:
                return release
            after = step(release)
            if isinstance(after, ReleaseBar):
                return after
            await self._requests.record(connection, order, None, None, now)
            await _save(connection, after)
            detail: Json = {"reason": after.close_reason}
            await trail.write(connection, [entry(order, Tag.RELEASE_CLOSED, release_id, now, detail)])
            return after

    async def fetch(
        self, order: Order, release_id: str, step: Callable[[Release], Release | ReleaseBar], now: datetime
    ) -> Handed | ReleaseBar | None:
        """Opens the document, and returns it once it is on record that it was fetched."""
        async with transaction(self._engine) as connection:
            release = await find(connection, order.platform, release_id)
        if release is None or release.made is None:
            return None if release is None else _barred(step(release))
        approval = release.made.approval
        key = await self._keys.get(order.platform, key_of(approval))
        async with transaction(self._engine) as connection:
            release = await find(connection, order.platform, release_id, lock=True)
            after = release and step(release)
            if after is None or isinstance(after, ReleaseBar):
                return after
            kept = await connection.scalar(
                select(release_documents.c.document).where(release_documents.c.approval == approval)
            )
            if (
                kept is None
                or not isinstance(key, AccountCipher)
                or after.made is None
                or after.made.approval != approval
            ):
                return ReleaseBar.NOT_MADE
            document = key.open(KIND, kept).decode()
            if len(document.encode()) > self._largest_bytes:
                return ReleaseBar.TOO_LARGE
            if after is not release:
                await _save(connection, after)
            detail: Json = {"approval": approval}
            await trail.write(connection, [entry(order, Tag.RELEASE_FETCHED, release_id, now, detail)])
        return Handed(after, document)


async def _save(connection: AsyncConnection, release: Release) -> None:
    """Writes the whole of it, with the job that destroys the document when that is due from now on."""
    is_it = (releases.c.platform == release.platform, releases.c.release == release.release_id)
    await connection.execute(update(releases).where(*is_it).values(spelled(release)))
    if release.made is not None and release.destroy_time is not None:
        job = destruction_job(release.platform, release.release_id, release.made.approval, release.destroy_time)
        await jobs.enqueue(connection, [job])


def _barred(outcome: Release | ReleaseBar) -> ReleaseBar:
    """Of what has no document nothing is fetched, whatever the step says."""
    return outcome if isinstance(outcome, ReleaseBar) else ReleaseBar.NOT_MADE
