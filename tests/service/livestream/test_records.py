"""What is on record of who sold live, as an officer is shown it, and that every look is audited."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_service import NUMBER, refusal
from livestream_service import shown
from trails import verified

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.identity.v1 import retention_admin_pb2, service_pb2
from xacthuc.api.livestream.v1 import admin_pb2 as pb2
from xacthuc.api.livestream.v1 import admin_pb2_grpc, resources_pb2
from xacthuc.sql.migrations import dsn

Ruled = pb2.BroadcastRecord.Ruled


@pytest.fixture
async def admin(service):
    async with service.administered() as channel:
        yield admin_pb2_grpc.LivestreamAdminStub(channel)


@pytest.mark.rule("R50")
async def test_the_trail_of_broadcasts_is_verified_as_identitys_is(service, studio):
    await studio.seller("an")
    await studio.authorize("an", "show", commercial=True)

    async with service.administered() as channel:
        report = await verified(channel)

    assert report.is_intact
    assert report.entries + report.waiting > 0


def record_of(admin, studio, broadcast):
    return admin.GetBroadcastRecord(
        pb2.GetBroadcastRecordRequest(name=f"platforms/{studio.name}/broadcasts/{broadcast}"), timeout=10
    )


@pytest.mark.rule("R3")
async def test_the_record_says_who_sold_on_which_evidence_and_what_was_decided_by_which_article(api, studio, admin):
    await studio.accounts.register("an")
    await studio.accounts.verify("an", api.otp.prove(NUMBER, "an"))
    await studio.authorize("an", "show", commercial=True)
    await studio.accounts.verify_personal_id("an", "000090000000", commerce=True)
    await studio.authorize("an", "show", commercial=True)
    await studio.declare("show", shown())
    await studio.end("show")

    record = await record_of(admin, studio, "show")

    assert (record.broadcast.account, record.broadcast.state) == ("accounts/an", resources_pb2.Broadcast.ENDED)
    assert [(each.occasion, each.ruling) for each in record.rulings] == [
        (Ruled.AUTHORIZE, resources_pb2.CUT),
        (Ruled.AUTHORIZE, resources_pb2.CONTINUE),
        (Ruled.DECLARE, resources_pb2.CONTINUE),
    ]
    refused, *sold = record.rulings
    assert refused.reason == identity_pb2.Decision.PERSONAL_ID_REQUIRED
    assert not refused.HasField("personal_id_time")
    assert all(each.HasField("personal_id_time") and each.personal_id_source for each in sold)
    assert all("23(3)(e)" in each.legal_basis and each.policy_version for each in record.rulings)
    (declared,) = record.declarations
    assert (declared.declaration.kind, declared.declaration.product_id) == (resources_pb2.Declaration.PRICE, "shirt-1")


async def test_an_accounts_records_come_page_after_page(studio, admin):
    await studio.seller("an")
    for broadcast in ("a", "b", "c"):
        await studio.authorize("an", broadcast)
    parent, found, token = f"platforms/{studio.name}/accounts/an", [], ""
    while True:
        request = pb2.ListBroadcastRecordsRequest(parent=parent, page_size=2, page_token=token)
        page = await admin.ListBroadcastRecords(request, timeout=10)
        found += [each.broadcast.name for each in page.records]
        token = page.next_page_token
        if not token:
            break

    assert found == ["broadcasts/a", "broadcasts/b", "broadcasts/c"]


@pytest.mark.rule("R50")
async def test_every_look_is_on_record_also_one_that_finds_nothing(studio, admin, deployment):
    error = await refusal(record_of(admin, studio, "nothing"))
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        query = "SELECT subject, actor FROM livestream.audit WHERE platform = $1 AND tag = 'livestream:admin:read'"
        (row,) = await connection.fetch(query, studio.name)
    finally:
        await connection.close()

    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert (row["subject"], row["actor"]) == ("nothing", "operator:development")


@pytest.mark.rule("R49")
@pytest.mark.parametrize("sold", [True, False], ids=["who sold", "who never did"])
async def test_an_erasure_is_acknowledged_with_until_when_the_record_is_kept(api, studio, admin, eventually, sold):
    await studio.seller("an")
    if sold:
        await studio.authorize("an", "show", commercial=True)
        await studio.end("show")
    erase = service_pb2.EraseAccountRequest(name="accounts/an", request_id=str(uuid4()))
    await studio.accounts.ask("EraseAccount", erase)
    asked = retention_admin_pb2.GetErasureEvidenceRequest(
        name=f"platforms/{studio.name}/accounts/an", request_id=str(uuid4())
    )

    async def acknowledged():
        evidence = await api.retention.GetErasureEvidence(asked)
        asked.request_id = str(uuid4())
        return [said for each in evidence.erasures for said in each.acknowledgements if said.service == "livestream"]

    await eventually(acknowledged)
    (said,) = await acknowledged()
    assert said.HasField("acknowledge_time")
    assert said.HasField("keep_until_time") == sold
    if sold:
        assert (await record_of(admin, studio, "show")).broadcast.account == "accounts/an"
