"""Agreeing to hand an account's broadcasts to an authority: the executor of BROADCAST_EXPORT (R44).

What is on record of broadcasts lies at the livestream service, which asks what was agreed to and exports it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.grpckit.errors import NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.adapters.account_queries import life_of
from xacthuc.identity.domain.approvals import Executed, Failed
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.domain.approvals import Act, Approval

_NAME: Final = len("accounts/")


class BroadcastExport:
    """The port `Executor`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for writes."""
        self._engine = engine

    async def check(self, act: Act) -> None:
        """Refuses accounts that never were; of one that was erased the record of broadcasts may still be kept."""
        async with transaction(self._engine) as connection:
            if await life_of(connection, act.platform, act.text("account")[_NAME:]) is None:
                raise NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform")

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Does nothing here: that two people agreed is what the livestream service asks for."""
        return Executed({"account": approval.act.text("account")})
