"""What a platform may spend on messages: asked early at a start, capped and shown to operators, told of."""

from __future__ import annotations

import itertools
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from otp_service import NUMBER, Challenge, Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.ports import Charge
from xacthuc.policy import Policy

if TYPE_CHECKING:
    from delivery_world import Eventually

pytestmark = pytest.mark.engine

PRICE = 800
UNTIL_MIDNIGHT = timedelta(hours=14)
"""The fixture's clock stands at ten in the morning in Vietnam."""
EFFECTIVE_WITHIN_SECONDS = 10.0
"""The contract promises one second of every change by an operator; a busy machine has more."""


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def cap(otp: Deployment, vnd: int, budget: str = "INTERACTIVE", platform: str = "forum") -> Any:
    request = admin_pb2.SetSpendCapRequest(
        platform=f"platforms/{platform}",
        budget=budget,
        daily_cap_vnd=vnd,
        reason="ticket 7",
        request_id=str(uuid.uuid4()),
    )
    return await answer(otp.admin.SetSpendCap(request))


async def pay(otp: Deployment, cost: int = PRICE, *, bulk: bool = False, platform: str = "forum") -> None:
    """Pays for a message as the worker does."""
    purse = ValkeyPurse(store=otp.store, spend=Policy.load().spend, clock_tolerance_ms=0)
    charge = Charge(platform=platform, bulk=bulk, token=uuid.uuid4().hex, cost_vnd=cost)
    await purse.take(charge, otp.clock.now_ms())


@pytest.mark.rule("R36")
async def test_a_start_is_refused_until_midnight_when_the_money_of_the_day_is_spent(otp: Deployment) -> None:
    await pay(otp)
    await cap(otp, PRICE)
    refused = await refusal(otp.forum.start())

    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert refused.metadata["limit"] == "spend"
    assert refused.retry_seconds == UNTIL_MIDNIGHT.total_seconds()


@pytest.mark.rule("R36")
async def test_money_that_is_spent_meanwhile_refuses_starts_within_a_second(
    otp: Deployment, eventually: Eventually
) -> None:
    await cap(otp, 2 * PRICE)
    await pay(otp)
    assert (await otp.forum.start()).state == Challenge.PENDING
    await pay(otp)
    spent = time.monotonic()
    persons = itertools.count()

    async def refused() -> bool:
        n = next(persons)
        try:
            await otp.forum.start(f"091{n:03d}5678", subject=f"accounts/p{n}")
        except Refused as refused:
            return refused.metadata["limit"] == "spend"
        return False

    await eventually(refused)

    assert time.monotonic() - spent <= EFFECTIVE_WITHIN_SECONDS


async def test_the_next_day_brings_new_money(otp: Deployment) -> None:
    await pay(otp)
    await cap(otp, PRICE)
    await refusal(otp.forum.start())
    otp.clock.advance(UNTIL_MIDNIGHT)

    assert (await otp.forum.start()).state == Challenge.PENDING


async def test_a_resend_is_refused_like_a_start_and_costs_no_allowance(otp: Deployment) -> None:
    started = await otp.forum.start()
    otp.clock.advance(timedelta(seconds=60))
    await pay(otp)
    await cap(otp, PRICE)
    refused = await refusal(otp.forum.resend(started.name))
    await cap(otp, -1)

    assert refused.metadata["limit"] == "spend"
    assert (await otp.forum.resend(started.name)).remaining_sends == 2


