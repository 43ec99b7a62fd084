"""What otp tells of notices is written where it belongs: what arrived, who carried it, what it cost, and what fails stops."""

from __future__ import annotations

from typing import Any

from backfill_service import Desk, Plan, plan, target
from google.protobuf.duration_pb2 import Duration
from identity_service import NUMBER, Api, Platform

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.otp.v1 import internal_pb2

Outcome = internal_pb2.Outcome
Wave = resources_pb2.CampaignFigures.WaveFigures
LATER = Duration(seconds=86_400)


async def sent(api: Api, desk: Desk, platform: Platform, eventually, numbers: list[str], **decided: Any) -> list[str]:
    """Has accounts sent a notice each; returns the ids of the requests, in the order of their numbers."""
    for n in range(len(numbers)):
        await platform.register(f"a{n}")
    await desk.create(plan=plan(**decided))
    await desk.add(*(target(f"a{n}", number) for n, number in enumerate(numbers)))
    await desk.ask("StartCampaign")

    async def written() -> bool:
        return (await desk.figures()).waves[0].notice_count == len(numbers)

    # What is told before it is written down what a notice is called is looked for a minute later.
    await eventually(written)
    asked = {number: request for request, (whose, number, _) in list(api.otp.notices.items()) if whose == platform.name}
    return [asked[number] for number in numbers]


async def test_a_notice_costs_what_its_provider_takes_and_nothing_where_nobody_took_it(
    api: Api, desk: Desk, platform: Platform, eventually
):
    requests = await sent(api, desk, platform, eventually, [f"+8491234567{n}" for n in range(4)])
    for _ in range(2):  # what is told again changes nothing
        api.otp.heard_of(platform.name, requests[0], Outcome.SENT, provider="first", cost_vnd=250)
        api.otp.heard_of(platform.name, requests[0], Outcome.DELIVERED, provider="first")
        api.otp.heard_of(platform.name, requests[1], Outcome.FAILED, "blocked")
        api.otp.heard_of(platform.name, requests[2], Outcome.FAILED, "undelivered", provider="second")
        api.otp.heard_of(platform.name, requests[2], Outcome.SENT, provider="second", cost_vnd=100)
    api.otp.heard_of(platform.name, "of-another-service", Outcome.SENT, provider="first", cost_vnd=9)

    async def settled() -> bool:
        found = await desk.figures()
        carried = {each.provider: (each.notice_count, each.cost_vnd) for each in found.providers}
        # One is on its way, and one was taken by nobody.
        return carried == {"first": (1, 250), "second": (1, 100), "": (2, 800)}

    await eventually(settled)
    figures = await desk.figures()
    wave = figures.waves[0]
    assert (wave.notice_count, wave.delivered_count, wave.failed_count) == (4, 1, 2)
    assert [(day.notice_count, day.cost_vnd) for day in figures.days] == [(4, 1_150)]


async def test_notices_that_do_not_arrive_hold_a_wave(api: Api, desk: Desk, platform: Platform, eventually):
    canary = Plan.Canary(least_count=3, most_failed_percent=50)
    numbers = [f"+8491234567{n}" for n in range(4)]
    requests = await sent(api, desk, platform, eventually, numbers, canary=canary)
    for at, request in enumerate(requests[:3]):
        kind = Outcome.FAILED if at else Outcome.DELIVERED
        api.otp.heard_of(platform.name, request, kind, "undelivered" if at else "", provider="first")

    async def held() -> bool:
        wave = (await desk.figures()).waves[0]
        return (wave.state, wave.hold_reason) == (Wave.HELD, "UNDELIVERED")

    await eventually(held)


async def test_a_number_out_of_use_is_sent_nothing_more_and_its_accounts_are_asked_on_screens(
    api: Api, desk: Desk, platform: Platform, eventually
):
    ladder = [Plan.Wave(), Plan.Wave(after=LATER)]
    (request,) = await sent(api, desk, platform, eventually, [NUMBER], ladder=ladder)
    assert (await desk.figures()).reachable_count == 1
    api.otp.heard_of(platform.name, request, Outcome.FAILED, "number_inactive", provider="first")

    async def unreachable() -> bool:
        return (await desk.figures()).reachable_count == 0

    await eventually(unreachable)
    assert await desk.standings() == {"OPEN": 1}
