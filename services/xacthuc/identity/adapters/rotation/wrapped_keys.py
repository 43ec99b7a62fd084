"""Accounts' keys, wrapped anew under the current key of the service's ring. What they seal is not touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from xacthuc.identity.adapters.account_cipher import KeyWrapper
    from xacthuc.identity.adapters.rotation.paging import Key, OldRows

_REWRAP = (
    update(account_keys)
    .where(account_keys.c.platform == bindparam("of_platform"), account_keys.c.account == bindparam("of_account"))
    .values(wrapped=bindparam("rewrapped"))
)


class WrappedKeys:
    """Renews `account_keys.wrapped`."""

    def __init__(self, rows: OldRows, wrapper: KeyWrapper) -> None:
        """Takes the old rows, and what opens and wraps."""
        self._rows = rows
        self._wrapper = wrapper

    async def renew(self, after: Key | None, last: Key) -> int:
        """Wraps a stretch anew. The rows are locked, so that a key which is being destroyed is not written back."""
        found = (
            select(account_keys.c.platform, account_keys.c.account, account_keys.c.wrapped)
            .where(self._rows.between(after, last), self._rows.is_old)
            .with_for_update(skip_locked=True)
        )
        async with transaction(self._rows.engine) as connection:
            renewed = [
                {
                    "of_platform": row.platform,
                    "of_account": row.account,
                    "rewrapped": self._wrapper.rewrap(row.platform, row.account, row.wrapped),
                }
                for row in await connection.execute(found)
            ]
            if renewed:
                await connection.execute(_REWRAP, renewed)
        return len(renewed)
