"""What is on record of broadcasts, as if it had come to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from xacthuc.livestream.adapters.tables import broadcasters, broadcasts, decisions, declarations
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.livestream.domain.broadcast import State


async def keep(
    engine: AsyncEngine, broadcast: str, account: str, state: State, begun: datetime, **times: datetime
) -> None:
    """Puts a broadcast on record with a decision and a declaration."""
    of = {"platform": "forum", "broadcast": broadcast}
    ruled = dict.fromkeys(("cause", "ruling", "commerce", "reason", "legal_basis", "policy_version"), "")
    async with transaction(engine) as connection:
        known = select(broadcasters).where(broadcasters.c.account == account)
        if not (await connection.execute(known)).all():
            await connection.execute(insert(broadcasters).values(platform="forum", account=account, heard=0))
        row = {**of, "account": account, "state": state, "commerce": "NONE", "decisions": 1, "declarations": 1}
        await connection.execute(insert(broadcasts).values(**row, create_time=begun, **times))
        await connection.execute(
            insert(decisions).values(**of, number=1, account=account, personal_id_source="", time=begun, **ruled)
        )
        await connection.execute(
            insert(declarations).values(**of, number=1, kind="PRICE", product_id="", show_time=begun, time=begun)
        )
