"""A running campaign asks its accounts: the platform first, then the number, each once, and nobody who lacks nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from backfill_service import Desk, Plan, plan, target
from google.protobuf.duration_pb2 import Duration
from identity_service import NUMBER, Api, Platform

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.identity.v1 import events_pb2, service_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.grpckit.errors import FailedPrecondition, LimitExceeded
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.migrations import dsn

OTHER = "+84912345679"
LATER = Duration(seconds=86_400)
CHILD = (2018, 1, 2)


async def sent(api: Api, platform: Platform) -> list[tuple[str, str]]:
    """Returns what otp was asked to send for a platform: numbers and templates."""
    return sorted(
        (number, template) for whose, number, template in list(api.otp.notices.values()) if whose == platform.name
    )


async def started(desk: Desk, platform: Platform, *targets: resources_pb2.Target, **decided: Any) -> None:
    for each in targets:
        await platform.register(each.account.removeprefix("accounts/"))
    await desk.create(plan=plan(**decided))
    await desk.add(*targets)
    await desk.ask("StartCampaign")


async def asked(desk: Desk, wave: int = 1) -> tuple[int, int]:
    """Returns how many were told of in a wave, and how many were sent a notice."""
    figures = (await desk.figures()).waves[wave - 1]
    return figures.event_count, figures.notice_count


async def test_the_platform_is_told_first_and_then_the_number_is_sent_a_notice(
    api: Api, desk: Desk, platform: Platform, deployment, eventually
):
    await started(desk, platform, target("an", NUMBER), target("binh"))

    async def both() -> bool:
        return await asked(desk) == (2, 1)

    await eventually(both)
    assert await sent(api, platform) == [(NUMBER, "verification_due")]
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        told = await connection.fetch(
            "SELECT subject FROM identity.outbox WHERE platform = $1 AND kind = 'VERIFICATION_DUE' ORDER BY subject",
            platform.name,
        )
        (campaign,) = await connection.fetch(
            "SELECT plan ->> 'campaign_id' AS id FROM backfill.campaigns WHERE platform = $1", platform.name
        )
    finally:
        await connection.close()
    assert [row["subject"] for row in told] == ["an", "binh"]
    intent = str(uuid5(UUID(campaign["id"]), "1/an"))
    assert api.otp.notices[intent] == (platform.name, NUMBER, "verification_due")
    assert [day.cost_vnd for day in (await desk.figures()).days] == [800]


async def test_a_platform_is_told_by_when_an_account_is_due(desk: Desk, platform: Platform):
    await started(desk, platform, target("an"))
    watching = platform._service.WatchAccounts(
        service_pb2.WatchAccountsRequest(), metadata=platform._metadata, timeout=30
    )
    async for batch in watching:
        due = [event for event in batch.events if event.kind == events_pb2.AccountEvent.VERIFICATION_DUE]
        if due:
            break
    watching.cancel()

    assert [event.account for event in due] == ["accounts/an"]
    assert due[0].details["due_time"].startswith((await desk.figures()).campaign.plan.end_time.ToJsonString()[:10])


@pytest.mark.rule("R1")
async def test_who_is_verified_is_asked_nothing(api: Api, desk: Desk, platform: Platform, eventually):
    await platform.register("an")
    await platform.verify("an", api.otp.prove(NUMBER, "an"))
    await started(desk, platform, target("binh", OTHER))
    await desk.ask("KillCampaign", reason="to begin with everybody")
    await desk.create("summer")
    await desk.add(target("an", NUMBER), target("nobody", OTHER), campaign="summer")
    await desk.ask("StartCampaign", "summer")

    async def settled() -> bool:
        counted = {each.state: each.account_count for each in (await desk.figures("summer")).standings}
        state = resources_pb2.CampaignFigures.Standing
        return counted == {state.VERIFIED: 1, state.GONE: 1}

    await eventually(settled)
    assert NUMBER not in dict(await sent(api, platform))


async def test_two_accounts_on_one_number_are_one_person(api: Api, desk: Desk, platform: Platform, eventually):
    await started(desk, platform, target("an", NUMBER), target("binh", NUMBER))

    async def told() -> bool:
        return await asked(desk) == (2, 1)

    await eventually(told)
    assert await sent(api, platform) == [(NUMBER, "verification_due")]


async def test_what_otp_will_never_send_is_not_asked_for_again_and_costs_nothing(
    api: Api, desk: Desk, platform: Platform, eventually
):
    api.otp.platform_refusals[platform.name] = [FailedPrecondition(Reason.NUMBER_BLOCKED, "blocked")]
    await started(desk, platform, target("an", NUMBER))

    async def over() -> bool:
        return await desk.standings() == {"ASKED": 1}

    await eventually(over)
    assert await sent(api, platform) == []
    assert [(day.notice_count, day.cost_vnd) for day in (await desk.figures()).days] == [(0, 0)]


async def test_what_otp_puts_off_is_paid_when_it_is_sent(api: Api, desk: Desk, platform: Platform, eventually):
    limited = LimitExceeded("later", limit="notice_platform", retry_after=timedelta(milliseconds=10))
    api.otp.platform_refusals[platform.name] = [limited]
    await started(desk, platform, target("an", NUMBER))

    async def told() -> bool:
        return await asked(desk) == (1, 1)

    await eventually(told)
    assert [(day.notice_count, day.cost_vnd) for day in (await desk.figures()).days] == [(1, 800)]


async def test_nothing_is_sent_beyond_the_money_of_a_day(api: Api, desk: Desk, platform: Platform, eventually):
    budget = Plan.Budget(daily_vnd=1_600, total_vnd=-1, daily_notices=-1, person_notices=1, person_gap=LATER)
    numbers = [f"+8491234567{last}" for last in range(4)]
    await started(desk, platform, *(target(f"a{n}", number) for n, number in enumerate(numbers)), budget=budget)

    async def spent() -> bool:
        return await asked(desk) == (4, 2)

    await eventually(spent)
    assert len(await sent(api, platform)) == 2


async def test_a_canary_that_fails_stops_the_wave_until_an_officer_resumes_it(
    api: Api, desk: Desk, platform: Platform, eventually
):
    ladder = [Plan.Wave(least_verified_percent=50)]
    accounts = [target(f"a{n}", f"+8491234567{n}") for n in range(9)]
    canary = Plan.Canary(percent=100, least_count=9, most_failed_percent=100)
    await started(desk, platform, *accounts, ladder=ladder, canary=canary)
    held = resources_pb2.CampaignFigures.WaveFigures.HELD

    async def is_held() -> bool:
        return (await desk.figures()).waves[0].state == held

    await eventually(is_held)
    assert (await desk.figures()).waves[0].hold_reason == "FEW_VERIFIED"
    resumed = await desk.ask("ResumeCampaign", reason="the screens are mended")
    assert resumed.state == resources_pb2.Campaign.RUNNING
    assert not await is_held()


async def test_a_campaign_that_is_paused_sends_nothing(api: Api, desk: Desk, platform: Platform, eventually):
    await started(desk, platform, target("an", NUMBER), ladder=[Plan.Wave(notice_after=LATER)])

    async def told() -> bool:
        return await asked(desk) == (1, 0)

    await eventually(told)
    await desk.ask("PauseCampaign", reason="the texts are wrong")
    assert await sent(api, platform) == []


@pytest.mark.rule("R15")
async def test_children_are_asked_on_screens_for_a_guardian_and_never_by_their_number(
    api: Api, desk: Desk, platform: Platform, eventually
):
    # Of the first the export says it; that the second is a child nobody knew before identity did.
    await platform.register("an", born=CHILD)
    await platform.register("binh", born=CHILD)
    await desk.create(plan=plan(ladder=[Plan.Wave(), Plan.Wave()]))
    await desk.add(target("an", NUMBER, "NEEDS_GUARDIAN"), target("binh", OTHER))
    assert (await desk.figures()).reachable_count == 1
    await desk.ask("StartCampaign")

    async def over() -> bool:
        return await desk.standings() == {"ASKED": 2}

    await eventually(over)
    assert await sent(api, platform) == []
    assert [(wave.event_count, wave.notice_count) for wave in (await desk.figures()).waves] == [(2, 0), (2, 0)]
    figures = await desk.figures()
    assert figures.reachable_count == 0
    assert [(day.notice_count, day.cost_vnd) for day in figures.days] == [(0, 0)]
    # What the event has the platform ask for.
    child = await platform.get("an")
    assert child.next_step.kind == identity_pb2.NextStep.LINK_GUARDIAN
