"""Platforms and their keys in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.identity.adapters.tables import platform_keys, platforms, trail
from xacthuc.identity.domain.keys import has_room
from xacthuc.identity.ports.platforms import KeyOutcome, PlatformView, StoredKey
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.ports.platforms import Replacement


class SqlPlatforms:
    """The port `Platforms`."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def create(self, order: Order, platform: str, display_name: str, now: datetime) -> PlatformView | None:
        """Keeps a platform, or finds it made by the same request."""
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order)
            if seen is None:
                done = await connection.execute(
                    insert(platforms)
                    .values(platform=platform, display_name=display_name, create_time=now)
                    .on_conflict_do_nothing()
                )
                if done.rowcount:
                    await _audit(connection, order, Tag.PLATFORM_CREATED, now, platform, display_name=display_name)
                    await self._requests.record(connection, order, None, None, now)
                elif await self._requests.find(connection, order) is None:
                    return None
            row = (await connection.execute(select(platforms).where(platforms.c.platform == platform))).one()
        return _platform(row)

    async def page(self, after: str, limit: int) -> list[PlatformView]:
        """Reads platforms by keyset."""
        async with transaction(self._engine) as connection:
            rows = await connection.execute(
                select(platforms).where(platforms.c.platform > after).order_by(platforms.c.platform).limit(limit)
            )
            return [_platform(row) for row in rows]

    async def keys(self, platform: str) -> list[StoredKey] | None:
        """Reads a platform's keys."""
        async with transaction(self._engine) as connection:
            known = await connection.execute(select(platforms.c.platform).where(platforms.c.platform == platform))
            return await _keys(connection, platform) if known.one_or_none() else None

    async def add_key(
        self, order: Order, record: KeyRecord, replaces: Replacement | None, now: datetime
    ) -> tuple[StoredKey, ...] | KeyOutcome:
        """Counts under the platform's lock, so that two calls cannot both take the last place."""
        async with transaction(self._engine) as connection:
            brand = await _lock_platform(connection, order.platform)
            if brand is None:
                return KeyOutcome.NO_PLATFORM
            if await self._requests.find(connection, order) is not None:
                return KeyOutcome.REPEATED
            new = StoredKey(replace(record, brand=brand), now)
            keys = {key.record.key_id: key for key in await _keys(connection, order.platform)}
            ended = None
            if replaces is not None:
                old = keys.get(replaces.key_id)
                if old is None:
                    return KeyOutcome.NO_KEY
                ended = keys[replaces.key_id] = _ending(old, replaces.end)
            if not has_room(key.is_active(_ms(now)) for key in keys.values()):
                return KeyOutcome.TOO_MANY
            await connection.execute(insert(platform_keys).values(_columns(new)))
            if ended is not None:
                await _save(connection, ended)
            await self._record(connection, order, new, ended, now)
        return (new,) if ended is None else (new, ended)

    async def revoke_key(self, order: Order, key_id: str, now: datetime) -> StoredKey | None:
        """Revokes under the platform's lock."""
        async with transaction(self._engine) as connection:
            if await _lock_platform(connection, order.platform) is None:
                return None
            seen = await self._requests.find(connection, order)
            found = [key for key in await _keys(connection, order.platform) if key.record.key_id == key_id]
            if not found:
                return None
            key = found[0]
            if key.record.state is KeyState.ACTIVE:
                record = replace(key.record, state=KeyState.REVOKED, version=key.record.version + 1)
                key = StoredKey(record, key.create_time)
                await _save(connection, key)
                await _audit(connection, order, Tag.KEY_REVOKED, now, key_id)
            if seen is None:
                await self._requests.record(connection, order, None, None, now)
        return key

    async def records(self) -> list[KeyRecord]:
        """Reads all keys."""
        async with transaction(self._engine) as connection:
            return [_key(row).record for row in await connection.execute(_select_keys())]

    async def _record(
        self, connection: AsyncConnection, order: Order, new: StoredKey, ended: StoredKey | None, now: datetime
    ) -> None:
        await self._requests.record(connection, order, None, None, now)
        scopes = " ".join(sorted(new.record.scopes))
        await _audit(connection, order, Tag.KEY_CREATED, now, new.record.key_id, scopes=scopes)
        if ended is not None:
            name, until = ended.record.key_id, ended.record.expire_ms
            await _audit(connection, order, Tag.KEY_ROTATED, now, name, successor=new.record.key_id, expire_ms=until)


async def _lock_platform(connection: AsyncConnection, platform: str) -> str | None:
    query = select(platforms.c.display_name).where(platforms.c.platform == platform).with_for_update()
    name: str | None = (await connection.execute(query)).scalar_one_or_none()
    return name


async def _keys(connection: AsyncConnection, platform: str) -> list[StoredKey]:
    query = _select_keys().where(platform_keys.c.platform == platform)
    rows = await connection.execute(query.order_by(platform_keys.c.create_time.desc(), platform_keys.c.key_id))
    return [_key(row) for row in rows]


async def _save(connection: AsyncConnection, key: StoredKey) -> None:
    values = _columns(key)
    await connection.execute(
        update(platform_keys)
        .where(platform_keys.c.platform == key.record.platform, platform_keys.c.key_id == key.record.key_id)
        .values(state=values["state"], expire_time=values["expire_time"], version=values["version"])
    )


async def _audit(
    connection: AsyncConnection, order: Order, tag: Tag, now: datetime, subject: str, **detail: str | int | None
) -> None:
    entry = Entry(
        tag=tag,
        time=now,
        platform=order.platform or subject,
        subject=subject,
        actor=order.actor,
        request_id=order.request_id,
        trace_id=order.trace_id,
        detail={**detail},
    )
    await trail.write(connection, [entry])


def _select_keys() -> Select[Any]:
    return select(platform_keys, platforms.c.display_name).join(
        platforms, platforms.c.platform == platform_keys.c.platform
    )


def _ending(key: StoredKey, end: datetime) -> StoredKey:
    end_ms = _ms(end)
    earlier = end_ms if key.record.expire_ms is None else min(end_ms, key.record.expire_ms)
    return StoredKey(replace(key.record, expire_ms=earlier, version=key.record.version + 1), key.create_time)


def _columns(key: StoredKey) -> dict[str, Any]:
    record = key.record
    return {
        "platform": record.platform,
        "key_id": record.key_id,
        "sha256": record.sha256,
        "scopes": sorted(record.scopes),
        "state": record.state,
        "create_time": key.create_time,
        "expire_time": None if record.expire_ms is None else datetime.fromtimestamp(record.expire_ms / 1000, UTC),
        "version": record.version,
    }


def _key(row: Row[Any]) -> StoredKey:
    record = KeyRecord(
        platform=row.platform,
        key_id=row.key_id,
        sha256=row.sha256,
        scopes=frozenset(Scope(name) for name in row.scopes),
        state=KeyState(row.state),
        expire_ms=None if row.expire_time is None else _ms(row.expire_time),
        version=row.version,
        brand=row.display_name,
    )
    return StoredKey(record, row.create_time)


def _platform(row: Row[Any]) -> PlatformView:
    return PlatformView(platform=row.platform, display_name=row.display_name, create_time=row.create_time)


def _ms(instant: datetime) -> int:
    """Rounds down: a key never outlives what was granted."""
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
