"""Legal holds in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, literal, select, tuple_, update

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry, lock_accounts
from xacthuc.identity.adapters.newest import newest_first
from xacthuc.identity.adapters.purge import destruction_job, purge_job
from xacthuc.identity.adapters.retention.tables import erasures, held_accounts, holds, is_held
from xacthuc.identity.adapters.tables import accounts, jobs, platforms, trail
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.ports.retention import Held, HoldOrder, HoldView, Placed
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order

_RESUMED_AT_ONCE = 1_000


class SqlHolds:
    """The port `Holds`. A hold is called by the request that placed it."""

    def __init__(self, engine: AsyncEngine, requests: SqlRequests) -> None:
        """Takes the pool for writes, and what recognises repetitions."""
        self._engine = engine
        self._requests = requests

    async def place(self, order: Order, wanted: HoldOrder, accounts: Sequence[str], now: datetime) -> Placed | None:
        """Makes the hold and takes its first accounts."""
        async with transaction(self._engine) as connection:
            if not await _exists(connection, order.platform):
                return None
            if await self._requests.find(connection, order) is None:
                await connection.execute(
                    insert(holds).values(
                        platform=order.platform,
                        hold=order.request_id,
                        authority=wanted.authority,
                        legal_basis=wanted.legal_basis,
                        reference=wanted.reference,
                        review_time=wanted.review_time,
                        place_actor=order.actor,
                        place_time=now,
                    )
                )
                await trail.write(connection, [entry(order, Tag.HOLD_PLACED, order.request_id, now, {})])
                await self._take(connection, order, order.request_id, accounts, now)
            return await _placed(connection, order.platform, order.request_id, accounts)

    async def extend(self, order: Order, hold_id: str, accounts: Sequence[str], now: datetime) -> Placed | None:
        """Takes more accounts into a hold that stands."""
        async with transaction(self._engine) as connection:
            found = await connection.scalar(
                select(holds.c.hold)
                .where(_is(order.platform, hold_id), holds.c.release_time.is_(None))
                .with_for_update()
            )
            if await self._requests.find(connection, order) is None:
                if found is None:
                    return None
                await self._take(connection, order, hold_id, accounts, now)
            return await _placed(connection, order.platform, hold_id, accounts)

    async def release(self, order: Order, hold_id: str, basis: str, now: datetime) -> HoldView | None:
        """Ends the hold and asks for what it kept waiting, in one commit."""
        async with transaction(self._engine) as connection:
            standing = await connection.scalar(
                select(holds.c.release_time.is_(None)).where(_is(order.platform, hold_id)).with_for_update()
            )
            if standing is None:
                return None
            if await self._requests.find(connection, order) is None:
                await self._requests.record(connection, order, None, None, now)
                if standing:
                    await connection.execute(
                        update(holds)
                        .where(_is(order.platform, hold_id))
                        .values(release_time=now, release_basis=basis, release_actor=order.actor)
                    )
                    await trail.write(connection, [entry(order, Tag.HOLD_RELEASED, hold_id, now, {"basis": basis})])
                    await _resume(connection, order.platform, hold_id, now)
            return await _view(connection, order.platform, hold_id)

    async def page(self, platform: str, after: str, limit: int) -> list[HoldView]:
        """Reads holds by keyset."""
        of = holds.c
        wanted = newest_first(holds, of.hold, after, limit, of.platform == platform, by="place_time")
        async with transaction(self._engine) as connection:
            return [_hold(row) for row in await connection.execute(wanted.add_columns(_counted()))]

    async def accounts(self, after: Held, limit: int) -> list[Held]:
        """Reads them by keyset."""
        of = held_accounts.c
        standing = (
            select(of.platform, of.account)
            .distinct()
            .where(tuple_(of.platform, of.account) > tuple_(*map(literal, after)), is_held(held_accounts))
            .order_by(of.platform, of.account)
            .limit(limit)
        )
        async with transaction(self._engine) as connection:
            return [Held(*row) for row in await connection.execute(standing)]

    async def _take(
        self, connection: AsyncConnection, order: Order, hold_id: str, account_ids: Sequence[str], now: datetime
    ) -> None:
        """Under the locks that every destruction takes: what is held from here on is not destroyed, or was before."""
        await self._requests.record(connection, order, None, None, now)
        await lock_accounts(connection, order.platform, account_ids)
        begun = exists().where(
            erasures.c.platform == accounts.c.platform,
            erasures.c.account == accounts.c.account,
            erasures.c.end_time.is_(None),
            erasures.c.begin_time.is_not(None),
        )
        known = exists().where(
            held_accounts.c.platform == accounts.c.platform,
            held_accounts.c.account == accounts.c.account,
            held_accounts.c.hold == hold_id,
        )
        found = await connection.scalars(
            select(accounts.c.account).where(
                accounts.c.platform == order.platform,
                accounts.c.account.in_(account_ids),
                accounts.c.life != Life.ERASED,
                ~begun,
                ~known,
            )
        )
        if new := list(found):
            rows = [
                {"platform": order.platform, "account": account_id, "hold": hold_id, "place_time": now}
                for account_id in new
            ]
            await connection.execute(insert(held_accounts), rows)
            await trail.write(
                connection,
                [entry(order, Tag.ACCOUNT_HELD, account_id, now, {"hold": hold_id}) for account_id in new],
            )


async def _resume(connection: AsyncConnection, platform: str, hold_id: str, now: datetime) -> None:
    """Asks for what waited: erasures that were put off, and what came due. What another hold keeps goes on waiting."""
    of_hold = (held_accounts.c.platform == accounts.c.platform) & (held_accounts.c.account == accounts.c.account)
    waiting = (
        select(accounts.c.account, accounts.c.life, accounts.c.purge_time)
        .join(held_accounts, of_hold)
        .where(
            held_accounts.c.platform == platform,
            held_accounts.c.hold == hold_id,
            accounts.c.purge_time.is_not(None),
            (accounts.c.purge_time <= now) | (accounts.c.life == Life.ERASURE_SCHEDULED),
            ~is_held(accounts),
        )
        .order_by(accounts.c.account)
        .limit(_RESUMED_AT_ONCE)
    )
    after = ""
    while rows := (await connection.execute(waiting.where(accounts.c.account > after))).all():
        after = rows[-1].account
        wanted = [purge_job(platform, row.account, row.purge_time) for row in rows]
        wanted += [destruction_job(platform, row.account) for row in rows if row.life == Life.ERASURE_SCHEDULED]
        await jobs.enqueue(connection, wanted)


async def _placed(
    connection: AsyncConnection, platform: str, hold_id: str, account_ids: Sequence[str]
) -> Placed | None:
    view = await _view(connection, platform, hold_id)
    if view is None:
        return None
    of = held_accounts.c
    kept = await connection.scalars(
        select(of.account).where(of.platform == platform, of.account.in_(account_ids), of.hold == hold_id)
    )
    return Placed(view, tuple(sorted(set(account_ids) - set(kept))))


async def _view(connection: AsyncConnection, platform: str, hold_id: str) -> HoldView | None:
    row = (await connection.execute(select(holds, _counted()).where(_is(platform, hold_id)))).one_or_none()
    return None if row is None else _hold(row)


def _counted() -> ColumnElement[int]:
    """Returns how many accounts a hold has."""
    whose = tuple_(held_accounts.c.platform, held_accounts.c.hold) == tuple_(holds.c.platform, holds.c.hold)
    return select(func.count()).select_from(held_accounts).where(whose).scalar_subquery().label("accounts")


def _hold(row: Row[Any]) -> HoldView:
    return HoldView(
        platform=row.platform,
        hold_id=row.hold,
        order=HoldOrder(
            authority=row.authority,
            legal_basis=row.legal_basis,
            reference=row.reference,
            review_time=row.review_time,
        ),
        accounts=row.accounts,
        place_time=row.place_time,
        place_actor=row.place_actor,
        release_time=row.release_time,
        release_basis=row.release_basis or "",
        release_actor=row.release_actor or "",
    )


def _is(platform: str, hold_id: str) -> ColumnElement[bool]:
    return (holds.c.platform == platform) & (holds.c.hold == hold_id)


async def _exists(connection: AsyncConnection, platform: str) -> bool:
    return await connection.scalar(select(platforms.c.platform).where(platforms.c.platform == platform)) is not None
