"""Locks, over the wire, as officers and others who signed in call for them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import Platform, reason_of, refusal

from xacthuc.api.identity.v1 import (
    admin_pb2,
    approval_admin_pb2,
    locks_pb2,
    resources_pb2,
    service_pb2,
    service_pb2_grpc,
)
from xacthuc.grpckit.reasons import Reason

Act, Approval = approval_admin_pb2.Act, approval_admin_pb2.Approval


class Public:
    """Enough of `Api` for a platform."""

    def __init__(self, channel):
        self.service = service_pb2_grpc.IdentityServiceStub(channel)


@pytest.fixture
async def an(staff):
    return await staff.sign_in("an", groups=["compliance"])


@pytest.fixture
async def binh(staff):
    return await staff.sign_in("binh", groups=["compliance", "admins"])


@pytest.fixture
async def platform(by_groups, binh):
    name = f"p{uuid4().hex[:10]}"
    await binh.admin("CreatePlatform", platform_id=name, display_name="Test")
    key = await binh.admin("CreatePlatformKey", parent=f"platforms/{name}", scopes=[admin_pb2.PlatformKey.IDENTITY])
    async with grpc.aio.insecure_channel(by_groups.process.public) as channel:
        made = Platform(Public(channel), name, key)
        await made.until_known()
        yield made


async def ended(desk, approval, eventually):
    async def is_over():
        return (await desk.approvals("GetApproval", name=approval.name)).HasField("end_time")

    await eventually(is_over)
    return await desk.approvals("GetApproval", name=approval.name)


async def test_only_officers_with_a_session_see_and_change_locks(staff, an, platform):
    await platform.register("u1")
    name = f"platforms/{platform.name}/accounts/u1"
    calls = (
        ("ListLocks", {"parent": name}),
        ("ListViolations", {"parent": name}),
        ("WithdrawViolation", {"name": f"{name}/violations/1", "basis": "letter 3"}),
        ("PlaceLock", {"name": name, "basis": "order 7"}),
        ("LiftLocks", {"name": name, "basis": "order 8"}),
    )
    others = [await staff.sign_in("chi", groups=[group]) for group in ("operations", "admins")]
    for method, fields in calls:
        for desk in others:
            assert reason_of(await refusal(desk.locks(method, **fields))) is Reason.ROLE_MISSING
        assert reason_of(await refusal(staff.nobody.locks(method, **fields))) is Reason.STAFF_SESSION_MISSING

    assert (await an.locks("PlaceLock", name=name, basis="order 7")).state == resources_pb2.Account.LOCKED
    await an.staff("SignOut")
    assert reason_of(await refusal(an.locks("LiftLocks", name=name, basis="order 8"))) is Reason.STAFF_SESSION_REVOKED
    assert (await platform.get("u1")).state == resources_pb2.Account.LOCKED


@pytest.mark.rule("R46")
async def test_an_order_of_national_security_is_adopted_by_one_officer_and_granted_by_another(
    staff, an, binh, platform, eventually
):
    await platform.register("u1")
    published = Timestamp()
    published.FromDatetime(datetime.now(UTC))
    removal = locks_pb2.RemovalOrder(
        authority=locks_pb2.RemovalOrder.CYBERSECURITY, order_number="12/A05", national_security=True
    )
    violated = service_pb2.RecordViolationRequest(
        name="accounts/u1", removal_order=removal, violate_time=published, request_id=str(uuid4())
    )
    await platform.ask("RecordViolation", violated)
    (violation,) = (await an.locks("ListViolations", parent=f"platforms/{platform.name}/accounts/u1")).violations
    proposed = await an.approvals("GetApproval", name=violation.approval)
    assert (proposed.state, proposed.proposer, proposed.kind) == (Approval.PROPOSED, "", Approval.PERMANENT_LOCK)
    assert reason_of(await refusal(an.approvals("GrantApproval", name=proposed.name))) is Reason.APPROVAL_NOT_ADOPTED
    chi = await staff.sign_in("chi", groups=["operations"])
    assert reason_of(await refusal(chi.approvals("AdoptApproval", name=proposed.name))) is Reason.ROLE_MISSING

    adopted = await an.approvals("AdoptApproval", name=proposed.name)
    for desk, method, reason in (
        (binh, "AdoptApproval", Reason.APPROVAL_STATE),
        (an, "GrantApproval", Reason.SECOND_PERSON_NEEDED),
        (an, "WithdrawApproval", Reason.SECOND_PERSON_NEEDED),
    ):
        assert reason_of(await refusal(desk.approvals(method, name=proposed.name))) is reason
    await binh.approvals("GrantApproval", name=proposed.name, reason="read the order")

    done = await ended(an, proposed, eventually)
    me, them = [(await desk.staff("GetMe")).operator.name for desk in (an, binh)]
    assert (adopted.adopter, done.adopter, done.decider, dict(done.result)) == (me, me, them, {"locked": "1"})
    (lock,) = (await an.locks("ListLocks", parent=f"platforms/{platform.name}/accounts/u1")).locks
    assert (lock.approval, lock.HasField("expire_time")) == (proposed.name, False)
    unlock = service_pb2.UnlockAccountRequest(name="accounts/u1", basis="mercy", request_id=str(uuid4()))
    assert reason_of(await refusal(platform.ask("UnlockAccount", unlock))) is Reason.ACCOUNT_STATE


async def test_many_are_restricted_and_unlocked_by_two_who_agree(an, binh, platform, eventually):
    accounts = [f"u{number}" for number in range(5)]
    for account in accounts:
        await platform.register(account)
    names = [f"accounts/{account}" for account in accounts]
    whole = {"platform": f"platforms/{platform.name}", "reason": "order 12/A05"}
    restrict = approval_admin_pb2.RestrictAccounts(accounts=names, basis="order 12/A05")
    unlock = approval_admin_pb2.MassUnlock(accounts=names, basis="order 13/A05")

    results = []
    for act in (Act(restrict_accounts=restrict), Act(mass_unlock=unlock)):
        proposed = await an.approvals("CreateApproval", act=act, **whole)
        await binh.approvals("GrantApproval", name=proposed.name)
        results.append(await ended(an, proposed, eventually))

    assert [dict(done.result) for done in results] == [{"locked": "5"}, {"unlocked": "5"}]
    assert resources_pb2.Account.LOCKED not in [(await platform.get(account)).state for account in accounts]
