"""What backfill tells of one account: which campaigns asked, what was sent and by which way, and what was restricted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import grpc.aio
import pytest
from backfill_process import BackfillProcess
from backfill_service import Desk, granted, imported, plan, target
from identity_process import IdentityProcess
from identity_service import NUMBER, Platform
from shares import share

from xacthuc.api.otp.v1 import internal_pb2

pytestmark = pytest.mark.rule("R51")

OTHER = "+84912345679"


@pytest.fixture
async def internal(service: BackfillProcess) -> AsyncIterator[grpc.aio.Channel]:
    async with service.administered() as channel:
        yield channel


async def test_campaigns_numbers_and_what_was_sent_are_told_in_clear(
    desk: Desk, platform: Platform, internal, eventually
):
    for account in ("an", "binh"):
        await platform.register(account)
    await desk.create(plan=plan())
    await desk.add(target("an", NUMBER), target("binh", OTHER))
    await desk.ask("StartCampaign")

    async def sent() -> bool:
        (ask,) = (await share(internal, platform.name, "an")).rows("asks") or [{"notice_time": None}]
        return ask["notice_time"] is not None

    await eventually(sent)
    told = await share(internal, platform.name, "an")

    (campaign,), (standing,), (ask,) = (told.rows(name) for name in ("campaigns", "targets", "asks"))
    assert (campaign["campaign"], campaign["state"]) == ("spring", "RUNNING")
    assert (standing["account_class"], standing["number"]) == ("NEEDS_PHONE", NUMBER)
    assert (ask["campaign"], ask["wave"]) == ("spring", 1)
    assert ask["event_time"]
    assert NUMBER in told.page
    assert OTHER not in told.page
    assert "people" in told.document["left_out"]


async def test_the_way_is_that_of_whoever_carried_the_notice(api, desk: Desk, platform: Platform, internal, eventually):
    await platform.register("an")
    await desk.create(plan=plan())
    await desk.add(target("an", NUMBER))
    await desk.ask("StartCampaign")

    async def sent() -> bool:
        return (await desk.figures()).waves[0].notice_count == 1

    await eventually(sent)
    (request,) = [each for each, (whose, *_) in list(api.otp.notices.items()) if whose == platform.name]
    api.otp.heard_of(platform.name, request, internal_pb2.Outcome.SENT, provider="first", cost_vnd=250)
    api.otp.heard_of(platform.name, request, internal_pb2.Outcome.DELIVERED, provider="first")

    async def settled() -> bool:
        (ask,) = (await share(internal, platform.name, "an")).rows("asks")
        return ask["ending"] == "DELIVERED"

    await eventually(settled)
    (ask,) = (await share(internal, platform.name, "an")).rows("asks")
    assert (ask["provider"], ask["channel"]) == ("first", "SMS")


async def test_a_restriction_is_told_with_what_became_of_it(
    desk: Desk, platform: Platform, deployment: IdentityProcess, internal, eventually
):
    await imported(deployment, platform.name, ["an"], timedelta(days=60))
    await desk.create()
    await desk.add(target("an"))
    await desk.ask("StartCampaign")

    async def asked() -> bool:
        return await desk.standings() == {"ASKED": 1}

    await eventually(asked)
    approval = await granted(deployment, await desk.ask("PreviewRestriction"))
    await desk.ask("RestrictCampaign", approval=approval)

    async def restricted() -> bool:
        (kept,) = (await share(internal, platform.name, "an")).rows("restrictions") or [{"state": ""}]
        return kept["state"] == "DONE"

    await eventually(restricted)
    told = await share(internal, platform.name, "an")
    assert told.rows("targets")[0]["restriction_outcome"]
    assert approval.removeprefix("approvals/") not in told.page


async def test_a_campaign_that_is_called_as_the_account_is_not_taken_for_it(desk: Desk, platform: Platform, internal):
    await desk.create("spring")

    told = await share(internal, platform.name, "spring")

    assert told.empty
    assert told.rows("audit") == []
    again = await share(internal, platform.name, "spring")
    assert [row["tag"] for row in again.rows("audit")] == ["identity:share:exported"]
