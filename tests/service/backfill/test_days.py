"""A whole campaign on the real engines, hour by hour: two providers of which one is down for two days, a budget, quiet hours,
an outage of all, and a canary that fails. `XACTHUC_SOAK` runs it with 20 000 accounts over 90 days, or with as many as
`XACTHUC_CAMPAIGN` says."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from backfill_days import HOUR, Days, days_of
from identity_process import IdentityProcess
from identity_service import Api, Platform

from xacthuc.backfill.domain.campaign import (
    Budget,
    Campaign,
    CampaignState,
    Canary,
    Provider,
    TargetState,
    Wave,
    WaveState,
)
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.ports.campaigns import NewTarget
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours

ACCOUNTS, DAYS = (int(os.environ.get("XACTHUC_CAMPAIGN", "20000")), 90) if os.environ.get("XACTHUC_SOAK") else (60, 10)
BEGIN = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)  # eight in the morning in Vietnam
A_DAY = 10 * ACCOUNTS // (3 * DAYS)
LONG = timedelta(seconds=300 + ACCOUNTS / 20)
"""Whoever follows what happens waits for half a minute each time that its peer, or the database, was away."""
_AT_ONCE = 8


def plan() -> Campaign:
    """Returns a plan that needs most of its term."""
    return Campaign(
        campaign_id=uuid4(),
        begin=BEGIN,
        end=BEGIN + timedelta(days=DAYS),
        hours=Hours.of("08:00-20:00"),
        ladder=(
            Wave(after_days=0, notice_after_days=1, least_verified_percent=20),
            Wave(after_days=DAYS // 5, notice=False),
        ),
        canary=Canary(percent=20, watch_hours=6, least=5, most_failed_percent=50),
        budget=Budget(vnd_per_day=700 * A_DAY, notices_per_day=A_DAY, person_notices=2, person_gap_days=2),
        providers=(
            Provider(name="first", channel=DeliveryChannel.SMS, cost_vnd=800, per_second=50),
            Provider(name="second", channel=DeliveryChannel.ZALO_ZNS, cost_vnd=400, per_second=50),
        ),
    )


def targets() -> list[NewTarget]:
    """Returns accounts: every tenth has no number, and every eighth one that the account before it has too."""
    return [
        NewTarget(
            account_id=f"a{n}",
            account_class=AccountClass.NEEDS_PHONE if n % 10 else AccountClass.UNREACHABLE,
            number=f"+849{10_000_000 + n - (n % 8 == 7):08}" if n % 10 else "",
        )
        for n in range(ACCOUNTS)
    ]


async def standings(days: Days) -> dict[TargetState, int]:
    found = await days.figures()
    assert found.accounts == ACCOUNTS
    counted = dict.fromkeys(TargetState, 0)
    for standing in found.standings:
        counted[standing.state] += standing.accounts
    return counted


async def prove(platform: Platform, account: str, token: str) -> None:
    """Verifies a number, again by the same id where a busy machine does not answer."""
    request_id = str(uuid4())
    for _ in range(10):
        try:
            await platform.verify(account, token, request_id)
        except grpc.aio.AioRpcError as error:
            if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
                raise
        else:
            return
    raise AssertionError("the machine is too busy")


async def verify(days: Days, api: Api, platform: Platform, accounts: list[str], eventually) -> None:
    """Has accounts proven, and waits until the campaign heard of it."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(n: int, account: str) -> None:
        async with turns:
            await prove(platform, account, api.otp.prove(f"+8498{10_000 + n:07}", account))

    await asyncio.gather(*(one(n, account) for n, account in enumerate(accounts)))
    days.verified |= set(accounts)

    async def heard() -> bool:
        await days.review()
        return (await standings(days))[TargetState.VERIFIED] == len(days.verified)

    await eventually(heard, within=LONG)


@pytest.mark.timeout(14_400 if os.environ.get("XACTHUC_SOAK") else 900)
@pytest.mark.rule("R9")
async def test_nobody_gets_a_message_outside_the_rules_and_everybody_is_asked_in_time(
    api: Api, platform: Platform, deployment: IdentityProcess, database_url: str, eventually
):
    async with days_of(deployment, database_url, platform.name, plan()) as days:
        await days.begin(targets())

        # Of the canary nobody is verified: nobody else is asked.
        for _ in range(72):
            await days.hour()
            first = days.known.waves[0]
            if first.state is WaveState.HELD:
                break
        assert (first.state, first.hold_reason) == (WaveState.HELD, "FEW_VERIFIED")
        assert first.events < ACCOUNTS / 2
        held = len(days.seen)

        # An officer looks, and opens it; all are told the next morning, and a third of them prove their number.
        await days.resume()
        for _ in range(13):
            await days.hour()
        await verify(days, api, platform, [f"a{n}" for n in range(0, ACCOUNTS, 3)], eventually)

        # The first provider is down for two days: the second carries what there is, and everybody keeps their turn.
        days.down.add("first")
        before = days.carried["first"]
        assert sum([await days.hour() for _ in range(48)]) > 0
        assert days.carried["first"] == before
        days.down.clear()

        # Then nothing can be sent at all for half a day: whoever was begun with keeps its turn.
        deployment.otp.away.add(platform.name)
        for _ in range(12):
            assert await days.hour() == 0
        deployment.otp.away.clear()

        while days.clock.now() <= days.plan.end + HOUR:
            await days.hour()

        async def settled() -> bool:
            await days.settle()
            carried = {each.provider: each.notices for each in (await days.figures()).carried}
            return carried == dict(days.carried)

        await eventually(settled, within=LONG)
        over = await days.figures()
        counted = await standings(days)
        assert len(days.seen) > held
        assert over.kept.state is CampaignState.ENDED
        # In time: everybody who is not verified was told of in both waves, before the end.
        assert counted == {
            **dict.fromkeys(TargetState, 0),
            TargetState.VERIFIED: len(days.verified),
            TargetState.ASKED: ACCOUNTS - len(days.verified),
        }
        assert over.waves[1].events == ACCOUNTS - len(days.verified)
        assert {day.day: day.vnd for day in over.days if day.notices} == dict(days.spent)
        assert sum(day.verified for day in over.days) == len(days.verified)
        assert min(days.carried.values()) > 0
        assert sum(day.notices for day in over.days) == sum(map(len, days.notices.values())) == len(days.seen)
