"""The audit trail as operators read it, of a service that is at work: who looked at whom, and that it all holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import NUMBER, Platform, faults_of, reason_of, refusal

from xacthuc.api.identity.v1 import admin_pb2, audit_admin_pb2, lock_admin_pb2, retention_admin_pb2
from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.audit.checkpoints import Checkpoint, read_keys
from xacthuc.audit.outside import read_all
from xacthuc.audit.tags import Tag
from xacthuc.audit.verification import Report
from xacthuc.cli import trail as client_side
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.main import LOOKS, READS

Outcome = internal_pb2.Outcome
OTHER = "+84987654321"


async def entries(api, **wanted):
    request = audit_admin_pb2.ListEntriesRequest(**wanted)
    return list((await api.audit.ListEntries(request)).entries)


async def of(api, platform, **wanted):
    """Returns the entries of a platform, the oldest first."""
    return (await entries(api, platform=f"platforms/{platform.name}", **wanted))[::-1]


async def report(api, deployment):
    outside = read_all(deployment.checkpoints)  # before the trail, which goes on beside
    parts = [part async for part in api.audit.ExportTrail(audit_admin_pb2.ExportTrailRequest())]
    keys = (await api.audit.ListSigningKeys(audit_admin_pb2.ListSigningKeysRequest())).keys
    trusted = read_keys("".join(each.public_key for each in keys))
    return client_side.verified(parts, outside, trusted, lambda _report: None)


async def search(api, platform=None, **holder):
    parent = f"platforms/{platform.name if platform else '-'}"
    found = await api.admin.SearchAccounts(admin_pb2.SearchAccountsRequest(parent=parent, **holder))
    return {(each.platform, each.account) for each in found.accounts}


@pytest.mark.rule("R50")
async def test_what_is_done_is_recorded_and_sealed_within_seconds_and_verifies(api, platform, deployment, eventually):
    await platform.register("u1")

    async def is_sealed():
        found: Report = await report(api, deployment)
        assert found.is_intact, found.findings
        return found.confirmed and found.waiting == 0

    await eventually(is_sealed)
    assert [each.tag for each in await of(api, platform, subject="u1")] == [Tag.ACCOUNT_REGISTERED]


async def test_entries_are_picked_by_subject_tag_and_time_page_by_page(api, platform):
    for account in ("u1", "u2", "u3"):
        await platform.register(account)
    everything = {"platform": f"platforms/{platform.name}", "tag": Tag.ACCOUNT_REGISTERED}
    began, ended = Timestamp(), Timestamp()
    began.FromDatetime(datetime.now(UTC) - timedelta(minutes=5))
    ended.FromDatetime(datetime.now(UTC) + timedelta(minutes=5))

    assert len(await entries(api, **everything, start_time=began, end_time=ended)) == 3
    assert await entries(api, **everything, start_time=ended) == []
    assert await entries(api, **everything, end_time=began) == []
    assert [each.subject for each in await entries(api, **everything, subject="u2")] == ["u2"]
    first = await api.audit.ListEntries(audit_admin_pb2.ListEntriesRequest(**everything, page_size=2))
    second = await api.audit.ListEntries(
        audit_admin_pb2.ListEntriesRequest(**everything, page_size=2, page_token=first.next_page_token)
    )
    assert [each.subject for each in [*first.entries, *second.entries]] == ["u3", "u2", "u1"]
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    "wanted",
    [{"platform": "forum"}, {"tag": "x"}, {"page_token": "next"}, {"page_size": 1001}, {"subject": "x" * 129}],
)
async def test_a_wish_that_makes_no_sense_is_refused_by_its_field(api, wanted):
    refused = await refusal(entries(api, **wanted))

    assert faults_of(refused) == set(wanted)


async def test_a_time_that_is_none_is_refused(api):
    refused = await refusal(entries(api, start_time=Timestamp(seconds=10**15)))

    assert faults_of(refused) == {"start_time"}


@pytest.mark.rule("R50")
async def test_whoever_reads_the_record_is_in_it(api, platform):
    await entries(api, subject="u1", platform=f"platforms/{platform.name}")
    async for _ in api.audit.ExportTrail(audit_admin_pb2.ExportTrailRequest(after_seal=10**12)):
        pass

    [read, *_] = await entries(api, tag=Tag.TRAIL_LISTED)
    [read_before, *_] = [each for each in await entries(api, tag=Tag.TRAIL_LISTED) if "u1" in each.detail]
    [exported, *_] = await entries(api, tag=Tag.TRAIL_EXPORTED)
    assert read.actor == exported.actor == "operator:development"
    assert json.loads(read_before.detail) == {"platform": platform.name, "subject": "u1"}
    assert json.loads(exported.detail) == {"after_seal": 10**12}


@pytest.mark.rule("R50")
async def test_whoever_looks_at_an_account_or_at_the_people_of_a_platform_is_on_record(api, platform):
    await platform.register("u1")
    parent = f"platforms/{platform.name}"
    await api.locks.ListLocks(lock_admin_pb2.ListLocksRequest(parent=f"{parent}/accounts/u1"))
    await refusal(api.locks.ListViolations(lock_admin_pb2.ListViolationsRequest(parent=f"{parent}/accounts/u2")))
    await api.retention.ListHolds(retention_admin_pb2.ListHoldsRequest(parent=parent))

    looked = await of(api, platform, tag=Tag.ADMIN_READ)

    assert [(each.subject, json.loads(each.detail)) for each in looked] == [
        ("u1", {"method": "LockAdmin/ListLocks"}),
        ("u2", {"method": "LockAdmin/ListViolations"}),
        ("RetentionAdmin/ListHolds", {"method": "RetentionAdmin/ListHolds"}),
    ]
    assert {(each.actor, len(each.trace_id)) for each in looked} == {("operator:development", 32)}


async def test_every_read_that_is_to_be_recorded_is(api, platform):
    """`main.READS` against a server: whatever is asked for, found or not, is on record by the method that was called."""
    named = {
        "ApprovalAdmin/GetApproval": {"name": "approvals/0123456789ab"},
        "StaffAdmin/ListSessions": {"operator": "operators/development"},
        "ReconciliationAdmin/ListFindings": {"parent": f"reconciliations/{uuid4()}"},
        "ReleaseAdmin/GetRelease": {"name": f"platforms/{platform.name}/releases/{uuid4()}"},
        "LockAdmin/ListLocks": {"parent": f"platforms/{platform.name}/accounts/u1"},
        "LockAdmin/ListViolations": {"parent": f"platforms/{platform.name}/accounts/u1"},
        "ApprovalAdmin/ListApprovals": {},
        "StaffAdmin/ListOperators": {},
    }
    reads = {f"{service}/{method}" for service, table in READS.items() for method in table}
    newest = max((each.id for each in await entries(api, tag=Tag.ADMIN_READ)), default=0)

    for read in reads:
        try:
            await api.call(read, **named.get(read, {"parent": f"platforms/{platform.name}"}))
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND, error.details()

    found = {
        json.loads(each.detail)["method"]: each.subject
        for each in await entries(api, tag=Tag.ADMIN_READ)
        if each.id > newest
    }
    assert found == {
        read: next((name.rpartition("/")[2] for name in named.get(read, {}).values()), read) for read in reads
    }


async def test_every_other_look_is_on_record_too_and_not_each_time(api, platform):
    """Once a minute: who looked a moment before, in another test, is on record by then."""
    parent = {"parent": f"platforms/{platform.name}"}
    named = {
        "StaffAdmin/GetMe": {},
        "ReconciliationAdmin/GetReconciliation": {"name": f"reconciliations/{uuid4()}"},
        "WebhookAdmin/GetWebhook": {"name": f"platforms/{platform.name}/webhooks/{'A' * 12}"},
        "WebhookAdmin/ListWebhookDeliveries": {"parent": f"platforms/{platform.name}/webhooks/{'A' * 12}"},
        "IdentityAdmin/ListPlatformKeys": parent,
        "WebhookAdmin/ListWebhooks": parent,
    }
    looks = {f"{service}/{method}" for service, table in LOOKS.items() for method in table}
    looks |= {"AuditAdmin/ListCheckpoints", "AuditAdmin/ListSigningKeys"}

    for look in [*looks, "IdentityAdmin/ListPlatformKeys"]:
        try:
            await api.call(look, **named.get(look, {}))
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.NOT_FOUND, error.details()

    found = await entries(api, tag=Tag.ADMIN_READ, page_size=1000)
    assert looks <= {json.loads(each.detail)["method"] for each in found}
    ours = [json.loads(each.detail)["method"] for each in found if each.platform == platform.name]
    assert set(ours) == {each for each in looks if platform.name in str(named.get(each))}


async def test_a_platform_or_another_service_reads_nothing_of_it(api):
    method = api._guardian.unary_unary(
        "/xacthuc.api.identity.v1.AuditAdmin/ListEntries",
        request_serializer=audit_admin_pb2.ListEntriesRequest.SerializeToString,
        response_deserializer=audit_admin_pb2.ListEntriesResponse.FromString,
    )
    refused = await refusal(method(audit_admin_pb2.ListEntriesRequest()))

    assert (refused.code(), reason_of(refused)) == (grpc.StatusCode.PERMISSION_DENIED, Reason.PEER_NOT_ALLOWED)


async def test_checkpoints_are_handed_out_as_they_are_filed(api, platform, deployment, eventually):
    await platform.register("u1")

    async def told():
        answer = await api.audit.ListCheckpoints(audit_admin_pb2.ListCheckpointsRequest(page_size=1000))
        return [Checkpoint.read(each.line) for each in answer.checkpoints]

    await eventually(told)
    first = await api.audit.ListCheckpoints(audit_admin_pb2.ListCheckpointsRequest(page_size=1))

    filed = [each.checkpoint for each in read_all(deployment.checkpoints)]
    assert (await told())[0] == filed[0]
    assert Checkpoint.read(first.checkpoints[0].line).is_signed()


@pytest.mark.rule("R12")
async def test_accounts_are_found_by_number_and_who_looked_is_on_record_but_not_for_whom(api, platform, deployment):
    elsewhere = await Platform.create(api)
    for where in (platform, elsewhere):
        await where.register("u1")
        await where.verify("u1", api.otp.prove(NUMBER, "u1"))

    assert await search(api, platform, phone_number="091 234 56 78") == {(f"platforms/{platform.name}", "accounts/u1")}
    assert {(f"platforms/{each.name}", "accounts/u1") for each in (platform, elsewhere)} <= await search(
        api, phone_number=NUMBER
    )
    assert await search(api, platform, phone_number=OTHER) == set()

    mine, *_ = [each for each in await of(api, platform) if each.tag == Tag.ACCOUNTS_SEARCHED]
    everywhere = await entries(api, tag=Tag.ACCOUNTS_SEARCHED)
    details = [json.loads(each.detail) for each in everywhere[:3]][::-1]
    assert mine.actor == "operator:development"
    assert [each["found"] for each in (details[0], details[2])] == [1, 0]
    assert details[0]["digest"] == details[1]["digest"] != details[2]["digest"]
    assert not any(NUMBER[-8:] in each.detail for each in everywhere)
    assert NUMBER[-8:] not in deployment.log.read_text()


async def test_nobody_is_found_by_a_personal_id_that_nobody_confirmed(api, platform):
    assert await search(api, platform, personal_id="001099012345") == set()


@pytest.mark.parametrize(
    ("holder", "field"),
    [({"phone_number": "12"}, "phone_number"), ({"personal_id": "1"}, "personal_id"), ({}, "holder_of")],
)
async def test_what_nobody_can_stand_on_is_refused_and_not_recorded(api, platform, holder, field):
    refused = await refusal(search(api, platform, **holder))

    assert faults_of(refused) == {field}
    assert await of(api, platform) == await of(api, platform, tag=Tag.PLATFORM_CREATED) + await of(
        api, platform, tag=Tag.KEY_CREATED
    )


async def test_a_platform_that_is_not_there_is_told(api):
    refused = await refusal(
        api.admin.SearchAccounts(admin_pb2.SearchAccountsRequest(parent="platforms/nowhere", phone_number=NUMBER))
    )

    assert reason_of(refused) == Reason.PLATFORM_NOT_FOUND


@pytest.mark.rule("R50")
async def test_what_otp_tells_is_recorded_once_however_often_it_is_told(api, platform, eventually):
    name = platform.name
    api.otp.happened(Outcome.ADMINISTERED, platform=name, detail="kill_switch_on:call 0912345678", actor="operator:o1")
    api.otp.happened(Outcome.EXHAUSTED, platform=name, challenge="challenges/c1", subject="accounts/u1")
    api.otp.happened(Outcome.UNREQUESTED, platform=name, challenge="challenges/c2", subject="links/l1")
    for _ in range(3):
        api.otp.happened(Outcome.VERIFIED, platform=name, challenge="challenges/c3", subject="accounts/u1")

    async def told():
        return [each for each in await of(api, platform) if each.tag.startswith("otp:")]

    async def all_told():
        return len(await told()) >= 3

    await eventually(all_told)
    api.otp.tell_again()
    api.otp.happened(Outcome.EXHAUSTED, platform=name, challenge="challenges/c4", subject="accounts/u2")

    async def last_told():
        return "u2" in {each.subject for each in await told()}

    await eventually(last_told)
    assert [(each.tag, each.subject, each.actor) for each in await told()] == [
        (Tag.OTP_ADMINISTERED, "otp", "operator:o1"),
        (Tag.CHALLENGE_EXHAUSTED, "u1", "peer:otp"),
        (Tag.CHALLENGE_UNREQUESTED, "links/l1", "peer:otp"),
        (Tag.CHALLENGE_EXHAUSTED, "u2", "peer:otp"),
    ]
    administered = json.loads((await told())[0].detail)
    assert administered["what"] == "kill_switch_on:call [redacted]"
    assert set(administered) == {"what", "occur_time"}
