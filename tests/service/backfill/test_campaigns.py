"""Campaigns as officers run them, and what becomes of their accounts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from backfill_process import BackfillProcess
from backfill_service import Desk, Plan, plan, target
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import NUMBER, Api, Platform, reason_of, refusal

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.identity.v1 import retention_admin_pb2, service_pb2
from xacthuc.sql.migrations import dsn

Campaign = resources_pb2.Campaign


async def fetch(deployment, query, *arguments):
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


async def bar(call) -> str:
    """Returns why a change was refused."""
    error = await refusal(call)
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_STATE")
    return error.details()


async def test_a_campaign_is_kept_as_it_was_decided(desk: Desk):
    two_days = Duration(seconds=2 * 86_400)
    decided = plan(
        hours="08:00-20:00",
        ladder=[Plan.Wave(after=Duration(), notice_after=two_days), Plan.Wave(after=two_days, notice_after=Duration())],
        canary=Plan.Canary(percent=0.5, watch=Duration(seconds=7_200), least_count=50, most_failed_percent=10),
    )
    made = await desk.create(plan=decided)

    assert (made.name, made.state) == (f"platforms/{desk.platform}/campaigns/spring", Campaign.PREPARED)
    assert made.plan == (await desk.figures()).campaign.plan == decided


async def test_the_database_knows_how_many_accounts_there_are_before_they_are_decided_about(
    desk: Desk, deployment: BackfillProcess
):
    """Else it may search for each of them among all, for as long as its own look takes to come."""
    await desk.create()
    await desk.add(target("an"), target("binh"), target("chi"))
    ((there,),) = await fetch(deployment, "SELECT count(*) FROM backfill.targets")
    await desk.ask("StartCampaign")

    ((known,),) = await fetch(deployment, "SELECT reltuples FROM pg_class WHERE oid = 'backfill.targets'::regclass")
    assert known >= there >= 3
    await desk.ask("KillCampaign", reason="no use")


async def test_a_repeated_request_makes_one_campaign_and_another_of_its_name_is_refused(desk: Desk):
    request_id, decided = str(uuid4()), plan()
    first = await desk.create(plan=decided, request_id=request_id)

    assert await desk.create(plan=decided, request_id=request_id) == first
    assert (await refusal(desk.create())).code() is grpc.StatusCode.ALREADY_EXISTS


async def test_a_deadline_that_is_over_is_refused(desk: Desk):
    over = Timestamp()
    over.FromDatetime(datetime.now(UTC) - timedelta(days=1))

    assert (await refusal(desk.create(plan=plan(end_time=over)))).code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_account_is_in_a_campaign_once_however_often_it_is_added(desk: Desk):
    await desk.create()
    first = await desk.add(target("an", NUMBER), target("binh"))
    again = await desk.add(target("binh"), target("chi"))

    assert (first.added_count, first.known_count) == (2, 0)
    assert (again.added_count, again.known_count) == (1, 1)
    figures = await desk.figures()
    assert (figures.account_count, figures.reachable_count) == (3, 1)


async def test_a_start_that_is_only_looked_at_starts_nothing(desk: Desk):
    await desk.create()
    assert "no accounts" in await bar(desk.ask("StartCampaign"))
    await desk.add(target("an", NUMBER))
    shown = await desk.ask("StartCampaign", validate_only=True)

    assert (shown.account_count, shown.campaign.state) == (1, Campaign.PREPARED)
    assert (await desk.figures()).campaign.state == Campaign.PREPARED


async def test_a_campaign_is_started_paused_resumed_and_killed(desk: Desk):
    await desk.create()
    await desk.add(target("an", NUMBER))
    assert "does not run" in await bar(desk.ask("PauseCampaign", reason="early"))
    started = await desk.ask("StartCampaign")
    assert started.campaign.state == Campaign.RUNNING
    assert started.campaign.HasField("start_time")
    assert "started already" in await bar(desk.ask("StartCampaign"))
    assert "started already" in await bar(desk.add(target("binh")))
    assert "not paused" in await bar(desk.ask("ResumeCampaign", reason="early"))
    paused = await desk.ask("PauseCampaign", reason="the texts are wrong")
    assert (paused.state, paused.reason) == (Campaign.PAUSED, "the texts are wrong")
    assert (await desk.ask("ResumeCampaign", reason="mended")).state == Campaign.RUNNING
    killed = await desk.ask("KillCampaign", reason="no use")

    assert killed.state == Campaign.KILLED
    assert killed.HasField("close_time")
    assert "is over" in await bar(desk.ask("ResumeCampaign", reason="late"))


@pytest.mark.rule("R50")
async def test_what_changes_a_campaign_is_on_record(desk: Desk, deployment):
    await desk.create()
    await desk.add(target("an", NUMBER))
    await desk.ask("StartCampaign")
    await desk.ask("KillCampaign", reason="no use")
    query = "SELECT tag, actor, subject FROM backfill.audit WHERE platform = $1 AND actor = $2 ORDER BY id"
    written = await fetch(deployment, query, desk.platform, "operator:development")

    assert [row["tag"].rpartition(":")[2] for row in written] == ["created", "targets_added", "started", "killed"]
    assert {row["subject"] for row in written} == {"spring"}


@pytest.mark.rule("R50")
async def test_whoever_looks_at_a_campaign_is_on_record_once_a_minute(desk: Desk, deployment):
    await desk.create()
    for _ in range(3):
        await desk.ask("GetCampaign")
    query = "SELECT subject, detail FROM backfill.audit WHERE platform = $1 AND tag = 'backfill:admin:read' ORDER BY id"
    (written, *more) = await fetch(deployment, query, desk.platform)

    assert (written["subject"], json.loads(written["detail"])) == ("spring", {"method": "BackfillAdmin/GetCampaign"})
    assert len(more) <= 1  # where a minute ends between two of them


@pytest.mark.rule("R49")
async def test_the_numbers_of_a_campaign_are_gone_soon_after_it_is_over_but_for_one_on_hold(
    api: Api, desk: Desk, platform: Platform, deployment, eventually
):
    await platform.register("held")
    review = Timestamp()
    review.FromDatetime(datetime.now(UTC) + timedelta(days=90))
    await api.retention.PlaceHold(
        retention_admin_pb2.PlaceHoldRequest(
            parent=f"platforms/{platform.name}",
            authority="A05",
            legal_basis="Law 116/2025/QH15 Art. 25",
            reference="12/CV-A05",
            review_time=review,
            accounts=["accounts/held"],
            request_id=str(uuid4()),
        )
    )
    await desk.create()
    await desk.add(target("an", NUMBER), target("held", "+84912345999"))
    query = "SELECT account, number, person FROM backfill.targets WHERE platform = $1"
    before = await fetch(deployment, query, desk.platform)
    assert [row["account"] for row in before if NUMBER.encode() in row["number"]] == []
    await desk.ask("KillCampaign", reason="no use")

    async def gone() -> bool:
        rows = await fetch(deployment, query, desk.platform)
        return {row["account"]: (row["number"] is None, row["person"] is None) for row in rows} == {
            "an": (True, True),
            "held": (False, False),
        }

    await eventually(gone)


@pytest.mark.rule("R1")
async def test_an_account_is_verified_once_its_number_is_and_open_again_when_that_lapses(
    api: Api, desk: Desk, platform: Platform, eventually
):
    await platform.register("an")
    await desk.create()
    await desk.add(target("an", NUMBER))
    await platform.verify("an", api.otp.prove(NUMBER, "an"))

    async def stands(state: str) -> bool:
        return await desk.standings() == {state: 1}

    await eventually(lambda: stands("VERIFIED"))
    await platform.revoke("an")
    await eventually(lambda: stands("OPEN"))


@pytest.mark.rule("R3")
async def test_a_number_is_not_enough_of_who_sells(api: Api, desk: Desk, platform: Platform, eventually):
    for account, account_class in (("an", "NEEDS_PERSONAL_ID"), ("binh", "NEEDS_PHONE")):
        await platform.register(account)
        await desk.create(account)
        await desk.add(target(account, NUMBER, account_class), campaign=account)
    await platform.verify("an", api.otp.prove(NUMBER, "an"))
    await platform.verify("binh", api.otp.prove("+84912345679", "binh"))

    async def verified(campaign: str) -> bool:
        (standing,) = (await desk.figures(campaign)).standings
        return standing.state == resources_pb2.CampaignFigures.Standing.VERIFIED

    await eventually(lambda: verified("binh"))
    assert not await verified("an")
    await platform.verify_personal_id("an", "000090000000", commerce=True)
    await eventually(lambda: verified("an"))


async def erase(platform: Platform, account: str) -> None:
    """Has an account erased."""
    request = service_pb2.EraseAccountRequest(name=f"accounts/{account}", request_id=str(uuid4()))
    await platform.ask("EraseAccount", request)


async def acknowledged(api: Api, platform: Platform, account: str) -> bool:
    """Tells whether the service said that everything is erased here."""
    named = f"platforms/{platform.name}/accounts/{account}"
    asked = retention_admin_pb2.GetErasureEvidenceRequest(name=named, request_id=str(uuid4()))
    evidence = await api.retention.GetErasureEvidence(asked)
    return "backfill" in [said.service for each in evidence.erasures for said in each.acknowledgements]


@pytest.mark.rule("R49")
async def test_an_erasure_that_was_not_heard_of_is_caught_up_with(
    api: Api, service: BackfillProcess, desk: Desk, platform: Platform, deployment, eventually
):
    await platform.register("an")
    await desk.create()
    await desk.add(target("an", NUMBER))
    service.kill()
    await erase(platform, "an")

    async def is_told() -> bool:
        forgotten = (
            "DELETE FROM identity.outbox WHERE platform = $1 AND subject = 'an' AND position IS NOT NULL RETURNING kind"
        )
        return ("ERASURE_SCHEDULED",) in await fetch(deployment, forgotten, platform.name)

    # Nobody tells of it any more, as of what happened longer ago than events are kept.
    await eventually(is_told)
    await fetch(deployment, "DELETE FROM backfill.cursors")
    await asyncio.to_thread(service.start)

    await eventually(lambda: acknowledged(api, platform, "an"))
    left = "SELECT account FROM backfill.targets WHERE platform = $1"
    assert await fetch(deployment, left, platform.name) == []


@pytest.mark.rule("R49")
async def test_an_erased_account_leaves_nothing_but_a_number_of_erased_accounts(
    api: Api, desk: Desk, platform: Platform, deployment, eventually
):
    await platform.register("an")
    await desk.create()
    await desk.add(target("an", NUMBER), target("binh"))
    await erase(platform, "an")
    await eventually(lambda: acknowledged(api, platform, "an"))
    figures = await desk.figures()
    assert (figures.account_count, figures.erased_count) == (2, 1)
    assert await fetch(deployment, "SELECT account FROM backfill.targets WHERE platform = $1", platform.name) == [
        ("binh",)
    ]


async def test_campaigns_come_page_after_page(desk: Desk):
    for campaign in ("autumn", "spring", "winter"):
        await desk.create(campaign)
    parent, found, token = f"platforms/{desk.platform}", [], ""
    while True:
        page = await desk.ask("ListCampaigns", parent=parent, page_size=2, page_token=token)
        found += [each.name.rpartition("/")[2] for each in page.campaigns]
        token = page.next_page_token
        if not token:
            break

    assert found == ["autumn", "spring", "winter"]


async def test_nobody_has_a_campaign_that_was_never_made(desk: Desk):
    assert (await refusal(desk.figures())).code() is grpc.StatusCode.NOT_FOUND
    assert (await refusal(desk.ask("KillCampaign", reason="x"))).code() is grpc.StatusCode.NOT_FOUND
