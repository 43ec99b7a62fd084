"""Guardians beside their children: their age once it was corrected, and the clock of those who have no account (R17, R49)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from xacthuc.identity.adapters.purge import purge_job
from xacthuc.identity.adapters.tables import accounts, guardians, jobs
from xacthuc.identity.domain.account import Kind
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.guardianship import Relation

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def judge_age(connection: AsyncConnection, platform: str, account_id: str, *, of_age: bool) -> None:
    """Keeps whether somebody is old enough to answer for the children they answer for; an institution has no age."""
    of = guardians.c
    await connection.execute(
        update(guardians)
        .where(of.platform == platform, of.account == account_id, of.relation != Relation.GUARDIAN_LEGAL_PERSON)
        .values(of_age=of_age)
    )


async def keep(connection: AsyncConnection, platform: str, account_ids: Collection[str]) -> None:
    """Stops the clock of those among the accounts that are records: they answer for a child now."""
    await _set(connection, platform, account_ids, None)


async def release(
    connection: AsyncConnection, platform: str, account_ids: Collection[str], purge_time: datetime
) -> None:
    """Has those among the accounts that are records dropped at `purge_time`, unless they answer for a child still."""
    of = guardians.c
    answering = await connection.scalars(
        select(of.account).where(of.platform == platform, of.account.in_(account_ids)).distinct()
    )
    over = set(account_ids) - set(answering)
    dropped = await _set(connection, platform, over, purge_time)
    await jobs.enqueue(connection, [purge_job(platform, account_id, purge_time) for account_id in dropped])


async def put_off(connection: AsyncConnection, platform: str, account_id: str, purge_time: datetime) -> None:
    """Keeps a record that waits for a child until `purge_time` at least: another child is to be linked to it."""
    of = accounts.c
    await connection.execute(
        update(accounts)
        .where(of.platform == platform, of.account == account_id, of.purge_time < purge_time)
        .values(purge_time=purge_time)
    )


async def _set(
    connection: AsyncConnection, platform: str, account_ids: Collection[str], purge_time: datetime | None
) -> list[str]:
    of = accounts.c
    if not account_ids:
        return []
    changed = await connection.scalars(
        update(accounts)
        .where(of.platform == platform, of.account.in_(account_ids), of.kind == Kind.GUARDIAN, of.life == Life.OPEN)
        .values(purge_time=purge_time)
        .returning(of.account)
    )
    return sorted(changed)
