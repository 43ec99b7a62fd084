"""Finds accounts by the keyed hashes of what they stand on; hashes are apart by platform, so each has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters import sql_claims
from xacthuc.identity.adapters.tables import platforms, trail
from xacthuc.identity.ports.search import Found
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.audit.reading import Reader
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.ports.search import Sought


class SqlSearch:
    """The port `AccountSearch`."""

    def __init__(self, engine: AsyncEngine, personal: PersonalData) -> None:
        """Takes the pool, and what makes the hashes."""
        self._engine = engine
        self._personal = personal

    async def find(self, sought: Sought, reader: Reader, now: datetime) -> list[Found] | None:
        """Looks on one platform, or on each of all, and commits the entry before anything is answered."""
        async with transaction(self._engine) as connection:
            one = [platforms.c.platform == sought.platform] if sought.platform else []
            wanted = await connection.scalars(select(platforms.c.platform).where(*one).order_by(platforms.c.platform))
            there = list(wanted)
            found = [each for platform in there for each in await self._on(connection, platform, sought)]
            await trail.write(connection, [self._entry(sought, reader, now, len(found))])
        return found if there or not sought.platform else None

    async def _on(self, connection: AsyncConnection, platform: str, sought: Sought) -> list[Found]:
        if sought.number:
            claims, indexes = sql_claims.NUMBERS, self._personal.number_indexes(platform, sought.number)
        else:
            claims, indexes = sql_claims.PERSONAL_IDS, self._personal.personal_id_indexes(platform, sought.personal_id)
        of = claims.table.c
        rows = await connection.execute(
            select(of.account, of.verify_time)
            .where(of.platform == platform, or_(*(claims.index == index for index in indexes)))
            .order_by(of.verify_time.desc())
        )
        return [Found(platform, row.account, row.verify_time) for row in rows]

    def _entry(self, sought: Sought, reader: Reader, now: datetime, count: int) -> Entry:
        """Whoever knows a number can tell by its digest whether it was asked for; nobody reads the number out of it."""
        kind = "phone_number" if sought.number else "personal_id"
        return Entry(
            tag=Tag.ACCOUNTS_SEARCHED,
            time=now,
            platform=sought.platform,
            subject="accounts",
            actor=reader.actor,
            request_id="",
            trace_id=reader.trace_id,
            detail={
                "by": kind,
                "digest": self._personal.search_digest(sought.number or sought.personal_id).hex(),
                "found": count,
            },
        )
