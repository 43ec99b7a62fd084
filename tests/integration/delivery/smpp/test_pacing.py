"""Many messages at a pace: none lost, none twice, and never faster than promised."""

from __future__ import annotations

import asyncio
import os
import time
from bisect import bisect_left
from datetime import timedelta

import pytest
from smsc import message

from xacthuc.otp.delivery.ports import Accepted, Rejected

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
CONCURRENCY = 32
"""As many as a worker has under way at one provider by default."""

METER = 1.1
"""The center dates a submission when it gets to read it: a pause of its own is as if what waited had come at once."""


async def send_all(tended, count: int) -> dict[int, Accepted]:
    """Sends as a worker would: so many at once, and again what was not taken."""
    slots, answers = asyncio.Semaphore(CONCURRENCY), {}

    async def send(number: int) -> None:
        while number not in answers:
            async with slots:
                answer = await tended.provider.send(message(f"ma {number:06}", number=number))
            if isinstance(answer, Accepted):
                answers[number] = answer
            else:
                assert isinstance(answer, Rejected)
                assert answer.reason in {"paced", "throttled"}
                await asyncio.sleep(answer.hold_ms / 1000)

    await asyncio.gather(*map(send, range(count)))
    return answers


def most_within(times_ms: list[float], window_ms: float) -> int:
    """Returns the most submissions in any window of that length."""
    return max(bisect_left(times_ms, start + window_ms) - at for at, start in enumerate(times_ms))


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("count", "per_second"), [(10_000, 200)] if SOAK else [(1_000, 500)])
async def test_paced_messages_all_arrive_once_and_never_too_fast(center, tend, eventually, count, per_second):
    tended = await tend(center.port, f"per_second = {per_second}\nbinds = 2")
    began = time.monotonic()
    answers = await send_all(tended, count)
    took = time.monotonic() - began
    assert len({answer.message_id for answer in answers.values()}) == count

    async def all_reported() -> bool:
        return len(tended.receipts) == count

    await eventually(all_reported, within=timedelta(seconds=20))
    assert {receipt.message_id for receipt in tended.receipts} == {a.message_id for a in answers.values()}
    submitted = await center.submissions()
    assert len(submitted) == count
    times_ms = sorted(submission["at"] for submission in submitted)
    assert most_within(times_ms, 1000) <= per_second * METER
    assert took >= (count - 2) / per_second, "faster than the pace"
    assert took <= count / per_second * 4, "so slow that the pace was not tried"


async def test_a_center_that_throttles_gets_less_until_it_takes_all(node, tend):
    await node.do("set", to={"perSecond": 40})
    tended = await tend(node.port, "per_second = 100")
    await send_all(tended, 120)
    texts = [submission["text"] for submission in await node.submissions()]
    assert sorted(texts) == [f"ma {number:06}" for number in range(120)], "none lost, none twice"


async def test_workers_share_the_pace(node, tend, eventually):
    first = await tend(node.port, "per_second = 100", workers=2)
    second = await tend(node.port, "per_second = 100", workers=2)
    await eventually(lambda: (first.binds, second.binds) == (1, 1))
    await asyncio.gather(send_all(first, 75), send_all(second, 75))
    times_ms = sorted(submission["at"] for submission in await node.submissions())
    assert most_within(times_ms, 1000) <= 100 * METER
