"""A release to an authority over the wire: recorded, released by two who signed in, fetched once by one of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import Platform, reason_of, refusal

from xacthuc.api.identity.v1 import (
    admin_pb2,
    approval_admin_pb2,
    release_admin_pb2,
    release_admin_pb2_grpc,
    service_pb2_grpc,
)
from xacthuc.grpckit.reasons import Reason

pytestmark = pytest.mark.rule("R44")
Release = release_admin_pb2.Release


class Public:
    """Enough of `Api` for a platform."""

    def __init__(self, channel):
        self.service = service_pb2_grpc.IdentityServiceStub(channel)


async def ask(desk, method, **fields):
    kind = getattr(release_admin_pb2, f"{method}Request")
    if "request_id" in kind.DESCRIPTOR.fields_by_name:
        fields = {"request_id": str(uuid4()), **fields}
    return await desk.call(release_admin_pb2_grpc.ReleaseAdminStub, method, kind(**fields))


def asking(platform, **changes):
    received = Timestamp()
    received.FromDatetime(datetime.now(UTC) - timedelta(minutes=5))
    whole = {
        "parent": f"platforms/{platform.name}",
        "accounts": ["accounts/u1"],
        "authority": "A05",
        "legal_basis": "Law 116/2025/QH15 Art. 25(2)(a)",
        "reference": "12/CV-A05, 27/11/2026",
        "demand_time": received,
        "fields": [Release.FULL_NAME, Release.ACCOUNT_STATE],
    }
    return {**whole, **changes}


async def propose(desk, platform, release, *fields):
    act = approval_admin_pb2.Act(
        authority_release=approval_admin_pb2.AuthorityRelease(release=release.name, fields=fields)
    )
    return await desk.approvals(
        "CreateApproval", platform=f"platforms/{platform.name}", act=act, reason="read 12/CV-A05"
    )


@pytest.fixture
async def an(staff):
    return await staff.sign_in("an", groups=["compliance"])


@pytest.fixture
async def binh(staff):
    return await staff.sign_in("binh", groups=["compliance", "admins"])


@pytest.fixture
async def chi(staff):
    return await staff.sign_in("chi", groups=["compliance"])


@pytest.fixture
async def platform(by_groups, binh):
    name = f"p{uuid4().hex[:10]}"
    await binh.admin("CreatePlatform", platform_id=name, display_name="Test")
    key = await binh.admin("CreatePlatformKey", parent=f"platforms/{name}", scopes=[admin_pb2.PlatformKey.IDENTITY])
    async with grpc.aio.insecure_channel(by_groups.process.public) as channel:
        made = Platform(Public(channel), name, key)
        await made.until_known()
        await made.register("u1")
        yield made


async def test_two_people_release_what_was_asked_for_and_one_of_them_fetches_it_once(
    an, binh, chi, platform, by_groups, eventually
):
    recorded = await ask(an, "RecordRelease", **asking(platform, emergency=True))
    assert recorded.due_time.seconds - recorded.demand_time.seconds == timedelta(hours=3).total_seconds()
    proposed = await propose(an, platform, recorded, Release.FULL_NAME)
    assert reason_of(await refusal(an.approvals("GrantApproval", name=proposed.name))) is Reason.SECOND_PERSON_NEEDED
    assert reason_of(await refusal(ask(an, "FetchRelease", name=recorded.name))) is Reason.RELEASE_STATE
    await binh.approvals("GrantApproval", name=proposed.name)

    async def is_made():
        return (await ask(an, "GetRelease", name=recorded.name)).state == Release.READY

    await eventually(is_made)
    assert reason_of(await refusal(ask(chi, "FetchRelease", name=recorded.name))) is Reason.RELEASE_OF_OTHERS
    call = {"name": recorded.name, "request_id": str(uuid4())}
    fetched = await ask(binh, "FetchRelease", **call)

    assert json.loads(fetched.json)["accounts"][0]["fields"] == {
        "FULL_NAME": {"account": {"total": 1, "rows": [{"full_name": "Nguyễn Văn u1"}]}}
    }
    assert (await ask(binh, "FetchRelease", **call)).json == fetched.json
    for desk in (an, binh):
        assert reason_of(await refusal(ask(desk, "FetchRelease", name=recorded.name))) is Reason.RELEASE_STATE
    me, her = [(await desk.staff("GetMe")).operator.name for desk in (an, binh)]
    done = await ask(an, "GetRelease", name=recorded.name)
    assert (done.state, done.proposer, done.approver, done.releaser) == (Release.RELEASED, me, her, her)
    assert (list(done.requested_fields), list(done.released_fields)) == (
        [Release.FULL_NAME, Release.ACCOUNT_STATE],
        [Release.FULL_NAME],
    )
    told = [tag for tag, _ in await by_groups.audited(recorded.name.rpartition("/")[2])]
    assert told == ["recorded", "fetched", "fetched"]


async def test_requests_are_listed_until_they_are_closed(an, platform):
    first, second = [await ask(an, "RecordRelease", **asking(platform)) for _ in range(2)]
    closed = await ask(an, "CloseRelease", name=first.name, reason="withdrawn by 13/CV-A05")

    due = await ask(an, "ListReleases", parent=f"platforms/{platform.name}", open_only=True)
    everything = await ask(an, "ListReleases", parent=f"platforms/{platform.name}", page_size=1)

    assert (closed.state, closed.close_reason) == (Release.CLOSED, "withdrawn by 13/CV-A05")
    assert list(due.releases) == [second]
    assert bool(everything.next_page_token)
    assert reason_of(await refusal(propose(an, platform, first, Release.FULL_NAME))) is Reason.RELEASE_STATE


async def test_a_request_that_is_not_whole_is_refused_by_its_field(an, platform):
    future = Timestamp()
    future.FromDatetime(datetime.now(UTC) + timedelta(hours=1))
    for wrong in (
        {"accounts": []},
        {"accounts": [f"accounts/u{number}" for number in range(11)]},
        {"fields": []},
        {"fields": [Release.FIELD_UNSPECIFIED]},
        {"fields": [Release.FULL_NAME, Release.FULL_NAME]},
        {"reference": " "},
        {"authority": ""},
        {"demand_time": future},
        {"demand_time": Timestamp(seconds=10**13)},
    ):
        refused = await refusal(ask(an, "RecordRelease", **asking(platform, **wrong)))
        assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    nowhere = await refusal(ask(an, "RecordRelease", **asking(platform, parent="platforms/nowhere")))
    assert reason_of(nowhere) is Reason.PLATFORM_NOT_FOUND
    missing = await refusal(ask(an, "GetRelease", name=f"platforms/{platform.name}/releases/{uuid4()}"))
    assert reason_of(missing) is Reason.RELEASE_NOT_FOUND


async def test_only_officers_see_or_do_anything_here(staff, platform):
    admin = await staff.sign_in("dung", groups=["admins"])

    assert reason_of(await refusal(ask(admin, "RecordRelease", **asking(platform)))) is Reason.ROLE_MISSING
    listing = ask(admin, "ListReleases", parent=f"platforms/{platform.name}")
    assert reason_of(await refusal(listing)) is Reason.ROLE_MISSING
