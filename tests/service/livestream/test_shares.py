"""What livestream tells of one account: its broadcasts, what was decided and declared, and nothing of an authority."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest
from livestream_service import shown
from shares import share

from xacthuc.api.livestream.v1 import admin_pb2, admin_pb2_grpc
from xacthuc.sql.migrations import dsn

pytestmark = pytest.mark.rule("R51")


@pytest.fixture
async def internal(service):
    async with service.administered() as channel:
        yield channel


async def test_broadcasts_decisions_and_declarations_are_told_with_their_articles(studio, internal):
    await studio.seller("an")
    await studio.authorize("an", "show", commercial=True)
    await studio.declare("show", shown())
    await studio.end("show")

    told = await share(internal, studio.name, "an")

    (show,) = told.rows("broadcasts")
    assert (show["broadcast"], show["state"]) == ("show", "ENDED")
    assert show["grant_time"]
    assert show["end_time"]
    decisions = told.rows("decisions")
    assert {row["cause"] for row in decisions} == {"AUTHORIZE", "DECLARE"}
    assert all("23(3)(e)" in row["legal_basis"] and row["personal_id_time"] for row in decisions)
    (declared,) = told.rows("declarations")
    assert (declared["broadcast"], declared["product_id"]) == ("show", "shirt-1")
    assert "livestream:broadcast:ended" in {row["tag"] for row in told.rows("audit")}
    assert "shirt-1" in told.page


async def test_what_others_showed_is_not_told_though_their_broadcast_is_called_as_the_account(studio, internal):
    await studio.seller("an")
    await studio.accounts.register("binh")
    await studio.authorize("an", "binh", commercial=True)

    told = await share(internal, studio.name, "binh")

    assert told.empty
    assert told.rows("audit") == []


async def test_what_an_authority_was_shown_is_not_told(studio, service, internal):
    await studio.seller("an")
    await studio.authorize("an", "show", commercial=True)
    request = admin_pb2.GetBroadcastRecordRequest(name=f"platforms/{studio.name}/broadcasts/show")
    await admin_pb2_grpc.LivestreamAdminStub(internal).GetBroadcastRecord(request, timeout=10)
    connection = await asyncpg.connect(dsn(service.environment["XACTHUC_DATABASE_URL"]))
    try:
        await connection.execute(
            "INSERT INTO livestream.exports (approval, platform, account, request_id, actor, time)"
            " VALUES ($1, $2, 'an', $1, 'operator:secret-officer', now())",
            str(uuid4()),
            studio.name,
        )
    finally:
        await connection.close()

    told = await share(internal, studio.name, "an")

    assert "exports" in told.document["left_out"]
    assert "secret-officer" not in told.page
    assert {row["tag"] for row in told.rows("audit")} == {"livestream:broadcast:authorized"}


async def test_of_whom_nothing_is_held_the_share_is_empty_and_audited(studio, internal):
    assert (await share(internal, studio.name, "nobody")).empty

    again = await share(internal, studio.name, "nobody")
    assert [row["tag"] for row in again.rows("audit")] == ["identity:share:exported"]
