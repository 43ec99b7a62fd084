"""Identity is down, and the service is killed: grants run their time, nothing is half-written, nothing is done twice."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED
from identity_service import reason_of, refusal
from livestream_process import LivestreamProcess
from livestream_service import Studio, shown

from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit.rejection import details_of
from xacthuc.sql.migrations import dsn
from xacthuc.tokens.errors import Expired

SELLERS = {f"u{sex}{serial}": f"000{sex}9000000{serial}" for sex in (0, 1) for serial in (0, 7, 8)}
"""Accounts and what the sandbox's provider confirms of them."""
ROUNDS, SHOWS = (50, 60) if os.environ.get("XACTHUC_SOAK") else (3, 4)
MOST_LEFT = 2
"""Broadcasts that one account leaves running: with the one that begins as many as may be on air."""
WHOLE = {
    "a broadcast and no decision": (
        "SELECT count(*) FROM livestream.broadcasts b WHERE decisions <> (SELECT count(*) FROM livestream.decisions d"
        " WHERE (d.platform, d.broadcast) = (b.platform, b.broadcast))"
    ),
    "a declaration that is not counted": (
        "SELECT count(*) FROM livestream.broadcasts b WHERE declarations <> (SELECT count(*)"
        " FROM livestream.declarations d WHERE (d.platform, d.broadcast) = (b.platform, b.broadcast))"
    ),
    "a broadcast and no line of the trail": (
        "SELECT count(*) FROM livestream.broadcasts b WHERE NOT EXISTS (SELECT FROM livestream.audit a"
        " WHERE (a.platform, a.subject) = (b.platform, b.broadcast) AND a.tag = 'livestream:broadcast:authorized')"
    ),
    "a broadcast on air that sells nothing it was asked for": (
        "SELECT count(*) FROM livestream.broadcasts WHERE state = 'LIVE' AND commerce <> 'CLEARED'"
    ),
    "more on air than may be": (
        "SELECT count(*) FROM (SELECT 1 FROM livestream.broadcasts WHERE state = 'LIVE'"
        " GROUP BY platform, account HAVING count(*) > 3) more"
    ),
}
"""What must never be found, and how it is looked for."""


@pytest.mark.rule("R3")
async def test_without_identity_grants_run_their_time_and_new_ones_are_refused_with_a_time(
    studio: Studio, service: LivestreamProcess
):
    await studio.seller("an")
    clearance = await studio.authorize("an", "show", commercial=True)
    before, request_id = await studio.get("show"), str(uuid4())
    service.identity.kill()

    errors = [
        await refusal(call)
        for call in (studio.authorize("an", "other", request_id), studio.renew("show"), studio.declare("show"))
    ]

    assert {error.code() for error in errors} == {grpc.StatusCode.UNAVAILABLE}
    assert all(details_of(error).retry_after for error in errors)
    granted = await studio.granted(clearance)
    assert granted.commercial
    assert (await studio.granted(clearance, at=granted.expire_time - timedelta(seconds=1))).commercial
    with pytest.raises(Expired):
        await studio.granted(clearance, at=granted.expire_time + timedelta(minutes=1))
    assert await studio.get("show") == before
    assert (await studio.end("show")).state == resources_pb2.Broadcast.ENDED
    service.identity.start()
    assert (await _insist(lambda: studio.authorize("an", "other", request_id))).ruling == resources_pb2.CONTINUE


async def test_a_service_that_is_killed_leaves_nothing_half_written_and_does_nothing_twice(
    studio: Studio, service: LivestreamProcess
):
    for account, personal_id in SELLERS.items():
        await studio.accounts.register(account)
        await studio.accounts.verify_personal_id(account, personal_id, commerce=True)
    begun = asyncio.Semaphore(0)
    answers: dict[str, list[resources_pb2.Clearance]] = {}

    async def sell(account: str) -> None:
        left = 0
        for show in range(SHOWS):
            name, request_id = f"{account}-{show}", str(uuid4())
            answers[name] = [
                await _insist(lambda n=name, r=request_id: studio.authorize(account, n, r, commercial=True))
                for _ in range(2)
            ]
            assert answers[name][0].ruling == resources_pb2.CONTINUE
            begun.release()
            price, declared = shown(), str(uuid4())
            await _insist(lambda n=name, p=price, r=declared: studio.declare(n, p, request_id=r))
            if stays := random.random() < 0.1 and left < MOST_LEFT:
                left += 1
            await _insist(lambda n=name, s=stays: studio.renew(n) if s else studio.end(n))

    async def kill() -> None:
        for _ in range(ROUNDS):
            await begun.acquire()
            service.kill()
            await asyncio.to_thread(service.start)

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        for account in SELLERS:
            group.create_task(sell(account))

    assert all(first == again for first, again in answers.values())
    connection = await asyncpg.connect(dsn(service.environment["XACTHUC_DATABASE_URL"]))
    try:
        found = {wrong: await connection.fetchval(query) for wrong, query in WHOLE.items()}
    finally:
        await connection.close()
    assert found == dict.fromkeys(WHOLE, 0)


async def _insist(call):
    """Repeats a call as a client does whose server goes away and comes back."""
    async with asyncio.timeout(120):
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise AssertionError(reason_of(error)) from error
            await asyncio.sleep(0.05)  # a client's pause before it asks again
