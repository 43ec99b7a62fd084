"""Many broadcasts at once."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import grpc
from identity_process import IdentityProcess
from identity_service import faults_of, reason_of, refusal
from livestream_service import Studio

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.api.livestream.v1 import service_pb2 as pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

Entry = pb2.BatchAuthorizeRequest.Entry


def entry(account: str, show: str, *, commercial: bool = False) -> Entry:
    return Entry(account=f"accounts/{account}", broadcast_id=show, commercial=commercial)


async def ask(studio: Studio, *entries: Entry, request_id: str = "", validate_only: bool = False):
    return await studio.ask(
        "BatchAuthorize",
        entries=entries,
        validate_only=validate_only,
        request_id=request_id or str(uuid4()),
    )


async def test_each_broadcast_is_decided_by_itself_in_the_order_of_the_schedule(studio: Studio):
    await studio.seller("an")
    await studio.authorize("an", "taken")

    answer = await ask(
        studio,
        entry("an", "sells", commercial=True),
        entry("nobody", "refused"),
        entry("binh", "taken"),
        entry("an", "talks"),
    )

    sells, refused, taken, talks = answer.results
    assert (await studio.granted(sells.clearance)).commercial
    assert refused.clearance.decision.reason == identity_pb2.Decision.NOT_REGISTERED
    assert (taken.fault.reason, taken.HasField("clearance")) == (Reason.BROADCAST_ALREADY_EXISTS, False)
    assert not (await studio.granted(talks.clearance)).commercial


async def test_a_schedule_sent_again_gets_the_same_answers(studio: Studio):
    await studio.seller("an")
    asked, request_id = [entry("an", "1"), entry("an", "2"), entry("nobody", "3")], str(uuid4())

    first = await ask(studio, *asked, request_id=request_id)

    assert await ask(studio, *asked, request_id=request_id) == first
    error = await refusal(ask(studio, *asked[:2], request_id=request_id))
    assert reason_of(error) is Reason.REQUEST_ID_REUSED


async def test_what_is_only_validated_is_answered_and_not_begun(studio: Studio):
    await studio.seller("an")
    await studio.accounts.register("binh")

    answer = await ask(
        studio, entry("an", "1", commercial=True), entry("binh", "2", commercial=True), validate_only=True
    )

    assert [each.clearance.ruling for each in answer.results] == [resources_pb2.CONTINUE, resources_pb2.CUT]
    assert not any(each.clearance.HasField("grant") for each in answer.results)
    assert reason_of(await refusal(studio.get("1"))) is Reason.BROADCAST_NOT_FOUND


async def test_more_than_may_be_on_air_are_told_one_by_one(studio: Studio):
    await studio.seller("an")

    answer = await ask(studio, *(entry("an", str(each)) for each in range(5)))

    assert sorted(each.fault.reason for each in answer.results) == ["", "", "", *["TOO_MANY_BROADCASTS"] * 2]


async def test_a_broadcast_that_comes_twice_is_refused_by_its_place(studio: Studio):
    error = await refusal(ask(studio, entry("an", "1"), entry("an", "2"), entry("an", "1")))

    assert faults_of(error) == {"entries[0].broadcast_id", "entries[2].broadcast_id"}


async def test_a_database_that_is_busy_is_told_as_not_now(deployment: IdentityProcess, studio: Studio):
    await studio.seller("an")
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE livestream.requests")
            error = await refusal(ask(studio, entry("an", "1"), entry("an", "2")))
    finally:
        await connection.close()

    assert error.code() is grpc.StatusCode.UNAVAILABLE
