"""`kill -9` around the document of a release: it is made once, waits sealed, and an answer that was lost is given again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import oidc_provider
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import Api, Platform, reason_of, refusal
from staff_world import GROUPS, Staff, channel_of, in_production

from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, release_admin_pb2, release_admin_pb2_grpc
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

Release = release_admin_pb2.Release
LEASE = timedelta(seconds=40)
"""The killed process may have taken the job, which another one may not touch for 16 s (decision 20)."""


@pytest.fixture
async def staff(unstarted):
    with oidc_provider.running() as provider:
        secret = in_production(unstarted, provider.issuer, GROUPS)
        await asyncio.to_thread(unstarted.start)
        async with channel_of(unstarted) as channel:
            yield Staff(unstarted, provider, channel, secret)


async def ask(desk, method, **fields):
    kind = getattr(release_admin_pb2, f"{method}Request")
    return await desk.call(release_admin_pb2_grpc.ReleaseAdminStub, method, kind(**fields))


@pytest.mark.rule("R44")
async def test_a_document_survives_every_process_and_leaves_once(staff, unstarted, own_postgres, eventually):
    an = await staff.sign_in("an", groups=["compliance", "admins"])
    binh = await staff.sign_in("binh", groups=["compliance"])
    await an.admin("CreatePlatform", platform_id="forum", display_name="Forum")
    key = await an.admin("CreatePlatformKey", parent="platforms/forum", scopes=[admin_pb2.PlatformKey.IDENTITY])
    api = Api(unstarted)
    platform = Platform(api, "forum", key)
    await platform.until_known()
    await platform.register("u1")
    received = Timestamp()
    received.FromDatetime(datetime.now(UTC))
    recorded = await ask(
        an,
        "RecordRelease",
        parent="platforms/forum",
        accounts=["accounts/u1"],
        authority="A05",
        legal_basis="Law 116/2025/QH15 Art. 25(2)(a)",
        reference="12/CV-A05",
        demand_time=received,
        fields=[Release.FULL_NAME],
        request_id=str(uuid4()),
    )
    act = approval_admin_pb2.Act(
        authority_release=approval_admin_pb2.AuthorityRelease(release=recorded.name, fields=[Release.FULL_NAME])
    )
    proposed = await an.approvals("CreateApproval", platform="platforms/forum", act=act, reason="read 12/CV-A05")

    await binh.approvals("GrantApproval", name=proposed.name)
    unstarted.kill()
    await asyncio.to_thread(unstarted.start)

    async def is_made():
        return (await ask(an, "GetRelease", name=recorded.name)).state == Release.READY

    await eventually(is_made, within=LEASE)
    unstarted.kill()
    await asyncio.to_thread(unstarted.start)
    call = {"name": recorded.name, "request_id": str(uuid4())}
    first = await ask(an, "FetchRelease", **call)
    unstarted.kill()
    await asyncio.to_thread(unstarted.start)

    assert "Nguyễn Văn u1" in first.json
    assert (await ask(an, "FetchRelease", **call)).json == first.json
    other = await refusal(ask(binh, "FetchRelease", name=recorded.name, request_id=str(uuid4())))
    assert reason_of(other) is Reason.RELEASE_STATE
    connection = await asyncpg.connect(dsn(own_postgres.url))
    tags = [row["tag"] for row in await connection.fetch("SELECT tag FROM identity.audit ORDER BY id")]
    await connection.close()
    await api.close()
    assert [tags.count(f"identity:{tag}") for tag in ("account:released", "release:fetched")] == [1, 2]
