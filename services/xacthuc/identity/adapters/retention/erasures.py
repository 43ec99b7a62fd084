"""The evidence of erasures, written in the transactions of what it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.retention.tables import erasure_acknowledgements, erasures
from xacthuc.identity.domain.retention import Cause

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

_OPEN = text("end_time IS NULL")


class Erasures:
    """Writes the evidence. Call it with the account locked."""

    def __init__(self, services: Collection[str], patience: timedelta) -> None:
        """Takes which services have to acknowledge every erasure, and how long they may take."""
        self._services = sorted(services)
        self._patience = patience

    async def want(
        self, connection: AsyncConnection, platform: str, account_id: str, cause: Cause, now: datetime
    ) -> None:
        """Notes that an account is to be erased. Who closed it and then demands its erasure has one erasure."""
        wanted = insert(erasures).values(
            platform=platform, account=account_id, cause=cause, want_time=now, destroyed={}
        )
        await connection.execute(
            wanted.on_conflict_do_update(
                index_elements=["platform", "account"],
                index_where=_OPEN,
                set_={"cause": wanted.excluded.cause, "want_time": wanted.excluded.want_time},
                where=erasures.c.begin_time.is_(None),
            )
        )

    async def waits_for_sealing(self, connection: AsyncConnection, platform: str, account_id: str) -> bool:
        """Whether an erasure that was demanded has left everything as it was, because of a hold."""
        of = erasures.c
        waits = (of.cause == Cause.REQUESTED) & of.seal_time.is_(None) & of.begin_time.is_(None)
        return await connection.scalar(select(of.id).where(_is_open(platform, account_id), waits)) is not None

    async def sealed(self, connection: AsyncConnection, platform: str, account_id: str, now: datetime) -> None:
        """Notes that what the law orders kept lies under a key of its own, and that other services are told."""
        await _set(connection, platform, account_id, seal_time=now)
        await self._ask(connection, platform, account_id, now)

    async def key_destroyed(self, connection: AsyncConnection, platform: str, account_id: str, now: datetime) -> None:
        """Notes that the account's own key is no more."""
        await _set(connection, platform, account_id, key_time=func.coalesce(erasures.c.key_time, now))

    async def begun(
        self, connection: AsyncConnection, platform: str, account_id: str, cause: Cause, now: datetime
    ) -> None:
        """Notes that nothing stops it any more: keys are destroyed next, in another database."""
        wanted = insert(erasures).values(
            platform=platform, account=account_id, cause=cause, want_time=now, destroyed={}
        )
        await connection.execute(
            wanted.on_conflict_do_nothing(index_elements=["platform", "account"], index_where=_OPEN)
        )
        await _set(connection, platform, account_id, begin_time=now)
        await self._ask(connection, platform, account_id, now)

    async def ended(
        self, connection: AsyncConnection, platform: str, account_id: str, destroyed: Mapping[str, int], now: datetime
    ) -> None:
        """Notes that everything is destroyed, and how much."""
        ended = await connection.scalar(
            update(erasures)
            .where(_is_open(platform, account_id))
            .values(key_time=func.coalesce(erasures.c.key_time, now), end_time=now, destroyed=dict(destroyed))
            .returning(erasures.c.id)
        )
        if ended is not None:
            await complete(connection, ended, now)

    async def _ask(self, connection: AsyncConnection, platform: str, account_id: str, now: datetime) -> None:
        """Notes that an event of this commit, or of one that follows, asks the other services; once an erasure."""
        erasure = select(erasures.c.id).where(_is_open(platform, account_id)).scalar_subquery()
        for service in self._services:
            await connection.execute(
                insert(erasure_acknowledgements)
                .values(erasure=erasure, service=service, due_time=now + self._patience)
                .on_conflict_do_nothing()
            )


async def has_begun(connection: AsyncConnection, platform: str, account_id: str) -> bool:
    """Whether an account's destruction cannot be stopped any more."""
    begun = select(erasures.c.id).where(_is_open(platform, account_id), erasures.c.begin_time.is_not(None))
    return await connection.scalar(begun) is not None


async def complete(connection: AsyncConnection, erasure_id: int, now: datetime) -> None:
    """Notes that an erasure is over, if nothing of it is missing."""
    said = erasure_acknowledgements.c
    missing = select(said.service).where(said.erasure == erasure_id, said.acknowledge_time.is_(None))
    await connection.execute(
        update(erasures)
        .where(erasures.c.id == erasure_id, erasures.c.end_time.is_not(None), erasures.c.complete_time.is_(None))
        .where(~missing.exists())
        .values(complete_time=now)
    )


def _is_open(platform: str, account_id: str) -> ColumnElement[bool]:
    of = erasures.c
    return (of.platform == platform) & (of.account == account_id) & of.end_time.is_(None)


async def _set(connection: AsyncConnection, platform: str, account_id: str, **values: object) -> None:
    await connection.execute(update(erasures).where(_is_open(platform, account_id)).values(**values))
