"""`kill -9` between declaring a personal ID and what comes of it: nothing is asked for twice, nothing is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_process import REPEATED
from identity_service import no_mobile, reason_of, refusal

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

Account, Outcome = resources_pb2.Account, resources_pb2.PersonalIdVerification

CONFIRMED, PENDING, HANGS = "000090000000", "000090000002", "000090000004"


async def tags(postgres):
    """Returns what the trail tells of the account, and its confirmations. A provider is asked once or again after a kill,
    each time on record before it is: how often is chance, and at least once is not."""
    connection = await asyncpg.connect(dsn(postgres.url))
    try:
        rows = await connection.fetch("SELECT tag FROM identity.audit WHERE subject = 'u1' ORDER BY id")
        consents = await connection.fetchval("SELECT count(*) FROM identity.consents WHERE kind = 'NO_MOBILE'")
    finally:
        await connection.close()
    said = [row["tag"].rpartition(":")[2] for row in rows]
    assert "personal_data_disclosed" in said
    return [each for each in said if each != "personal_data_disclosed"], consents


@pytest.mark.rule("R2")
async def test_a_question_that_was_killed_is_taken_up_by_the_same_request(
    api, platform, deployment, own_postgres, eventually
):
    await platform.register("u1")
    request_id, confirmation = str(uuid4()), no_mobile()
    cut_off = asyncio.create_task(platform.verify_personal_id("u1", HANGS, request_id, no_mobile=confirmation))

    async def declared():
        return (await platform.get("u1")).state == Account.PENDING_PERSONAL_ID

    await eventually(declared)
    deployment.kill()
    with pytest.raises(grpc.aio.AioRpcError):
        await cut_off
    deployment.start()

    answer = await platform.verify_personal_id("u1", HANGS, request_id, no_mobile=confirmation)

    assert answer.outcome == Outcome.PENDING
    assert answer == await platform.verify_personal_id("u1", HANGS, request_id, no_mobile=confirmation)
    assert await tags(own_postgres) == (["registered", "personal_id_declared"], 1)


async def test_a_job_brings_the_answer_although_the_process_that_asked_is_dead(
    api, platform, deployment, own_postgres, eventually
):
    await platform.register("u1")
    answer = await platform.verify_personal_id("u1", PENDING)
    deployment.kill()
    deployment.start()

    async def verified():
        return (await platform.get("u1")).state == Account.VERIFIED

    assert answer.outcome == Outcome.PENDING
    await eventually(verified, within=timedelta(seconds=30))
    assert (await platform.check("u1")).allowed
    assert (await tags(own_postgres))[0] == ["registered", "personal_id_declared", "personal_id_verified"]


async def test_kills_at_any_moment_leave_one_confirmation_of_each(api, platform, deployment, own_postgres, eventually):
    """Each account's question goes on under the same request until it is answered."""

    async def insist(account):
        request_id, confirmation = str(uuid4()), no_mobile()
        while True:
            try:
                return await platform.verify_personal_id(account, CONFIRMED, request_id, no_mobile=confirmation)
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise
                await asyncio.sleep(0.05)  # a client's pause before it asks again

    accounts = [f"u{turn}" for turn in range(4)]
    for account in accounts:
        await platform.submit(platform.registration(account, full_name="Trần Thị B"))
    asked = [asyncio.create_task(insist(account)) for account in accounts]
    for pause in (0.02, 0.05, 0.09):
        await asyncio.sleep(pause)
        deployment.kill()
        deployment.start()

    answers = await asyncio.gather(*asked)

    assert [answer.outcome for answer in answers] == [Outcome.CONFIRMED] * 4
    connection = await asyncpg.connect(dsn(own_postgres.url))
    try:
        for table, where in (
            ("evidence", "kind = 'PERSONAL_ID'"),
            ("outbox", "kind = 'PERSONAL_ID_VERIFIED'"),
            ("audit", "tag = 'identity:account:personal_id_verified'"),
            ("personal_id_claims", "true"),
        ):
            assert await connection.fetchval(f"SELECT count(*) FROM identity.{table} WHERE {where}") == 4, table
        assert await connection.fetchval("SELECT count(*) FROM identity.personal_id_checks") == 0
    finally:
        await connection.close()


async def test_a_database_that_is_down_is_told_and_costs_nothing(api, platform, deployment, own_postgres):
    await platform.register("u1")
    request_id, confirmation = str(uuid4()), no_mobile()
    own_postgres.stop()
    error = await refusal(platform.verify_personal_id("u1", CONFIRMED, request_id, no_mobile=confirmation))
    own_postgres.start()

    answer = await platform.verify_personal_id("u1", CONFIRMED, request_id, no_mobile=confirmation)

    assert reason_of(error) is Reason.DATABASE_UNAVAILABLE
    assert answer.outcome == Outcome.CONFIRMED
