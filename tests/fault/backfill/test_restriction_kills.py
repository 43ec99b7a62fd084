"""`kill -9` while accounts are restricted, and while that is undone: each is restricted once, and has everything back."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import Any

import asyncpg
import grpc.aio
import pytest
from backfill_process import backfill_process
from backfill_service import Desk, admin_of, granted, imported, target
from identity_process import IdentityProcess, identity_process
from identity_service import Api, Platform, api

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.sql.migrations import dsn

__all__ = ["api"]

ROUNDS = 50 if os.environ.get("XACTHUC_SOAK") else 1
ACCOUNTS = 600
SOON = timedelta(minutes=3)
"""A job that failed, as over a database that was busy, is tried again after a minute."""
Restriction = resources_pb2.Restriction
COUNTED = "SELECT count(*) FILTER (WHERE kind = $1) AS told, count(DISTINCT subject) FILTER (WHERE kind = $1) AS whom"


@pytest.fixture
def service(database_url, own_valkey, tmp_path):
    with (
        identity_process(tmp_path, database_url, own_valkey.url) as identity,
        backfill_process(tmp_path, identity, XACTHUC_SEND_LEASE="PT0.5S") as made,
    ):
        identity.start()
        made.start()
        yield made


@pytest.fixture
def deployment(service) -> IdentityProcess:
    return service.identity


@pytest.fixture
async def connection(service):
    made = await asyncpg.connect(dsn(service.environment["XACTHUC_DATABASE_URL"]))
    yield made
    await made.close()


@pytest.mark.timeout(600 * ROUNDS)
async def test_a_service_that_is_killed_restricts_and_restores_everybody_once(
    api: Api, service, connection, eventually
):
    platform = await Platform.create(api)
    accounts = [f"a{n:04}" for n in range(ACCOUNTS)]
    await imported(service.identity, platform.name, accounts, timedelta(days=60))
    async with admin_of(service) as admin:
        desk = Desk(admin, platform.name)

        async def come(state: Restriction.State.ValueType) -> bool:
            try:
                return (await desk.figures()).restrictions[-1].state == state
            except grpc.aio.AioRpcError:  # the channel finds the new process soon
                return False

        async def killed_while(begun: str, method: str, **fields: Any) -> None:
            """Kills the service once something was done for somebody."""

            async def done() -> int:
                return int(await connection.fetchval("SELECT count(*) FROM identity.outbox WHERE kind = $1", begun))

            async def some() -> bool:
                return await done() > so_far

            so_far = await done()
            await desk.ask(method, **fields)
            await eventually(some, within=SOON)
            service.kill()
            # The dead one's lease is over: nobody waits for it here.
            await connection.execute("UPDATE backfill.jobs SET due_time = now() WHERE state = 'RUNNING'")
            await asyncio.to_thread(service.start)

        await desk.create()
        await desk.add(*map(target, accounts))
        await desk.ask("StartCampaign")
        await desk.ask("PauseCampaign", reason="nobody is asked meanwhile")
        for _ in range(ROUNDS):
            approval = await granted(service.identity, await desk.ask("PreviewRestriction"))
            await killed_while("TRANSITION_ENDED", "RestrictCampaign", approval=approval)
            await eventually(lambda: come(Restriction.DONE), within=SOON)
            done = (await desk.figures()).restrictions[-1]
            assert (done.account_count, done.taken_count, done.ended_count) == (ACCOUNTS, ACCOUNTS, ACCOUNTS)
            await killed_while("TRANSITION_RESTORED", "UndoRestriction", approval=approval, reason="wrong list")
            await eventually(lambda: come(Restriction.UNDONE), within=SOON)
            assert (await desk.figures()).restrictions[-1].restored_count == ACCOUNTS
    for kind in ("TRANSITION_ENDED", "TRANSITION_RESTORED"):
        found = await connection.fetchrow(f"{COUNTED} FROM identity.outbox", kind)
        assert tuple(found) == (ACCOUNTS * ROUNDS, ACCOUNTS)
    left = "SELECT count(*) FROM identity.accounts WHERE transition_approval IS NOT NULL OR transition_until < now()"
    assert await connection.fetchval(left) == 0
