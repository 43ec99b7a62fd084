"""A notice from the call to the person: its own lane, budgets, texts and money, and codes never pay for it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from delivery_world import Eventually, World
from fake_vendor import FakeVendor
from otp_service import Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2
from xacthuc.clock import SystemClock
from xacthuc.up import certificates

pytestmark = pytest.mark.engine

NUMBER, OTHER_NUMBER = "+84912345678", "+84912345679"
PRICE = 800
PRICED = f"""
[cost_vnd]
other = {PRICE}
"""


@pytest.fixture
def clock() -> SystemClock:
    """The service and the worker share the machine's time here."""
    return SystemClock()


@pytest.fixture
def secrets(world: World) -> Path:
    """The service and the worker share their keys."""
    certificates.ensure(world.keys, datetime.now(UTC), ("otp", "identity", "guardian", "backfill", "cli"))
    return world.keys


@pytest.fixture
async def otp(deploy: Any) -> Deployment:
    return await deploy()


@pytest.mark.rule("R36")
async def test_a_notice_is_sent_once_in_its_own_words_from_its_own_money(
    otp: Deployment, world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    request = str(uuid.uuid4())
    first, again = await send(otp, NUMBER, request), await send(otp, NUMBER, request)
    async with world.working():
        await eventually(lambda: gone(world))

    (message,) = vendor.received
    assert again == first
    assert message["text"] == world.policy.notice_message("verification_due", "vi", brand="FORUM")
    assert await spent(otp) == {admin_pb2.INTERACTIVE: 0, admin_pb2.BULK: PRICE}


@pytest.mark.rule("R36")
async def test_notices_whose_money_is_spent_leave_codes_theirs(
    otp: Deployment, world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    async with world.working():
        await send(otp, NUMBER)
        await eventually(lambda: vendor.received)
        await cap(otp, "BULK", PRICE)
        with pytest.raises(Refused) as refused:
            await send(otp, OTHER_NUMBER)
        await otp.forum.start(OTHER_NUMBER)
        await eventually(lambda: len(vendor.received) == 2)
        await eventually(lambda: gone(world))

    assert refused.value.metadata["limit"] == "spend"
    assert await spent(otp) == {admin_pb2.INTERACTIVE: PRICE, admin_pb2.BULK: PRICE}


@pytest.mark.rule("R36")
async def test_codes_whose_money_is_spent_leave_notices_theirs(
    otp: Deployment, world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    async with world.working():
        await otp.forum.start(NUMBER)
        await eventually(lambda: vendor.received)
        await cap(otp, "INTERACTIVE", PRICE)
        with pytest.raises(Refused) as refused:
            await otp.forum.start(OTHER_NUMBER, subject="accounts/other")
        await send(otp, OTHER_NUMBER)
        await eventually(lambda: len(vendor.received) == 2)
        await eventually(lambda: gone(world))

    assert refused.value.metadata["limit"] == "spend"
    assert await spent(otp) == {admin_pb2.INTERACTIVE: PRICE, admin_pb2.BULK: PRICE}


async def test_who_sent_notices_hears_of_them_alone_who_carried_them_and_for_how_much(
    otp: Deployment, world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, extra=PRICED)
    async with world.working():
        await otp.forum.start(NUMBER)
        await eventually(lambda: vendor.received)
        notice = await send(otp, OTHER_NUMBER)
        watching = otp.backfill.WatchOutcomes(internal_pb2.WatchOutcomesRequest(only_notices=True), timeout=60)
        told = [outcome async for outcome in until_told(watching)]

    assert [(outcome.kind, outcome.detail) for outcome in told] == [(internal_pb2.Outcome.SENT, notice.name)]
    assert (told[0].platform, told[0].provider, told[0].cost_vnd) == ("forum", "vendor", PRICE)


async def until_told(watching: Any) -> AsyncIterator[internal_pb2.Outcome]:
    async for response in watching:
        for outcome in response.outcomes:
            yield outcome
        if response.outcomes:
            watching.cancel()
            return


async def send(otp: Deployment, number: str, request_id: str = "") -> Any:
    request = internal_pb2.SendNoticeRequest(
        phone_number=number, template="verification_due", lane="BULK", request_id=request_id or str(uuid.uuid4())
    )
    return await answer(otp.backfill.SendNotice(request, metadata=(("x-xacthuc-platform", "forum"),)))


async def cap(otp: Deployment, budget: str, vnd: int) -> None:
    request = admin_pb2.SetSpendCapRequest(
        platform="platforms/forum", budget=budget, daily_cap_vnd=vnd, reason="test", request_id=str(uuid.uuid4())
    )
    await answer(otp.admin.SetSpendCap(request))


async def spent(otp: Deployment) -> dict[int, int]:
    listed = (await answer(otp.admin.ListSpending(admin_pb2.ListSpendingRequest()))).spendings
    return {each.budget: each.spent_today_vnd for each in listed}


async def gone(world: World) -> bool:
    return await world.waiting() == 0
