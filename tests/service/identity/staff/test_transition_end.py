"""Accounts of a campaign are made read-only when two officers agreed to what was counted, and not by one of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import grpc.aio
import pytest
from backfill_process import backfill_process
from backfill_service import imported, plan, target
from identity_service import Platform, reason_of, refusal

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.api.backfill.v1 import admin_pb2_grpc, resources_pb2
from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, service_pb2_grpc
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles

Approval, Restriction = approval_admin_pb2.Approval, resources_pb2.Restriction


@pytest.fixture
def service(by_groups, tmp_path):
    with backfill_process(tmp_path, by_groups.process) as made:
        made.start()
        yield made


@pytest.fixture
async def ask(service):
    """Calls BackfillAdmin about a campaign, with an operator's session."""
    credentials = TlsFiles(service.identity.tls, "cli").channel_credentials()
    channel = grpc.aio.secure_channel(
        service.internal, credentials, options=[("grpc.ssl_target_name_override", "backfill")]
    )

    async def call(desk, method, **fields):
        request = getattr(pb2, f"{method}Request")
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            fields["request_id"] = str(uuid4())
        metadata = (("authorization", f"Bearer {desk.secret}"),)
        return await getattr(admin_pb2_grpc.BackfillAdminStub(channel), method)(
            request(**fields), metadata=metadata, timeout=10
        )

    yield call
    await channel.close()


@pytest.mark.rule("R5")
async def test_two_officers_agree_to_what_was_counted_and_only_then_it_is_done(
    staff, by_groups, service, ask, eventually
):
    an = await staff.sign_in("an", groups=["compliance"])
    binh = await staff.sign_in("binh", groups=["admins", "compliance"])
    name = f"p{uuid4().hex[:10]}"
    await binh.admin("CreatePlatform", platform_id=name, display_name="Test")
    key = await binh.admin("CreatePlatformKey", parent=f"platforms/{name}", scopes=(admin_pb2.PlatformKey.IDENTITY,))
    await imported(service.identity, name, ["chi", "dung"], timedelta(days=60))
    campaign = {"name": f"platforms/{name}/campaigns/spring"}
    await ask(an, "CreateCampaign", parent=f"platforms/{name}", campaign_id="spring", plan=plan())
    await ask(an, "AddTargets", **campaign, targets=[target("chi"), target("dung")])
    await ask(an, "StartCampaign", **campaign)
    counted = await ask(an, "PreviewRestriction", **campaign)
    about = approval_admin_pb2.TransitionEnd(
        campaign=counted.campaign,
        account_count=counted.account_count,
        as_of_time=counted.as_of_time,
        basis="order 12/2026",
    )
    act = approval_admin_pb2.Act(transition_end=about)
    made = await an.approvals("CreateApproval", platform=f"platforms/{name}", act=act, reason="the term is over")
    wanted = {**campaign, "approval": made.name}

    assert made.act.transition_end == about
    assert about.account_count == 2
    assert reason_of(await refusal(ask(an, "RestrictCampaign", **wanted))) is Reason.APPROVAL_STATE
    assert reason_of(await refusal(an.approvals("GrantApproval", name=made.name))) is Reason.SECOND_PERSON_NEEDED
    await binh.approvals("GrantApproval", name=made.name)

    async def agreed() -> bool:
        return (await an.approvals("GetApproval", name=made.name)).state == Approval.EXECUTED

    await eventually(agreed)
    await ask(an, "RestrictCampaign", **wanted)

    async def done() -> bool:
        (kept,) = (await ask(an, "GetCampaign", **campaign)).restrictions
        return kept.state == Restriction.DONE

    await eventually(done)
    assert (await an.approvals("GetApproval", name=made.name)).result["ended"] == "2"
    async with grpc.aio.insecure_channel(by_groups.process.public) as channel:

        class Public:
            service = service_pb2_grpc.IdentityServiceStub(channel)

        accounts = Platform(Public, name, key)
        await accounts.until_known()
        assert not (await accounts.check("chi")).allowed
