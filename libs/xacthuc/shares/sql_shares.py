"""Reads what one service holds on one account, opened, and writes down in its own record that somebody did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.shares.share import Kept, Share
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.audit.trail import Trail
    from xacthuc.clock import Clock
    from xacthuc.order import Order
    from xacthuc.policy import Policy
    from xacthuc.shares.sections import Sections
    from xacthuc.sql.requests import SqlRequests


class SqlShares:
    """Reads and audits over the pool for writes: who cannot be written down is told nothing."""

    def __init__(
        self,
        engine: AsyncEngine,
        sections: Sections,
        requests: SqlRequests,
        trail: Trail,
        *,
        policy: Policy,
        clock: Clock,
    ) -> None:
        """Takes the pool, what is told, and where it is written down."""
        self._engine = engine
        self._sections = sections
        self._requests = requests
        self._trail = trail
        self._policy = policy
        self._clock = clock

    async def export(self, order: Order, account_id: str) -> Share:
        """Reads all sections in one transaction. Of whom nothing is held the share is empty, and audited as well."""
        now = self._clock.now()
        async with transaction(self._engine) as connection:
            filled = [await each.filled(connection, order.platform, account_id) for each in self._sections.told]
            await self._requests.record(connection, order, None, None, now)
            # Also of a repetition: it opens everything again.
            entry = Entry(
                tag=Tag.SHARE_EXPORTED,
                time=now,
                platform=order.platform,
                subject=account_id,
                actor=order.actor,
                request_id=order.request_id,
                trace_id=order.trace_id,
            )
            await self._trail.write(connection, [entry])
        return Share(
            service=str(self._trail.schema),
            account_id=account_id,
            make_time=now,
            policy_version=self._policy.version,
            sections=filled,
            kept=[Kept.by(self._policy, data, figure) for data, figure in self._sections.kept.items()],
            left_out=self._sections.left_out,
        )
