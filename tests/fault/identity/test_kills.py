"""`kill -9` at any moment: the same request id gets its answer, and nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED
from identity_service import NUMBER

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.sql.migrations import dsn


async def rows(postgres, query):
    connection = await asyncpg.connect(dsn(postgres.url))
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def test_a_verification_killed_after_the_proof_was_used_up_is_finished_by_the_same_request(
    api, platform, deployment, own_postgres, eventually
):
    await platform.register("u1")
    token, request_id = api.otp.prove(NUMBER, "u1"), str(uuid4())
    api.otp.hold_back()
    cut_off = asyncio.create_task(platform.verify("u1", token, request_id))
    await eventually(api.otp.asked.is_set)
    deployment.kill()
    with pytest.raises(grpc.aio.AioRpcError):
        await cut_off
    api.otp.may_answer.set()
    deployment.start()

    answer = await platform.verify("u1", token, request_id)

    assert answer.state == resources_pb2.Account.VERIFIED
    assert answer == await platform.verify("u1", token, request_id)
    events = await rows(own_postgres, "SELECT kind FROM identity.outbox ORDER BY id")
    assert [row["kind"] for row in events] == ["ACCOUNT_REGISTERED", "PHONE_VERIFIED"]


async def test_a_caller_that_hangs_up_leaves_no_half_verification(api, platform, eventually):
    await platform.register("u1")
    token, request_id = api.otp.prove(NUMBER, "u1"), str(uuid4())
    api.otp.hold_back()
    call = asyncio.create_task(platform.verify("u1", token, request_id))
    await eventually(api.otp.asked.is_set)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    api.otp.may_answer.set()

    assert (await platform.verify("u1", token, request_id)).state == resources_pb2.Account.VERIFIED


async def test_sixteen_writers_through_kills_lose_no_event_and_tell_none_twice(
    api, platform, deployment, own_postgres, eventually
):
    """Each writer verifies accounts one after another and repeats what was cut off, as a platform's client does."""
    verified = 0

    async def insist(step, *arguments):
        while True:
            try:
                return await step(*arguments)
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise
                await asyncio.sleep(0.05)  # a client's pause before it asks again

    async def write(writer):
        nonlocal verified
        for turn in range(3):
            account = f"u{writer}-{turn}"
            await insist(platform.submit, platform.registration(account))
            number = f"+84912{writer:02d}{turn:04d}"
            token, request_id = api.otp.prove(number, account), str(uuid4())
            await insist(platform.verify, account, token, request_id)
            verified += 1

    writers = [asyncio.create_task(write(writer)) for writer in range(16)]
    for until in (random.randrange(3, 12), random.randrange(18, 40)):
        await eventually(lambda until=until: verified >= until)
        deployment.kill()
        await asyncio.to_thread(deployment.start)
    await asyncio.gather(*writers)

    async def all_placed():
        return not await rows(own_postgres, "SELECT 1 FROM identity.outbox WHERE position IS NULL")

    await eventually(all_placed)
    placed = await rows(own_postgres, "SELECT subject, kind, position FROM identity.outbox ORDER BY position")
    audited = await rows(own_postgres, "SELECT count(*) AS n FROM identity.audit WHERE tag LIKE '%account%'")

    assert list(range(1, 97)) == [row["position"] for row in placed]
    assert audited[0]["n"] == 96
    for account in {row["subject"] for row in placed}:
        kinds = [row["kind"] for row in placed if row["subject"] == account]
        assert kinds == ["ACCOUNT_REGISTERED", "PHONE_VERIFIED"]


async def test_sigterm_lets_a_call_under_way_end(api, platform, deployment, eventually):
    await platform.register("u1")
    api.otp.hold_back()
    call = asyncio.create_task(platform.verify("u1", api.otp.prove(NUMBER, "u1")))
    await eventually(api.otp.asked.is_set)
    stopped = asyncio.create_task(asyncio.to_thread(deployment.stop))
    await eventually(lambda: "draining" in deployment.log.read_text())
    api.otp.may_answer.set()

    assert (await call).state == resources_pb2.Account.VERIFIED
    assert await stopped == 0
