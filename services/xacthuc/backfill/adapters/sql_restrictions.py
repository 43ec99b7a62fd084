"""Restrictions, in PostgreSQL: what is asked for. What is done about it: `restricting`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from xacthuc.audit.tags import Tag
from xacthuc.backfill.adapters import rows
from xacthuc.backfill.adapters.restricting import restrict_job
from xacthuc.backfill.adapters.tables import jobs, restrictions, targets, trail
from xacthuc.backfill.domain.campaign import CampaignState, TargetState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.restriction import UNVERIFIED, RestrictionState, bar_to_restricting
from xacthuc.backfill.ports.restrictions import Group, Preview, Restriction
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.backfill.domain.lifecycle import Bar
    from xacthuc.backfill.domain.restriction import Approved
    from xacthuc.order import Order
    from xacthuc.sql.columns import Json


class SqlRestrictions:
    """The port `Restrictions`. The approval makes each write idempotent by itself."""

    def __init__(self, engine: AsyncEngine, counting: AsyncEngine) -> None:
        """Takes the pool for calls, and that for counting."""
        self._engine = engine
        self._counting = counting

    async def preview(self, platform: str, name: str, now: datetime) -> Preview | Bar | None:
        """Counts beside everything else."""
        of = targets.c
        counted = (
            select(of["class"], of.state, func.count(), func.count().filter(of.wave == 0))
            .where(*rows.of_campaign(targets, platform, name), of.state.in_(UNVERIFIED), of.state_time <= now)
            .group_by(of["class"], of.state)
            .order_by(of["class"], of.state)
        )
        async with transaction(self._counting) as connection:
            found = await rows.read(connection, platform, name)
            if found is None:
                return None
            if bar := bar_to_restricting(CampaignState(found.state)):
                return bar
            groups = [
                Group(AccountClass(row[0]), TargetState(row[1]), row[2], row[3])
                for row in await connection.execute(counted)
            ]
        return Preview(platform=platform, name=name, as_of=now, groups=groups)

    async def unverified(self, platform: str, name: str, now: datetime, after: str, limit: int) -> Sequence[str]:
        """Reads them by key."""
        of = targets.c
        found = (
            select(of.account)
            .where(*rows.of_campaign(targets, platform, name), of.account > after)
            .where(of.state.in_(UNVERIFIED), of.state_time <= now)
            .order_by(of.account)
            .limit(limit)
        )
        async with transaction(self._counting) as connection:
            return (await connection.scalars(found)).all()

    async def begin(
        self, order: Order, name: str, approval: str, approved: Approved, now: datetime
    ) -> Restriction | Bar | None:
        """Keeps it with the job that does it."""
        async with transaction(self._engine) as connection:
            found = await rows.read(connection, order.platform, name, lock=True)
            if found is None:
                return None
            if bar := bar_to_restricting(CampaignState(found.state)):
                return bar
            if kept := await _locked(connection, order.platform, name, approval):
                return restriction_of(kept)
            made = {
                "platform": order.platform,
                "campaign": name,
                "approval": approval,
                "state": RestrictionState.RUNNING,
                "accounts": approved.accounts,
                "as_of_time": approved.as_of,
                **dict.fromkeys(("taken", "ended", "restored"), 0),
                "create_time": now,
                "reason": "",
            }
            kept = (await connection.execute(insert(restrictions).values(made).returning(restrictions))).one()
            await jobs.enqueue(connection, [restrict_job(order.platform, name, approval)])
            detail: Json = {"approval": approval, "accounts": approved.accounts}
            await trail.write(connection, [rows.entry(order, Tag.CAMPAIGN_RESTRICTED, name, now, detail)])
            return restriction_of(kept)

    async def undo(self, order: Order, name: str, approval: str, reason: str, now: datetime) -> Restriction | None:
        """Turns it round, with the job that does it."""
        async with transaction(self._engine) as connection:
            kept = await _locked(connection, order.platform, name, approval)
            if kept is None or kept.state in {RestrictionState.UNDOING, RestrictionState.UNDONE}:
                return None if kept is None else restriction_of(kept)
            turned = update(restrictions).where(*_key(order.platform, name, approval)).returning(restrictions)
            kept = (
                await connection.execute(turned.values(state=RestrictionState.UNDOING, end_time=None, reason=reason))
            ).one()
            await jobs.enqueue(connection, [restrict_job(order.platform, name, approval)])
            detail: Json = {"approval": approval, "reason": reason}
            await trail.write(connection, [rows.entry(order, Tag.RESTRICTION_UNDONE, name, now, detail)])
            return restriction_of(kept)


async def read_restrictions(connection: AsyncConnection, platform: str, name: str) -> list[Restriction]:
    """Returns those of a campaign, oldest first."""
    of = restrictions.c
    found = select(restrictions).where(of.platform == platform, of.campaign == name).order_by(of.create_time)
    return [restriction_of(row) for row in await connection.execute(found)]


def restriction_of(row: Row[Any]) -> Restriction:
    """Reads a row."""
    return Restriction(
        approval=row.approval,
        state=RestrictionState(row.state),
        accounts=row.accounts,
        as_of=row.as_of_time,
        create_time=row.create_time,
        end_time=row.end_time,
        taken=row.taken,
        ended=row.ended,
        restored=row.restored,
        reason=row.reason,
    )


async def _locked(connection: AsyncConnection, platform: str, name: str, approval: str) -> Row[Any] | None:
    found = select(restrictions).where(*_key(platform, name, approval)).with_for_update()
    return (await connection.execute(found)).one_or_none()


def _key(platform: str, name: str, approval: str) -> tuple[Any, ...]:
    return *rows.of_campaign(restrictions, platform, name), restrictions.c.approval == approval
