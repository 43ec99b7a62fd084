"""What takes two people, over the wire: two who signed in, and only then it is done."""

from __future__ import annotations

from uuid import uuid4

import grpc.aio
import pytest
from identity_service import Platform, reason_of, refusal

from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, service_pb2, service_pb2_grpc
from xacthuc.grpckit.reasons import Reason

Approval = approval_admin_pb2.Approval


class Public:
    """Enough of `Api` for a platform."""

    def __init__(self, channel):
        self.service = service_pb2_grpc.IdentityServiceStub(channel)


@pytest.fixture
async def an(staff):
    return await staff.sign_in("an", groups=["compliance"])


@pytest.fixture
async def binh(staff):
    return await staff.sign_in("binh", groups=["admins"])


@pytest.fixture
async def platform(by_groups, binh):
    name = f"p{uuid4().hex[:10]}"
    await binh.admin("CreatePlatform", platform_id=name, display_name="Test")
    key = await binh.admin("CreatePlatformKey", parent=f"platforms/{name}", scopes=[admin_pb2.PlatformKey.IDENTITY])
    async with grpc.aio.insecure_channel(by_groups.process.public) as channel:
        made = Platform(Public(channel), name, key)
        await made.until_known()
        yield made


@pytest.fixture
async def closed(platform):
    """An account that has ended and is kept for two years."""
    await platform.register("u1")
    await platform.ask("CloseAccount", service_pb2.CloseAccountRequest(name="accounts/u1", request_id=str(uuid4())))
    return "u1"


async def test_one_proposes_another_grants_and_it_is_done_once(an, binh, platform, closed, by_groups, eventually):
    proposed = await an.propose_destruction(platform.name, closed)
    assert reason_of(await refusal(an.approvals("GrantApproval", name=proposed.name))) is Reason.SECOND_PERSON_NEEDED
    granted = await binh.approvals("GrantApproval", name=proposed.name, reason="read the order")

    async def is_done():
        return (await an.approvals("GetApproval", name=proposed.name)).state == Approval.EXECUTED

    await eventually(is_done)
    done = await an.approvals("GetApproval", name=proposed.name)
    me, her = [(await desk.staff("GetMe")).operator.name for desk in (an, binh)]
    assert (granted.state, done.proposer, done.decider) == (Approval.GRANTED, me, her)
    assert (dict(done.result), done.decision_reason) == ({"life": "ERASED"}, "read the order")
    assert [tag for tag, _ in await by_groups.audited(proposed.name.partition("/")[2])] == [
        "proposed",
        "granted",
        "executed",
    ]
    assert reason_of(await refusal(binh.approvals("GrantApproval", name=proposed.name))) is Reason.APPROVAL_STATE


async def test_what_is_not_whole_or_cannot_be_done_is_not_proposed(an, platform, closed):
    act = approval_admin_pb2.Act(
        restrict_accounts=approval_admin_pb2.RestrictAccounts(accounts=["accounts/u1"], basis="order 12/2026")
    )
    whole = {"platform": f"platforms/{platform.name}", "reason": "court order"}
    bad_time = approval_admin_pb2.Act()
    bad_time.CopyFrom(act)
    bad_time.restrict_accounts.expire_time.nanos = -1

    for fields, reason in (
        ({**whole, "act": act}, Reason.INVALID_FIELDS),
        ({**whole, "act": bad_time}, Reason.INVALID_FIELDS),
        ({**whole, "act": approval_admin_pb2.Act()}, Reason.INVALID_FIELDS),
        (whole, Reason.INVALID_FIELDS),
    ):
        assert reason_of(await refusal(an.approvals("CreateApproval", **fields))) is reason
    assert reason_of(await refusal(an.propose_destruction("nowhere", "u1"))) is Reason.ACCOUNT_NOT_FOUND


async def test_who_has_no_say_is_told_the_roles_that_have(staff, an, platform, closed):
    chi = await staff.sign_in("chi", groups=["operations"])
    proposed = await an.propose_destruction(platform.name, closed)

    for call in (chi.approvals("GrantApproval", name=proposed.name), chi.propose_destruction(platform.name, closed)):
        assert reason_of(await refusal(call)) is Reason.ROLE_MISSING


async def test_an_approval_is_seen_by_everybody_and_unknown_ones_are_not_found(an, binh, platform, closed):
    proposed = await an.propose_destruction(platform.name, closed)
    listed = (await binh.approvals("ListApprovals", state=Approval.PROPOSED)).approvals

    withdrawn = await an.approvals("WithdrawApproval", name=proposed.name)

    assert proposed.name in [each.name for each in listed]
    assert withdrawn.state == Approval.WITHDRAWN
    unknown = await refusal(binh.approvals("GrantApproval", name="approvals/AAAAAAAAAAAA"))
    assert reason_of(unknown) is Reason.APPROVAL_NOT_FOUND
