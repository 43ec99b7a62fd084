"""The service is killed again and again while it sends: nobody is left out, nobody is asked twice, and it balances."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import timedelta

import asyncpg
import grpc
import pytest
from backfill_service import Desk, admin_of, imported, target
from identity_process import IdentityProcess, identity_process
from identity_service import Api, Platform, api
from warm_process import warm_backfill

from xacthuc.sql.migrations import dsn

__all__ = ["api"]

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 2
"""So often it is killed while platforms are told, and as often while notices are sent."""
ACCOUNTS = 20 * ROUNDS
TOLD = "SELECT count(*) FROM identity.outbox WHERE kind = 'VERIFICATION_DUE'"
_BATCH = 100
WHOLE = {
    "an account without its notice": "SELECT count(*) FROM backfill.targets t WHERE NOT EXISTS (SELECT FROM backfill.asks a"
    " WHERE a.account = t.account AND a.event_time IS NOT NULL AND a.notice IS NOT NULL)",
    "somebody who is still being asked": "SELECT count(*) FROM backfill.targets WHERE doing IS NOT NULL",
    "a person who was not sent one": "SELECT count(*) FROM backfill.people WHERE notices <> 1 OR account IS NOT NULL",
    "a price that was not paid once": "SELECT count(*) FROM backfill.asks WHERE vnd <> 800",
}
"""What must never be found, and how it is looked for."""


@pytest.fixture
def service(database_url, own_valkey, tmp_path):
    with (
        identity_process(tmp_path, database_url, own_valkey.url) as identity,
        warm_backfill(tmp_path, identity, XACTHUC_SEND_LEASE="PT0.5S", XACTHUC_SENDS_AT_ONCE="4") as made,
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


@pytest.mark.timeout(180 + 120 * ROUNDS)
async def test_a_service_that_is_killed_asks_everybody_once(api: Api, service, connection, eventually):
    platform = await Platform.create(api)
    accounts = {f"a{n}": f"+849{10_000_000 + n:08}" for n in range(ACCOUNTS)}
    await imported(service.identity, platform.name, list(accounts))
    async with admin_of(service) as admin:
        desk = Desk(admin, platform.name)
        await desk.create()
        for at in range(0, ACCOUNTS, _BATCH):
            await desk.add(*(target(*each) for each in list(accounts.items())[at : at + _BATCH]))
        await desk.ask("StartCampaign")

        def sent() -> list[str]:
            return sorted(number for whose, number, _ in list(api.otp.notices.values()) if whose == platform.name)

        async def told() -> int:
            return int(await connection.fetchval(TOLD))

        async def noticed() -> int:
            return len(sent())

        chance, kills = random.Random(ROUNDS), 0
        for done in (told, noticed):
            for _ in range(ROUNDS):
                wanted = min(await done() + 10, ACCOUNTS)

                async def reached(done=done, wanted=wanted) -> bool:
                    return await done() >= wanted

                await eventually(reached, within=timedelta(seconds=90 + ACCOUNTS / 4))
                await asyncio.sleep(chance.random() * 0.05)  # anywhere within what is done about some accounts
                service.kill()
                kills += 1
                await asyncio.to_thread(service.start)

        async def over() -> bool:
            try:
                return await desk.standings() == {"ASKED": ACCOUNTS}
            except grpc.aio.AioRpcError:  # the channel finds the new process soon
                return False

        await eventually(over, within=timedelta(seconds=120 + ACCOUNTS / 4))
        figures = await desk.figures()

    assert sent() == sorted(accounts.values())
    # Each intent went by one id, so of what was asked for again after a crash nobody got a second copy.
    intents = {request: number for request, (whose, number, _) in api.otp.notices.items() if whose == platform.name}
    copies = Counter(number for whose, number, _ in api.otp.handed if whose == platform.name)
    assert copies == dict.fromkeys(accounts.values(), 1)
    assert max(api.otp.notice_calls[request] for request in intents) <= 1 + kills
    assert sum(day.notice_count for day in figures.days) == ACCOUNTS
    assert (figures.waves[0].event_count, figures.waves[0].notice_count) == (ACCOUNTS, ACCOUNTS)
    assert {wrong: await connection.fetchval(query) for wrong, query in WHOLE.items()} == dict.fromkeys(WHOLE, 0)
    assert await told() == ACCOUNTS
