"""Rows of broadcasts."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, Text, cast, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.livestream.adapters.tables import broadcasters, broadcasts
from xacthuc.livestream.domain.broadcast import Broadcast, Commerce, EndReason, State
from xacthuc.livestream.ports.broadcasts import Kept

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS: Final = tuple(each.name for each in fields(Broadcast) if each.name != "account_id")
LIVE: Final = literal_column("'LIVE'", Text)
"""Written out, so that a plan for any parameters finds the indexes of what runs."""

OVER_SINCE: Final = func.coalesce(broadcasts.c.revoke_time, broadcasts.c.end_time, broadcasts.c.create_time)
"""When a broadcast was over that is not LIVE: what sets the clock of its record going.

Of one that was cut, when it was: a platform that tells late when it went off air does not have it kept for longer.
"""


class Found(NamedTuple):
    """A broadcast as it is kept."""

    kept: Kept
    decisions: int
    """How many are on record of it."""

    def after(self, broadcast: Broadcast) -> Found:
        """Returns it as it is kept once it stands as `broadcast`."""
        return self._replace(kept=replace(self.kept, broadcast=broadcast))


def heard_of(platform: str, account_id: str) -> Select[tuple[int]]:
    """Returns the question how often something was heard of an account."""
    of = broadcasters.c
    return select(of.heard).where(of.platform == platform, of.account == account_id)


async def heard(connection: AsyncConnection, platform: str, account_id: str, *, lock: bool = False) -> int | None:
    """Returns how often something was heard of an account; None when nobody ever asked about it.

    With `lock` nobody else changes its broadcasts until the end of the transaction.
    """
    found = heard_of(platform, account_id)
    times: int | None = await connection.scalar(found.with_for_update() if lock else found)
    return times


def accounts_behind(after: tuple[str, str], limit: int) -> Select[Any]:
    """Returns the question for accounts that were ever asked about, by key: all together take longer than a statement may."""
    whose = broadcasters.c
    key = tuple_(whose.platform, whose.account)
    return select(broadcasters).where(key > after).order_by(whose.platform, whose.account).limit(limit)


async def begin_to_hear(connection: AsyncConnection, platform: str, account_id: str) -> int:
    """Makes whoever hears of an account from now on leave a mark; returns how often something was heard of it."""
    # The instant, in microseconds, for `Housekeeping`; and not from 0, so that a row which was deleted and made again is not taken for the one that was there before.
    first = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    new = insert(broadcasters).values(platform=platform, account=account_id, heard=first)
    await connection.execute(new.on_conflict_do_nothing())
    return await heard(connection, platform, account_id) or 0


def one(platform: str, broadcast_id: str) -> Select[Any]:
    """Returns the question for a broadcast."""
    return select(broadcasts).where(*_is(platform, broadcast_id))


async def read(connection: AsyncConnection, platform: str, broadcast_id: str, *, lock: bool = False) -> Found | None:
    """Returns a broadcast within a transaction, locked or not; None when there is none."""
    found = one(platform, broadcast_id)
    row = (await connection.execute(found.with_for_update() if lock else found)).one_or_none()
    return None if row is None else found_of(row)


async def lock_live(connection: AsyncConnection, platform: str, account_id: str) -> list[Found]:
    """Returns the LIVE broadcasts of an account whose row is locked, and locks them."""
    of = broadcasts.c
    found = select(broadcasts).where(of.platform == platform, of.account == account_id, of.state == LIVE)
    return [found_of(row) for row in await connection.execute(found.order_by(of.broadcast).with_for_update())]


async def count_on_air(connection: AsyncConnection, platform: str, account_id: str, but: str) -> int:
    """Returns how many broadcasts of an account are LIVE beside one."""
    return (await connection.execute(count_of(platform, account_id, but))).scalar_one()


def count_of(platform: str, account_id: str, but: str) -> Select[tuple[int]]:
    """Returns the question for the same."""
    of = broadcasts.c
    return select(func.count()).where(
        of.platform == platform, of.account == account_id, of.state == LIVE, of.broadcast != but
    )


async def insert_new(connection: AsyncConnection, platform: str, new: Found) -> bool:
    """Keeps a new broadcast; False when another call has just made one with its id."""
    kept = await connection.execute(
        insert(broadcasts)
        .values(
            platform=platform,
            broadcast=new.kept.broadcast_id,
            account=new.kept.broadcast.account_id,
            declarations=new.kept.declarations,
            decisions=new.decisions,
            **_values(new.kept.broadcast),
        )
        .on_conflict_do_nothing()
    )
    return kept.rowcount == 1


async def change(connection: AsyncConnection, platform: str, changed: Found) -> None:
    """Keeps what became of a broadcast that is locked."""
    await connection.execute(
        update(broadcasts)
        .where(*_is(platform, changed.kept.broadcast_id))
        .values(declarations=changed.kept.declarations, decisions=changed.decisions, **_values(changed.kept.broadcast))
    )


def found_of(row: Row[Any]) -> Found:
    """Reads a row."""
    columns = {name: getattr(row, name) for name in _COLUMNS}
    broadcast = Broadcast(
        **{
            **columns,
            "account_id": row.account,
            "state": State(row.state),
            "commerce": Commerce(row.commerce),
            "end_reason": EndReason(row.end_reason) if row.end_reason else None,
        }
    )
    kept = Kept(broadcast_id=row.broadcast, broadcast=broadcast, declarations=row.declarations)
    return Found(kept, row.decisions)


def _values(broadcast: Broadcast) -> dict[str, object]:
    return {name: getattr(broadcast, name) for name in _COLUMNS}


def _is(platform: str, broadcast_id: str) -> tuple[ColumnElement[bool], ...]:
    return broadcasts.c.platform == platform, broadcasts.c.broadcast == broadcast_id
