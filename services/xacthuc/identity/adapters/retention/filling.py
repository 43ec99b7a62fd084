"""Fills sections with what there is of one account, opened: for the person it is about, and for an authority.

Whoever fills writes down for whom, in the same transaction.
"""

from __future__ import annotations

from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.sessions.origins import opened_origin
from xacthuc.identity.adapters.sessions.tables import session_log
from xacthuc.identity.domain.sessions import address_of
from xacthuc.policy.dates import local_date
from xacthuc.sealing import UnsealError
from xacthuc.shares.filled import MOST_ROWS, Filled
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.retention.sections import Section
    from xacthuc.identity.adapters.sessions.keys import SessionKeys

READ_FROM: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "full_name": ("person",),
        "birth_date": ("person",),
        "ip_address": ("origin", "time", "kind"),
        "source_port": ("origin", "time", "kind"),
    }
)
"""What is told of a section that is no column of its own: which columns it is opened from."""


class Filling:
    """Gets what rows are opened with, whose keys lie in another database than the rows."""

    def __init__(self, engine: AsyncEngine, keys: AccountKeys, sessions: SessionKeys) -> None:
        """Takes the pool for writes, and both kinds of keys."""
        self._engine = engine
        self._keys = keys
        self._sessions = sessions

    async def opener(self, platform: str, account_id: str, *, sessions: bool = True) -> Opener:
        """Returns what opens the rows of an account, with or without its log-ins; call it with no transaction open."""
        keys = await self._keys.get_many(platform, (account_id, hold_of(account_id)))
        ciphers = [key for key in keys.values() if isinstance(key, AccountCipher)]
        days = await self._days(platform, account_id) if sessions else set()
        return Opener(platform, account_id, ciphers, await self._sessions.opening(platform, days) if days else {})

    async def _days(self, platform: str, account_id: str) -> set[date]:
        of = session_log.c
        newest = select(of.time).where(of.platform == platform, of.account == account_id).order_by(of.time.desc())
        async with transaction(self._engine) as connection:
            return {local_date(time) for time in await connection.scalars(newest.limit(MOST_ROWS))}


class Opener:
    """Opens the rows of one account. What has no key any more is told as None."""

    def __init__(
        self, platform: str, account_id: str, ciphers: Sequence[AccountCipher], days: Mapping[date, AccountCipher]
    ) -> None:
        """Takes the account's keys, its own and the one for what the law orders kept, and those of its days."""
        self.platform = platform
        self.account_id = account_id
        self._ciphers = ciphers
        self._days = days

    def told(self, name: str, row: Row[Any]) -> Any:
        """Returns what a row tells under a name of its section."""
        if name in {"full_name", "birth_date"}:
            return self._of_person(name, row.person)
        if name in {"ip_address", "source_port"}:
            origin = self._origin(row)
            return address_of(origin)[name == "source_port"] if origin else None
        value = getattr(row, name)
        return self._tried(lambda cipher: cipher.number(value)) if name == "number" and value else value

    def _of_person(self, name: str, sealed: bytes) -> str | None:
        person = self._tried(lambda cipher: cipher.person(sealed))
        if person is None or name == "full_name":
            return None if person is None else person.full_name
        return None if person.birth_date is None else person.birth_date.isoformat()

    def _origin(self, row: Row[Any]) -> bytes:
        """Of the log it opens under the key of its day, and under one of the account when a hold kept it beyond that."""
        with suppress(UnsealError):
            return opened_origin(self.account_id, row, [self._days.get(local_date(row.time)), *self._ciphers])
        return b""

    def _tried(self, opening: Callable[[AccountCipher], Any]) -> Any:
        for cipher in self._ciphers:
            with suppress(UnsealError):
                return opening(cipher)
        return None


async def filled(connection: AsyncConnection, section: Section, opener: Opener) -> Filled:
    """Reads the newest rows of a section; nothing but what it tells is read or opened."""
    table = section.table
    wanted = [table.c.platform == opener.platform, table.c[section.whose] == opener.account_id, *section.only]
    read = {column: None for name in section.columns for column in READ_FROM.get(name, (name,))}
    query = select(*(table.c[name] for name in read)).where(*wanted)
    rows = await connection.execute(query.order_by(table.c[section.by].desc()).limit(MOST_ROWS))
    told = [{name: opener.told(name, row) for name in section.columns} for row in rows]
    total = len(told)
    if total == MOST_ROWS:
        total = await connection.scalar(select(func.count()).select_from(table).where(*wanted)) or 0
    return Filled(name=section.name, title_vi=section.title_vi, title_en=section.title_en, rows=told, total=total)
