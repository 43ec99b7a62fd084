"""The accounts' keys in PostgreSQL, each in a transaction of its own.

A key is made before the rows it seals are committed, never after: a crash in between leaves a key that opens nothing,
which is harmless and taken up by the next attempt, where the other order would leave rows that nothing opens.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import any_, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import LargeBinary, Text

from xacthuc.identity.adapters.account_cipher import AccountCipher, NewKeys
from xacthuc.identity.adapters.key_tables import account_keys
from xacthuc.sealing import UnknownSealKeyError, UnsealError
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_cipher import KeyWrapper
    from xacthuc.masked import Sealed


class NoKey(Enum):
    """Why an account has no key."""

    NEVER_MADE = auto()
    """Nobody registered it."""
    DESTROYED = auto()
    """It was erased: what it sealed opens never again, and it gets no other key."""


class AccountKeyMissingError(UnknownSealKeyError):
    """An account has rows and never had a key: the database of keys is not the one these rows were written with.

    Not taken for an erasure, which leaves a trace.
    """


class DamagedKey(AccountCipher):
    """In the place of a key that does not open: whoever needs it is told, and nobody who asked for others beside it."""

    __slots__ = ("_fault",)

    def __init__(self, platform: str, account_id: str, fault: type[UnsealError]) -> None:
        """Takes what is raised by every use."""
        self.platform = platform
        self.account_id = account_id
        self._fault = fault

    def seal(self, kind: str, plain: bytes) -> Sealed:
        """Raises the fault."""
        del kind, plain
        raise self._fault

    def open(self, kind: str, sealed: bytes) -> bytes:
        """Raises the fault."""
        del kind, sealed
        raise self._fault


AccountKey = AccountCipher | NoKey


class MadeKeys(NamedTuple):
    """Keys of accounts, of which some may have had one before."""

    keys: dict[str, AccountKey]
    older: frozenset[str]
    """Accounts whose key is not of this making: they may have rows, and the others have none yet."""


_MADE_A_TURN: Final = 128
"""Keys made before other calls of the process have their turns: about a millisecond."""

_MADE: Final = "FROM unnest(:accounts, :wrapped) AS made (account, wrapped)"
_ARRAYS: Final = (bindparam("accounts", type_=ARRAY(Text)), bindparam("wrapped", type_=ARRAY(LargeBinary)))

_MAKE_NEW: Final = text(
    f"""
    INSERT INTO identity_keys.account_keys (platform, account, wrapped, create_time)
    SELECT :platform, account, wrapped, :now {_MADE}
    ON CONFLICT (platform, account) DO NOTHING
    """
).bindparams(*_ARRAYS)

_TAKE_UP: Final = text(
    f"""
    WITH kept AS (
        INSERT INTO identity_keys.account_keys (platform, account, wrapped, create_time)
        SELECT :platform, account, wrapped, :now {_MADE}
        ON CONFLICT (platform, account) DO UPDATE SET create_time = excluded.create_time
        WHERE account_keys.wrapped IS NOT NULL
        RETURNING account, wrapped
    )
    SELECT account FROM (
        SELECT account, wrapped {_MADE}
        EXCEPT ALL SELECT account, wrapped FROM kept
    ) AS others
    """  # noqa: S608 - constants
).bindparams(*_ARRAYS)
"""For those that had a key before: notes that it is given out again, and returns whose it is, or was."""

_KEY = select(account_keys.c.account, account_keys.c.wrapped).where(account_keys.c.platform == bindparam("platform"))
# Equality lets PostgreSQL look into one partition alone; a list makes it look into all.
_ONE: Final = _KEY.where(account_keys.c.account == bindparam("account"))
_MANY: Final = _KEY.where(account_keys.c.account == any_(bindparam("accounts", type_=ARRAY(Text))))


class AccountKeys:
    """Makes, finds and destroys keys. Call nothing here with a transaction open elsewhere."""

    def __init__(self, engine: AsyncEngine, wrapper: KeyWrapper) -> None:
        """Takes the pool of the database of keys, and what opens them."""
        self._engine = engine
        self._wrapper = wrapper

    async def get(self, platform: str, account_id: str) -> AccountKey:
        """Returns an account's key, or why there is none."""
        return (await self.get_many(platform, (account_id,)))[account_id]

    async def get_many(self, platform: str, account_ids: Collection[str]) -> dict[str, AccountKey]:
        """Returns the key of each account, or why it has none, in one query."""
        async with transaction(self._engine) as connection:
            rows = await _find(connection, platform, account_ids)
        keys: dict[str, AccountKey] = dict.fromkeys(account_ids, NoKey.NEVER_MADE)
        keys.update((row.account, self._opened(platform, row)) for row in rows)
        return keys

    async def make(self, platform: str, account_id: str, now: datetime) -> AccountKey:
        """Returns the account's key, making it if it never had one; DESTROYED once it was."""
        return (await self.make_many(platform, (account_id,), now)).keys[account_id]

    async def make_many(self, platform: str, account_ids: Collection[str], now: datetime) -> MadeKeys:
        """Does what `make` does for up to a few thousand accounts, in one query where none of them had a key."""
        # Everybody inserts in one order, so that two imports of the same accounts wait for each other only one way.
        ordered = sorted(set(account_ids))
        made = NewKeys([], [])
        for start in range(0, len(ordered), _MADE_A_TURN):
            if start:
                await asyncio.sleep(0)
            made.add(self._wrapper.make_many(platform, ordered[start : start + _MADE_A_TURN]))
        values = {"platform": platform, "now": now, "accounts": ordered, "wrapped": made.wrapped}
        others: Sequence[str] = ()
        rows: Sequence[Row[Any]] = ()
        async with transaction(self._engine) as connection:
            inserted = (await connection.execute(_MAKE_NEW, values)).rowcount
            if inserted < len(ordered):
                others = (await connection.scalars(_TAKE_UP, values)).all()
                rows = await _find(connection, platform, others)
        keys: dict[str, AccountKey] = dict(zip(ordered, made.ciphers, strict=True))
        keys.update(dict.fromkeys(others, NoKey.DESTROYED))
        keys.update((row.account, self._opened(platform, row)) for row in rows)
        return MadeKeys(keys, frozenset(others))

    async def destroy(self, platform: str, account_id: str, now: datetime) -> None:
        """Overwrites the key for ever, and notes that it was; doing it again changes nothing."""
        destroyed = insert(account_keys).values(
            platform=platform, account=account_id, wrapped=None, create_time=now, destroy_time=now
        )
        async with transaction(self._engine) as connection:
            await connection.execute(
                destroyed.on_conflict_do_update(
                    index_elements=["platform", "account"],
                    set_={"wrapped": None, "destroy_time": now},
                    where=account_keys.c.destroy_time.is_(None),
                )
            )

    async def forget(self, platform: str, account_id: str, before: datetime) -> bool:
        """Removes the key of an account that is no longer there and left no duty behind; returns whether it is gone.

        The id may be registered anew, and somebody may be about to: a key that was given out to seal with since `before`
        stays.
        """
        of = account_keys.c
        is_one = (of.platform == platform, of.account == account_id)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(account_keys).where(*is_one, of.create_time < before))
            return await connection.scalar(select(of.account).where(*is_one)) is None

    def _opened(self, platform: str, row: Row[tuple[str, bytes]]) -> AccountKey:
        if row.wrapped is None:
            return NoKey.DESTROYED
        try:
            return self._wrapper.open(platform, row.account, row.wrapped)
        except UnsealError as fault:
            return DamagedKey(platform, row.account, type(fault))


async def _find(
    connection: AsyncConnection, platform: str, account_ids: Collection[str]
) -> Sequence[Row[tuple[str, bytes]]]:
    if len(account_ids) == 1:
        found = await connection.execute(_ONE, {"platform": platform, "account": next(iter(account_ids))})
    else:
        found = await connection.execute(_MANY, {"platform": platform, "accounts": list(account_ids)})
    return found.all()
