"""What a call costs the store: trips, and commands in them. A start that asked more would cost every platform more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from otp_service import Challenge, Deployment
from silent_channel import TOKEN, operator, otp

from xacthuc.api.otp.v1.resources_pb2 import Client

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["operator", "otp"]

pytestmark = pytest.mark.engine

LIMITS, OPERATOR, BLOCK = 1, 1, 1
MONEY = 2
"""The platform's own and that of all, each asked about at most four times a second."""
CHALLENGE = 1
PERSON = Client(device_id="phone", ip="203.0.113.7")


async def cost_of(otp: Deployment, call: Awaitable[Any]) -> tuple[int, int]:
    """Trips and commands of one call."""
    before = otp.store.traffic
    await call
    after = otp.store.traffic
    return after.writes - before.writes, after.commands - before.commands


async def test_a_start_takes_two_trips_with_limits_guard_and_money_all_in_the_first(otp: Deployment) -> None:
    await otp.forum.start("0912345670", subject="accounts/warm", client=PERSON)

    trips, commands = await cost_of(otp, otp.forum.start(subject="accounts/lan", client=PERSON))

    assert trips <= 2
    assert commands <= LIMITS + OPERATOR + BLOCK + MONEY + CHALLENGE


async def test_a_silent_start_asks_neither_guard_nor_money(otp: Deployment) -> None:
    await otp.forum.start("0912345670", subject="accounts/warm", channel=Challenge.NETWORK)

    assert await cost_of(otp, otp.forum.start(channel=Challenge.NETWORK)) == (2, LIMITS + CHALLENGE)


async def test_a_check_takes_one_trip_whether_right_or_wrong(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.wrong(started.name))

    assert await cost_of(otp, otp.forum.check(started.name, otp.wrong(started.name))) == (1, 1)
    assert await cost_of(otp, otp.forum.check(started.name, otp.code(started.name))) == (1, 1)


async def test_a_word_of_an_operator_takes_one_trip_before_and_one_after(otp: Deployment) -> None:
    costs = []
    for number in range(4):
        started = await otp.forum.start(f"091234567{number}", subject=f"accounts/{number}", channel=Challenge.NETWORK)
        costs.append(await cost_of(otp, otp.forum.check_network(started.name, TOKEN)))

    # What is asked a few times a second, and for the first time, is asked by some of them too.
    assert min(costs) == (2, 2)


async def test_a_resend_takes_three_trips(otp: Deployment) -> None:
    warm, started = await otp.forum.start("0912345670", subject="accounts/warm"), await otp.forum.start()
    otp.clock.advance(timedelta(minutes=1))
    await otp.forum.resend(warm.name)

    trips, commands = await cost_of(otp, otp.forum.resend(started.name))

    assert trips <= 3
    assert commands <= 1 + LIMITS + OPERATOR + BLOCK + MONEY + CHALLENGE
