"""How many accounts of campaigns are left, as Prometheus would read it."""

from __future__ import annotations

from datetime import timedelta

from backfill_process import BackfillProcess
from backfill_service import Desk, target

from xacthuc.backfill.adapters.burn_down import BurnDown
from xacthuc.sql.engine import make_engine


async def test_accounts_are_counted_by_where_they_stand(service: BackfillProcess, desk: Desk):
    second = timedelta(seconds=1)
    engine = make_engine(
        service.identity.database_url,
        application_name="test",
        pool_size=1,
        wait=10 * second,
        statement_timeout=30 * second,
    )
    counted: dict[str, int] = {}
    burn_down = BurnDown(engine, counted.__setitem__)
    try:
        await burn_down.count()
        before = counted["OPEN"]
        await desk.create()
        await desk.add(target("an"), target("binh"))
        await burn_down.count()
    finally:
        await engine.dispose()

    assert counted["OPEN"] == before + 2
    assert set(counted) == {"OPEN", "VERIFIED", "GONE", "ASKED", "RESTRICTED"}
