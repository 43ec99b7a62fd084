"""Reports of unrequested codes, operators' switches, and notices."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import grpc
import orjson
import pytest
from google.protobuf.duration_pb2 import Duration
from otp_service import NUMBER, Challenge, Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2

pytestmark = pytest.mark.engine

Kind = internal_pb2.Outcome.Kind


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def test_the_recipient_of_an_unrequested_code_cancels_it_and_bars_its_starter(otp: Deployment) -> None:
    stranger = {"subject": "accounts/stranger", "client": resources_pb2.Client(device_id="d", ip="203.0.113.7")}
    started = await otp.forum.start(**stranger)
    await otp.forum.report(NUMBER, otp.code(started.name))
    barred = await refusal(otp.forum.start(**stranger))
    assert (await otp.forum.get(started.name)).state == Challenge.CANCELED
    assert (barred.code, barred.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NUMBER_BLOCKED")


async def test_a_report_bars_nobody_else(otp: Deployment) -> None:
    started = await otp.forum.start(subject="accounts/stranger")
    await otp.forum.report(NUMBER, otp.code(started.name))
    assert (await otp.forum.start(subject="accounts/owner")).state == Challenge.PENDING


async def test_a_stranger_cannot_silence_a_number_by_guessing(otp: Deployment) -> None:
    started = await otp.forum.start()
    for _ in range(10):
        await otp.forum.report(NUMBER, otp.wrong(started.name))
    assert (await otp.forum.get(started.name)).state == Challenge.PENDING


async def test_a_repeated_report_costs_one_look(otp: Deployment) -> None:
    started, request = await otp.forum.start(), str(uuid.uuid4())
    for _ in range(10):
        await otp.forum.report(NUMBER, otp.wrong(started.name), request)
    await otp.forum.report(NUMBER, otp.code(started.name))
    assert (await otp.forum.get(started.name)).state == Challenge.CANCELED


async def test_three_reports_stop_a_number_for_a_day(otp: Deployment) -> None:
    for n in range(3):
        started = await otp.forum.start(subject=f"accounts/s{n}")
        await otp.forum.report(NUMBER, otp.code(started.name))
    assert (await refusal(otp.forum.start(subject="accounts/new"))).reason == "NUMBER_BLOCKED"
    otp.clock.advance(timedelta(hours=24))
    assert (await otp.forum.start(subject="accounts/newer")).state == Challenge.PENDING


@pytest.mark.rule("R36")
@pytest.mark.parametrize("scope", ["platforms/forum", ""])
async def test_a_kill_switch_stops_sending_at_once_and_opens_again(otp: Deployment, scope: str) -> None:
    def switch(*, engaged: bool) -> Any:
        request = admin_pb2.SetKillSwitchRequest(
            platform=scope, engaged=engaged, reason="pumping", request_id=str(uuid.uuid4())
        )
        return answer(otp.admin.SetKillSwitch(request))

    await switch(engaged=True)
    stopped = await refusal(otp.forum.start())
    await switch(engaged=False)
    assert stopped.reason == "SENDING_STOPPED"
    assert (await otp.forum.start()).state == Challenge.PENDING


async def test_a_kill_switch_of_one_platform_leaves_the_others(otp: Deployment) -> None:
    request = admin_pb2.SetKillSwitchRequest(
        platform="platforms/forum", engaged=True, reason="pumping", request_id=str(uuid.uuid4())
    )
    await answer(otp.admin.SetKillSwitch(request))
    assert (await otp.video.start()).state == Challenge.PENDING


async def test_an_imported_block_stops_a_number_for_every_platform_and_accounts_for_every_row(
    otp: Deployment,
) -> None:
    request = admin_pb2.ImportBlockListRequest(
        phone_numbers=[NUMBER, "024 3825 1234", "not a number"],
        source="operator",
        duration=Duration(seconds=3600),
        request_id=str(uuid.uuid4()),
    )
    imported = await answer(otp.admin.ImportBlockList(request))
    assert imported.blocked_count == 1
    assert [rejected.index for rejected in imported.rejected] == [1, 2]
    assert (await refusal(otp.video.start())).reason == "NUMBER_BLOCKED"


async def test_unblocking_lifts_blocks_bars_and_spent_allowances(otp: Deployment) -> None:
    for n in range(4):
        started = await otp.forum.start(subject=f"accounts/s{n}")
    await otp.forum.report(NUMBER, otp.code(started.name))
    request = admin_pb2.UnblockNumberRequest(phone_number=NUMBER, reason="ticket 12", request_id=str(uuid.uuid4()))
    await answer(otp.admin.UnblockNumber(request, metadata=(("x-xacthuc-platform", "forum"),)))
    assert (await otp.forum.start(subject="accounts/s3")).state == Challenge.PENDING


async def test_support_sees_a_challenge_of_any_platform(otp: Deployment) -> None:
    started = await otp.video.start()
    inspected = await answer(otp.admin.InspectChallenge(admin_pb2.InspectChallengeRequest(name=started.name)))
    assert (inspected.platform, inspected.challenge.name) == ("platforms/video", started.name)


@pytest.mark.rule("R50")
async def test_whoever_looks_at_a_challenge_or_at_what_is_suspicious_is_told_of(otp: Deployment) -> None:
    started = await otp.video.start()
    await answer(otp.admin.InspectChallenge(admin_pb2.InspectChallengeRequest(name=started.name)))
    await answer(otp.admin.ListGuardSubjects(admin_pb2.ListGuardSubjectsRequest()))

    request = internal_pb2.WatchOutcomesRequest(kinds=[Kind.ADMINISTERED])
    call = otp.internal.WatchOutcomes(request, timeout=20)
    told = (await call.read()).outcomes
    call.cancel()

    assert [(outcome.detail, outcome.actor) for outcome in told] == [
        (f"read:InspectChallenge {started.name}", "operator:development"),
        ("read:ListGuardSubjects", "operator:development"),
    ]


@pytest.mark.rule("R50")
async def test_whoever_looks_at_figures_is_told_of_once_a_minute(otp: Deployment) -> None:
    for _ in range(3):
        await answer(otp.admin.ListProviders(admin_pb2.ListProvidersRequest()))
        await answer(otp.admin.ListSpending(admin_pb2.ListSpendingRequest()))
        await answer(otp.admin.ListDeliveryFigures(admin_pb2.ListDeliveryFiguresRequest()))
        await answer(otp.admin.ExplainChoice(admin_pb2.ExplainChoiceRequest(channel=Challenge.SMS, operator="viettel")))

    call = otp.internal.WatchOutcomes(internal_pb2.WatchOutcomesRequest(kinds=[Kind.ADMINISTERED]), timeout=20)
    told = (await call.read()).outcomes
    call.cancel()

    looks = ("ListProviders", "ListSpending", "ListDeliveryFigures", "ExplainChoice")
    assert sorted(outcome.detail for outcome in told) == sorted(f"read:{method}" for method in looks)


async def test_what_workers_say_of_a_provider_is_added_up(otp: Deployment) -> None:
    offer = {"weight": 1, "concurrency": 1, "per_second": 0, "operators": [], "cost_vnd": {}, "reserved_only": False}
    row = {
        "name": "vendor",
        "channels": [1],
        "sent": 3,
        "failed": 1,
        "last_send_ms": 5_000,
        "circuit_open": False,
        "suspended": False,
        "offer": offer,
    }
    other = {**row, "sent": 4, "last_send_ms": 9_000, "circuit_open": True}
    for worker, said in (("one", row), ("two", other)):
        await otp.store.execute("HSET", "providers", worker, orjson.dumps([said]))
    (provider,) = (await answer(otp.admin.ListProviders(admin_pb2.ListProvidersRequest()))).providers
    assert (provider.name, provider.sent_count, provider.failed_count) == ("vendor", 7, 2)
    assert (provider.last_send_time.seconds, provider.circuit_open) == (9, True)


async def test_only_the_command_line_may_administer(otp: Deployment) -> None:
    refused = await refusal(
        answer(otp.peer_call("identity", "OtpAdmin/ListProviders", admin_pb2.ListProvidersRequest()))
    )
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "PEER_NOT_ALLOWED")


async def test_a_notice_is_queued_once_in_the_lane_of_its_own(otp: Deployment) -> None:
    template = next(iter(otp.notice_templates))
    request = internal_pb2.SendNoticeRequest(
        phone_number=NUMBER, template=template, lane="BULK", request_id=str(uuid.uuid4())
    )
    platform = (("x-xacthuc-platform", "forum"),)
    first = await answer(otp.backfill.SendNotice(request, metadata=platform))
    again = await answer(otp.backfill.SendNotice(request, metadata=platform))
    lanes = await otp.store.execute("KEYS", "*:dlv*", key="")
    assert again == first
    assert [key.rpartition(b":")[2] for key in lanes] == [b"bulk"]


async def test_a_notice_of_an_unknown_template_is_refused(otp: Deployment) -> None:
    request = internal_pb2.SendNoticeRequest(
        phone_number=NUMBER, template="buy_now", lane="BULK", request_id=str(uuid.uuid4())
    )
    refused = await refusal(answer(otp.backfill.SendNotice(request, metadata=(("x-xacthuc-platform", "forum"),))))
    assert refused.fields == ["template"]
