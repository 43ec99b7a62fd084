"""Reads everything that is held on one account, opened, and writes down that somebody did."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.retention.sections import LEFT_OUT, SECTIONS
from xacthuc.identity.adapters.tables import accounts, trail
from xacthuc.identity.domain.export import MOST_ROWS, Export, Filled, Kept
from xacthuc.identity.domain.retention import Data
from xacthuc.sealing import UnsealError
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.retention.sections import Section
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.retention import Rule
    from xacthuc.policy import Policy


class SqlExports:
    """The port `Exports`."""

    def __init__(
        self, engine: AsyncEngine, keys: AccountKeys, requests: SqlRequests, policy: Policy, rules: Sequence[Rule]
    ) -> None:
        """Takes the pool for writes, which exports are read and audited through, what opens rows, and the plan."""
        self._engine = engine
        self._keys = keys
        self._requests = requests
        self._policy = policy
        self._rules = rules

    async def export(self, order: Order, account_id: str, now: datetime) -> Export | None:
        """Reads all sections as of one moment."""
        keys = await self._keys.get_many(order.platform, (account_id, hold_of(account_id)))
        ciphers = [key for key in keys.values() if isinstance(key, AccountCipher)]
        async with transaction(self._engine) as connection:
            found = (
                await connection.execute(
                    select(accounts.c.purge_time).where(
                        accounts.c.platform == order.platform, accounts.c.account == account_id
                    )
                )
            ).one_or_none()
            if found is None:
                return None
            sections = [await _filled(connection, section, order.platform, account_id, ciphers) for section in SECTIONS]
            if await self._requests.find(connection, order) is None:
                await self._requests.record(connection, order, None, None, now)
                await trail.write(connection, [entry(order, Tag.ACCOUNT_EXPORTED, account_id, now, {})])
        return Export(
            platform=order.platform,
            account_id=account_id,
            make_time=now,
            policy_version=self._policy.version,
            sections=sections,
            kept=[self._kept(rule, found.purge_time) for rule in self._rules],
            left_out=LEFT_OUT,
        )

    def _kept(self, rule: Rule, purge_time: datetime | None) -> Kept:
        of_account = rule.data in {Data.ACCOUNT, Data.PENDING}
        return Kept(
            rule=rule,
            legal_basis=self._policy.sources[rule.figure].citation,
            until=purge_time if of_account else None,
        )


async def _filled(
    connection: AsyncConnection,
    section: Section,
    platform: str,
    account_id: str,
    ciphers: Sequence[AccountCipher],
) -> Filled:
    table = section.table
    of_account = (table.c.platform == platform, table.c[section.whose] == account_id)
    rows = await connection.execute(
        select(*(table.c[name] for name in section.columns))
        .where(*of_account)
        .order_by(table.c[section.by].desc())
        .limit(MOST_ROWS)
    )
    read = [_opened(section.columns, row, ciphers) for row in rows]
    total = len(read)
    if total == MOST_ROWS:
        total = await connection.scalar(select(func.count()).select_from(table).where(*of_account)) or 0
    return Filled(name=section.name, title_vi=section.title_vi, title_en=section.title_en, rows=read, total=total)


def _opened(columns: Sequence[str], row: Row[Any], ciphers: Sequence[AccountCipher]) -> dict[str, Any]:
    """Returns the row with what is sealed opened; None where its key was destroyed."""
    told: dict[str, Any] = {}
    for name, value in zip(columns, row, strict=True):
        if name == "person":
            told |= {"full_name": None, "birth_date": None}
            for cipher in ciphers:
                with suppress(UnsealError):
                    person = cipher.person(value)
                    born = None if person.birth_date is None else person.birth_date.isoformat()
                    told |= {"full_name": person.full_name, "birth_date": born}
        elif name == "number":
            told[name] = None
            for cipher in ciphers if value else ():
                with suppress(UnsealError):
                    told[name] = cipher.number(value)
        else:
            told[name] = value
    return told
