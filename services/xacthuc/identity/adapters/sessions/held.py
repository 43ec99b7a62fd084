"""Entries of the session log that a legal hold keeps beyond their month.

The log is dropped by months, with the keys of its days. So what a hold keeps is copied aside before, sealed anew under a
key of the account, and goes as everything else that holds keep does once the last one is released.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert

from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.retention.tables import is_held
from xacthuc.identity.adapters.sessions.origins import microseconds, opened_origin, place_of
from xacthuc.identity.adapters.sessions.tables import held_sessions, session_log
from xacthuc.policy.dates import local_date
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.sessions.keys import SessionKeys
    from xacthuc.identity.domain.sessions import Month

_AT_ONCE: Final = 500
_NO_NEW_HOLDS: Final = text("LOCK TABLE identity.held_accounts IN SHARE MODE")
"""Waits for who is placing a hold, and keeps others waiting for as long as the last look takes."""


class HeldSessions:
    """Copies aside, and opens what was copied. Call nothing here with a transaction open."""

    def __init__(self, engine: AsyncEngine, accounts: AccountKeys, days: SessionKeys) -> None:
        """Takes the pool for writes, the keys of accounts, and those of the log's days."""
        self._engine = engine
        self._accounts = accounts
        self._days = days

    async def put_aside(self, month: Month) -> None:
        """Copies what holds keep of a month. A hold that is placed after this returns comes too late for that month."""
        while rows := await self._left(month):
            for platform, account_id in sorted({(row.platform, row.account) for row in rows}):
                await self._copy(platform, account_id, [row for row in rows if _is_of(row, platform, account_id)])

    async def ciphers(self, platform: str, account_id: str) -> Sequence[AccountCipher]:
        """Returns what may open copies: the account's key, and the one for what the law orders kept of it."""
        keys = await self._accounts.get_many(platform, (account_id, hold_of(account_id)))
        return [key for name in (account_id, hold_of(account_id)) if isinstance(key := keys[name], AccountCipher)]

    async def _left(self, month: Month) -> Sequence[Row[Any]]:
        of, copied = session_log.c, held_sessions.c
        is_copied = exists().where(
            copied.platform == of.platform, copied.account == of.account, copied.time == of.time, copied.id == of.id
        )
        of_month = (of.time >= month.start, of.time < month.following.start)
        wanted = select(session_log).where(*of_month, is_held(session_log), ~is_copied).limit(_AT_ONCE)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(wanted)).all()
            if not rows:
                await connection.execute(_NO_NEW_HOLDS)
                rows = (await connection.execute(wanted)).all()
        return rows

    async def _copy(self, platform: str, account_id: str, rows: Sequence[Row[Any]]) -> None:
        days = await self._days.opening(platform, {local_date(row.time) for row in rows})
        kept = next(iter(await self.ciphers(platform, account_id)), None)
        values = [
            {
                "platform": platform,
                "account": account_id,
                "time": row.time,
                "id": row.id,
                "kind": row.kind,
                "origin": _sealed_anew(account_id, row, days, kept),
                "content_id": row.content_id,
            }
            for row in rows
        ]
        async with transaction(self._engine) as connection:
            await connection.execute(insert(held_sessions).on_conflict_do_nothing(), values)


def _is_of(row: Row[Any], platform: str, account_id: str) -> bool:
    return bool(row.platform == platform and row.account == account_id)


def _sealed_anew(
    account_id: str, row: Row[Any], days: Mapping[date, AccountCipher], kept: AccountCipher | None
) -> bytes | None:
    """A killed run may have destroyed the key of a day before the hold came: the rest of the entry is kept all the same."""
    origin = opened_origin(account_id, row, [days.get(local_date(row.time))])
    if not origin or kept is None:
        return None
    return kept.seal(place_of(account_id, microseconds(row.time), row.kind), origin)
