"""The accounts of a platform in PostgreSQL, page by page, and what their holders agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from xacthuc.identity.adapters.account_queries import life_of
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, consents
from xacthuc.identity.domain.account import ConsentKind, Kind
from xacthuc.identity.ports.lifecycle import ConsentRecord
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.domain.account import Account


class SqlAccountList:
    """The port `AccountList`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._rows = database.rows

    @second_look
    async def page(self, platform: str, after: str, limit: int) -> tuple[list[Account], str]:
        """Reads a page of ids, then the keys, then the rows.

        The ids alone tell whether there is more: of the accounts, one may be dropped in between.
        """
        behind = (accounts.c.platform == platform, accounts.c.account > after, accounts.c.kind == Kind.PERSON)
        async with transaction(self._engine) as connection:
            found = await connection.scalars(
                select(accounts.c.account).where(*behind).order_by(accounts.c.account).limit(limit + 1)
            )
            ids = found.all()
        if not ids:
            return [], ""
        ids, next_after = ids[:limit], ids[limit - 1] if len(ids) > limit else ""
        keys = await self._keys.get_many(platform, ids)
        async with transaction(self._engine) as connection:
            return await self._rows.accounts(connection, platform, keys), next_after

    async def consents(self, platform: str, account_id: str) -> list[ConsentRecord] | None:
        """Reads what was agreed to; an account without anything may not be there at all."""
        of_account = (consents.c.platform == platform, consents.c.account == account_id)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(consents).where(*of_account).order_by(consents.c.id))).all()
            if not rows and await life_of(connection, platform, account_id) is None:
                return None
        return [
            ConsentRecord(
                kind=ConsentKind(row.kind),
                text_version=row.text_version,
                accept_time=row.accept_time,
                record_time=row.record_time,
            )
            for row in rows
        ]
