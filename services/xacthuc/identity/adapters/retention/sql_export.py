"""Reads everything that is held on one account, opened, and writes down that somebody did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry
from xacthuc.identity.adapters.retention.filling import filled
from xacthuc.identity.adapters.retention.sections import LEFT_OUT, SECTIONS
from xacthuc.identity.adapters.tables import accounts, trail
from xacthuc.identity.domain.export import Export, Kept
from xacthuc.identity.domain.retention import Data
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.retention.filling import Filling
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.retention import Rule
    from xacthuc.policy import Policy


class SqlExports:
    """The port `Exports`."""

    def __init__(
        self, engine: AsyncEngine, filling: Filling, requests: SqlRequests, policy: Policy, rules: Sequence[Rule]
    ) -> None:
        """Takes the pool for writes, which exports are read and audited through, what opens rows, and the plan."""
        self._engine = engine
        self._filling = filling
        self._requests = requests
        self._policy = policy
        self._rules = rules

    async def export(self, order: Order, account_id: str, now: datetime) -> Export | None:
        """Reads all sections as of one moment."""
        opener = await self._filling.opener(order.platform, account_id)
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
            sections = [await filled(connection, section, opener) for section in SECTIONS]
            await self._requests.record(connection, order, None, None, now)
            # Also of a repetition: it opens everything again.
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
