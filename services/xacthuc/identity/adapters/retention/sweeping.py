"""Destroys what the plan says is over, some rows a transaction, in whatever process comes by.

What an account's hold keeps is destroyed under the account's lock, which placing a hold takes too: whoever comes second
sees what the first one did. So no statement that began before a hold destroys what the hold is to keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, tuple_, update

from xacthuc.identity.adapters.retention.places import PLACES
from xacthuc.identity.adapters.retention.tables import is_held
from xacthuc.identity.adapters.tables import accounts, jobs, outbox
from xacthuc.identity.adapters.webhooks import sql_deliveries
from xacthuc.identity.domain.retention import Data
from xacthuc.sql.engine import transaction
from xacthuc.sql.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.retention.places import Place
    from xacthuc.identity.domain.retention import Rule

_AT_ONCE: Final = 1_000
_ROWS_AT_ONCE: Final = 200
"""Whose accounts are locked meanwhile, so that calls about them wait: some milliseconds."""

ELSEWHERE: Final = frozenset({Data.ACCOUNT, Data.PENDING, Data.AUDIT, Data.RELEASE_DOCUMENT, Data.SESSION})
"""What is destroyed by others: accounts and documents for authorities, whose keys lie in another database, by jobs of their
own (`purge.py`, `releases/documents.py`), and entries of the audit trail by whole seals, which leave a signed word
(`xacthuc.audit.pruning`), and the session log by whole months (`sessions/months.py`)."""


async def destroy(engine: AsyncEngine, rules: Iterable[Rule], now: datetime) -> None:
    """Destroys everything of these rules whose time has come and that no hold keeps."""
    for rule in rules:
        if rule.data in ELSEWHERE:
            continue
        step = _of_accounts if rule.held else _of_nobody
        while await step(engine, rule, now):
            pass


async def _of_nobody(engine: AsyncEngine, rule: Rule, now: datetime) -> int:
    before, place = rule.term.before(now), PLACES[rule.data]
    async with transaction(engine) as connection:
        if rule.data is Data.JOB_ATTEMPT:
            return await jobs.forget_attempts(connection, before)
        if rule.data is Data.EVENT:
            # What webhooks were not given yet waits for them; what they were given, they have rows of their own for.
            given = await sql_deliveries.dispatched(connection)
            until = (await outbox.ends(connection)).position if given is None else given
            return await outbox.forget(connection, before=before, until=until)
        if rule.data is Data.WEBHOOK_DELIVERY:
            return await sql_deliveries.forget(connection, before)
        return (await connection.execute(sweep(place.table, place.since <= before, _AT_ONCE))).rowcount


async def _of_accounts(engine: AsyncEngine, rule: Rule, now: datetime) -> int:
    place = PLACES[rule.data]
    old = _old(place, rule.term.before(now))
    whose = tuple_(place.table.c.platform, place.table.c.account)
    async with transaction(engine) as connection:
        # By age, and not the different accounts alone: for these PostgreSQL may read the whole table in the order of its key.
        oldest = select(place.table.c.platform, place.table.c.account).where(*old).order_by(place.since)
        found = await connection.execute(oldest.limit(_ROWS_AT_ONCE))
        pairs = sorted({(row.platform, row.account) for row in found})
        if not pairs:
            return 0
        await _lock(connection, pairs)
        of_pairs = (whose.in_(pairs), *old)
        if place.emptied:
            await connection.execute(update(place.table).where(*of_pairs).values(**place.emptied))
        else:
            await connection.execute(delete(place.table).where(*of_pairs))
    return len(pairs)


def _old(place: Place, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (place.since <= before, *place.if_, ~is_held(place.table))


async def _lock(connection: AsyncConnection, pairs: list[tuple[str, str]]) -> None:
    """In key order, as everybody locks accounts. Of one that is not there any more nothing can be held either."""
    of = accounts.c
    await connection.execute(
        select(of.account)
        .where(tuple_(of.platform, of.account).in_(pairs))
        .order_by(of.platform, of.account)
        .with_for_update()
    )