async def test_a_repeated_request_is_answered_although_the_money_ran_out_since(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    first = await otp.forum.start(request_id=request)
    await cap(otp, 0)

    assert (await otp.forum.start(request_id=request)).name == first.name


async def test_refused_starts_use_up_nobody_s_allowance(otp: Deployment) -> None:
    await cap(otp, 0)
    for _ in range(Policy.load().otp.account_sends_per_day + 1):
        await refusal(otp.forum.start())
        await otp.limiter.drain()
    await cap(otp, -1)

    assert (await otp.forum.start()).state == Challenge.PENDING


async def test_a_cap_of_nothing_is_not_a_matter_of_waiting(otp: Deployment) -> None:
    await cap(otp, 0)

    assert (await refusal(otp.forum.start())).retry_seconds is None


async def test_the_money_of_one_platform_is_not_that_of_another(otp: Deployment) -> None:
    await cap(otp, 0)

    assert (await otp.video.start()).state == Challenge.PENDING


async def test_the_ceiling_of_all_platforms_refuses_each_of_them(otp: Deployment) -> None:
    await pay(otp, Policy.load().spend.system_codes_per_day_vnd, platform="video")

    assert (await refusal(otp.forum.start())).metadata["limit"] == "spend"


@pytest.mark.rule("R36")
async def test_money_spent_on_notices_refuses_no_code(otp: Deployment) -> None:
    await cap(otp, PRICE, "BULK")
    await pay(otp, bulk=True)

    assert (await otp.forum.start()).state == Challenge.PENDING


async def test_a_stopped_platform_hears_of_the_switch_and_not_of_its_money(otp: Deployment) -> None:
    await cap(otp, 0)
    await answer(
        otp.admin.SetKillSwitch(
            admin_pb2.SetKillSwitchRequest(
                platform="platforms/forum", engaged=True, reason="pumping", request_id=str(uuid.uuid4())
            )
        )
    )

    assert (await refusal(otp.forum.start())).reason == "SENDING_STOPPED"


@pytest.mark.rule("R36")
async def test_a_cap_is_effective_within_a_second_in_both_directions(otp: Deployment) -> None:
    await pay(otp)
    await cap(otp, PRICE)
    lowered = time.monotonic()
    await refusal(otp.forum.start())
    refused_after = time.monotonic() - lowered
    await cap(otp, 2 * PRICE)
    raised = time.monotonic()
    await otp.forum.start()
    allowed_after = time.monotonic() - raised

    assert max(refused_after, allowed_after) <= EFFECTIVE_WITHIN_SECONDS


@pytest.mark.rule("R36")
@pytest.mark.parametrize("scope", ["platforms/forum", ""])
async def test_a_kill_switch_is_effective_within_a_second_in_both_directions(otp: Deployment, scope: str) -> None:
    async def took_seconds(*, engaged: bool, reason: str) -> float:
        request = admin_pb2.SetKillSwitchRequest(
            platform=scope, engaged=engaged, reason="pumping", request_id=str(uuid.uuid4())
        )
        await answer(otp.admin.SetKillSwitch(request))
        switched = time.monotonic()
        if reason:
            assert (await refusal(otp.forum.start())).reason == reason
        else:
            await otp.forum.start()
        return time.monotonic() - switched

    stopped_after = await took_seconds(engaged=True, reason="SENDING_STOPPED")
    allowed_after = await took_seconds(engaged=False, reason="")

    assert max(stopped_after, allowed_after) <= EFFECTIVE_WITHIN_SECONDS


async def test_setting_a_cap_answers_what_is_spent_already(otp: Deployment) -> None:
    await pay(otp)
    answered = await cap(otp, 5 * PRICE)

    assert answered == admin_pb2.Spending(
        platform="platforms/forum", budget="INTERACTIVE", spent_today_vnd=PRICE, daily_cap_vnd=5 * PRICE
    )


async def test_what_platforms_spend_is_listed_by_platform_and_budget(otp: Deployment) -> None:
    await pay(otp, platform="video")
    await pay(otp, bulk=True)
    await cap(otp, 9_000, "BULK")
    listed = (await answer(otp.admin.ListSpending(admin_pb2.ListSpendingRequest()))).spendings

    assert [(each.platform, each.budget, each.spent_today_vnd, each.daily_cap_vnd) for each in listed] == [
        ("platforms/forum", admin_pb2.INTERACTIVE, 0, -1),
        ("platforms/forum", admin_pb2.BULK, PRICE, 9_000),
        ("platforms/video", admin_pb2.INTERACTIVE, PRICE, -1),
        ("platforms/video", admin_pb2.BULK, 0, -1),
    ]


async def test_a_cap_is_told_with_its_reason(otp: Deployment) -> None:
    await cap(otp, 9_000, "BULK")
    call = otp.internal.WatchOutcomes(internal_pb2.WatchOutcomesRequest(), timeout=10)
    batch = await call.read()
    call.cancel()
    (told,) = batch.outcomes

    assert (told.kind, told.platform) == (internal_pb2.Outcome.ADMINISTERED, "forum")
    assert (told.detail, told.actor) == ("spend_cap:notices:9000:ticket 7", "operator:development")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "forum"}, "platform"),
        ({"budget": 0}, "budget"),
        ({"daily_cap_vnd": -2}, "daily_cap_vnd"),
        ({"daily_cap_vnd": None}, "daily_cap_vnd"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_a_cap_that_says_not_what_it_means_is_refused(
    otp: Deployment, changes: dict[str, Any], field: str
) -> None:
    fields = {
        "platform": "platforms/forum",
        "budget": admin_pb2.BULK,
        "daily_cap_vnd": 1,
        "reason": "why",
        "request_id": str(uuid.uuid4()),
        **changes,
    }

    assert (await refusal(answer(otp.admin.SetSpendCap(admin_pb2.SetSpendCapRequest(**fields))))).fields == [field]


async def test_only_the_command_line_sets_caps(otp: Deployment) -> None:
    refused = await refusal(answer(otp.peer_call("backfill", "OtpAdmin/SetSpendCap", admin_pb2.SetSpendCapRequest())))

    assert refused.reason == "PEER_NOT_ALLOWED"


async def test_a_number_is_named_nowhere_in_what_is_kept_of_money(otp: Deployment) -> None:
    await otp.forum.start()
    await pay(otp)
    keys = await otp.store.execute("KEYS", "spend:*", key="")

    assert keys
    assert not any(NUMBER[1:].encode() in key for key in keys)
