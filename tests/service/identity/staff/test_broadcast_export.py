"""What is on record of an account's broadcasts goes to an authority once, and only when two people agreed."""

from __future__ import annotations

from uuid import uuid4

import grpc.aio
import pytest
from identity_service import NUMBER, Platform, reason_of, refusal
from livestream_process import livestream_process
from livestream_service import Studio, channel_to

from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, service_pb2_grpc
from xacthuc.api.livestream.v1 import admin_pb2 as pb2
from xacthuc.api.livestream.v1 import admin_pb2_grpc
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles

Act, Approval = approval_admin_pb2.Act, approval_admin_pb2.Approval
ACCOUNT = "accounts/an"


class Public:
    """Enough of `Api` for a platform."""

    def __init__(self, channel):
        self.service = service_pb2_grpc.IdentityServiceStub(channel)


@pytest.fixture(scope="module")
def service(by_groups, tmp_path_factory):
    with livestream_process(tmp_path_factory.mktemp("live"), by_groups.process) as made:
        made.start()
        yield made


@pytest.fixture
async def an(staff):
    return await staff.sign_in("an", groups=["compliance"])


@pytest.fixture
async def binh(staff):
    return await staff.sign_in("binh", groups=["admins", "compliance"])


@pytest.fixture
async def platform(by_groups, binh, service):
    """A platform one of whose accounts was on air."""
    name, scopes = f"p{uuid4().hex[:10]}", (admin_pb2.PlatformKey.IDENTITY, admin_pb2.PlatformKey.LIVESTREAM)
    await binh.admin("CreatePlatform", platform_id=name, display_name="Test")
    key = await binh.admin("CreatePlatformKey", parent=f"platforms/{name}", scopes=scopes)
    async with grpc.aio.insecure_channel(by_groups.process.public) as channel, channel_to(service) as live:
        accounts = Platform(Public(channel), name, key)
        await accounts.until_known()
        studio = Studio(live, accounts, key.secret)
        await studio.until_known()
        await accounts.register("an")
        await accounts.verify("an", by_groups.process.otp.prove(NUMBER, "an"))
        for show in ("one", "two", "three"):
            await studio.authorize("an", show)
        yield name


@pytest.fixture
async def export(service):
    """Asks the livestream service for what was agreed to, with an operator's session."""
    credentials = TlsFiles(service.identity.tls, "cli").channel_credentials()
    options = [("grpc.ssl_target_name_override", "livestream")]
    channel = grpc.aio.secure_channel(service.internal, credentials, options=options)

    async def ask(desk, approval, request_id="", **fields):
        request = pb2.ExportBroadcastRecordsRequest(approval=approval, request_id=request_id or str(uuid4()), **fields)
        metadata = (("authorization", f"Bearer {desk.secret}"),)
        stub = admin_pb2_grpc.LivestreamAdminStub(channel)
        return await stub.ExportBroadcastRecords(request, metadata=metadata, timeout=10)

    yield ask
    await channel.close()


async def proposed(desk, platform, account=ACCOUNT):
    act = Act(broadcast_export=approval_admin_pb2.BroadcastExport(account=account, basis="12/CV-A05"))
    return await desk.approvals("CreateApproval", platform=f"platforms/{platform}", act=act, reason="demanded")


@pytest.mark.rule("R44")
async def test_two_agree_and_it_is_exported_once_in_as_many_pages_as_it_takes(an, binh, platform, export, eventually):
    name = (await proposed(an, platform)).name
    early = await refusal(export(an, name))
    await binh.approvals("GrantApproval", name=name, reason="read the order")

    async def is_done():
        return (await an.approvals("GetApproval", name=name)).state == Approval.EXECUTED

    await eventually(is_done)
    request_id, found, token = str(uuid4()), [], ""
    while True:
        page = await export(an, name, request_id, page_size=2, page_token=token)
        found += [each.broadcast.name for each in page.records]
        token = page.next_page_token
        if not token:
            break
    again = await export(an, name, request_id)
    others = [await refusal(export(binh, name, each)) for each in ("", request_id)]

    me, her = [(await desk.staff("GetMe")).operator.name for desk in (an, binh)]
    assert (page.account, page.basis) == (f"platforms/{platform}/{ACCOUNT}", "12/CV-A05")
    assert (page.proposer, page.decider) == (me, her)
    assert sorted(found) == ["broadcasts/one", "broadcasts/three", "broadcasts/two"]
    assert len(again.records) == 3
    assert {reason_of(error) for error in (early, *others)} == {Reason.APPROVAL_STATE}


async def test_what_nobody_agreed_to_is_not_exported(an, binh, platform, export, by_groups):
    refused = (await proposed(an, platform)).name
    await binh.approvals("RefuseApproval", name=refused, reason="no order")
    act = Act(permanent_lock=approval_admin_pb2.PermanentLock(account=ACCOUNT, basis="order 1"))
    other = await an.approvals("CreateApproval", platform=f"platforms/{platform}", act=act, reason="another act")

    errors = [await refusal(export(an, name)) for name in (refused, other.name, "approvals/nothing")]
    unknown = await refusal(proposed(an, platform, "accounts/nobody"))

    assert [reason_of(error) for error in errors] == [
        Reason.APPROVAL_STATE,
        Reason.APPROVAL_NOT_FOUND,
        Reason.APPROVAL_NOT_FOUND,
    ]
    assert reason_of(unknown) == Reason.ACCOUNT_NOT_FOUND
