"""Notices have budgets of their own: per number, per platform, over all; charged once for each request."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from otp_service import NUMBER, Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.ports import Charge
from xacthuc.policy import Policy

pytestmark = pytest.mark.engine

DAY = timedelta(days=1)
OTHER_NUMBER = "0912345679"


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def send(otp: Deployment, number: str = NUMBER, *, request_id: str = "", platform: str = "forum") -> Any:
    request = internal_pb2.SendNoticeRequest(
        phone_number=number,
        template="verification_due",
        lane="BULK",
        request_id=request_id or str(uuid.uuid4()),
    )
    return await answer(otp.backfill.SendNotice(request, metadata=(("x-xacthuc-platform", platform),)))


async def queued(otp: Deployment) -> int:
    lanes = await otp.store.execute("KEYS", "*:dlv:bulk", key="")
    return sum([await otp.store.execute("XLEN", lane) for lane in lanes])


async def block(otp: Deployment, *numbers: str) -> None:
    request = admin_pb2.ImportBlockListRequest(phone_numbers=numbers, source="test", request_id=str(uuid.uuid4()))
    request.duration.FromTimedelta(timedelta(hours=1))
    await answer(otp.admin.ImportBlockList(request))


async def test_a_number_is_sent_one_notice_a_day(otp: Deployment) -> None:
    await send(otp)
    otp.clock.advance(timedelta(hours=6))
    refused = await refusal(send(otp))

    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert refused.metadata["limit"] == "notice_number"
    assert refused.retry_seconds == timedelta(hours=18).total_seconds()
    assert await queued(otp) == 1


async def test_a_number_is_sent_six_notices_in_thirty_days(otp: Deployment) -> None:
    for _ in range(6):
        await send(otp)
        otp.clock.advance(DAY)
    refused = await refusal(send(otp))
    otp.clock.advance(24 * DAY)

    assert refused.retry_seconds == (24 * DAY).total_seconds()
    assert (await send(otp)).name.startswith("notices/")


async def test_each_platform_has_a_budget_of_its_own_with_a_number(otp: Deployment) -> None:
    await send(otp)

    assert (await send(otp, platform="video")).name.startswith("notices/")


async def test_a_repeated_request_is_told_of_its_notice_and_pays_nothing(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    first = await send(otp, request_id=request)

    assert await send(otp, request_id=request) == first
    assert await queued(otp) == 1


async def test_a_request_that_comes_back_with_another_number_is_refused(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    await send(otp, request_id=request)

    assert (await refusal(send(otp, OTHER_NUMBER, request_id=request))).reason == "REQUEST_ID_REUSED"


async def test_a_refused_request_is_judged_anew_when_it_comes_again(otp: Deployment) -> None:
    await send(otp)
    request = str(uuid.uuid4())
    await refusal(send(otp, request_id=request))
    otp.clock.advance(DAY)

    assert (await send(otp, request_id=request)).name.startswith("notices/")


async def test_a_code_is_not_a_notice_and_a_notice_is_not_a_code(otp: Deployment) -> None:
    await send(otp)
    for n in range(4):
        await otp.forum.start(subject=f"accounts/s{n}")

    assert (await refusal(send(otp))).metadata["limit"] == "notice_number"


async def test_a_platform_has_a_budget_of_notices_a_day(tight: Deployment) -> None:
    for n in range(3):
        await send(tight, f"091234560{n}")
    refused = await refusal(send(tight, OTHER_NUMBER))

    assert refused.metadata["limit"] == "notice_platform"
    assert refused.retry_seconds is not None


async def test_all_platforms_together_have_one_too(tight: Deployment) -> None:
    for n in range(3):
        await send(tight, f"091234560{n}")
    await send(tight, platform="video")
    refused = await refusal(send(tight, OTHER_NUMBER, platform="video"))

    assert refused.metadata["limit"] == "notice_system"


async def test_notices_that_were_not_queued_are_given_back_to_the_budgets(tight: Deployment) -> None:
    await block(tight, OTHER_NUMBER)
    for _ in range(5):
        assert (await refusal(send(tight, OTHER_NUMBER))).reason == "NUMBER_BLOCKED"
        await tight.limiter.drain()

    assert (await send(tight)).name.startswith("notices/")


async def test_a_platform_whose_money_for_notices_is_spent_hears_of_it_at_once(otp: Deployment) -> None:
    cap = admin_pb2.SetSpendCapRequest(
        platform="platforms/forum", budget="BULK", daily_cap_vnd=800, reason="test", request_id=str(uuid.uuid4())
    )
    await answer(otp.admin.SetSpendCap(cap))
    purse = ValkeyPurse(store=otp.store, spend=Policy.load().spend, clock_tolerance_ms=0)
    await purse.take(Charge(platform="forum", bulk=True, token="t", cost_vnd=800), otp.clock.now_ms())
    refused = await refusal(send(otp))

    assert refused.metadata["limit"] == "spend"
    assert refused.retry_seconds == timedelta(hours=14).total_seconds()


@pytest.fixture
async def tight(deploy: Any, tmp_path: Path) -> Deployment:
    """A service whose policy allows three notices of a platform, and four in all."""
    policy = tmp_path / "tight.toml"
    policy.write_text('version = "tight"\n[bulk]\nplatform_per_day = 3\nsystem_per_day = 4\n')
    return await deploy(policy_file=policy)
