"""One timer ends all calls that reach the ceiling."""

import asyncio
from datetime import timedelta

import pytest

from xacthuc.grpckit.deadline import Overtime

MOMENT = timedelta(milliseconds=20).total_seconds()


async def forever():
    await asyncio.Event().wait()


async def test_work_in_time_returns_what_it_returns():
    async def work():
        return 7

    assert await Overtime(MOMENT).bound(work()) == 7


async def test_work_beyond_its_time_ends_with_a_timeout():
    with pytest.raises(TimeoutError):
        await Overtime(MOMENT).bound(forever())


async def test_calls_that_begin_later_end_later():
    overtime, ended = Overtime(2 * MOMENT), []

    async def call(name):
        with pytest.raises(TimeoutError):
            await overtime.bound(forever())
        ended.append(name)

    first = asyncio.create_task(call("first"))
    await asyncio.sleep(MOMENT)
    second = asyncio.create_task(call("second"))
    await asyncio.gather(first, second)

    assert ended == ["first", "second"]


async def test_a_call_given_up_by_its_caller_is_cancelled_not_timed_out():
    task = asyncio.create_task(Overtime(60).bound(forever()))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_ran_into_the_ceiling_can_go_on_to_report_it():
    async def call():
        try:
            await Overtime(MOMENT).bound(forever())
        except TimeoutError:
            await asyncio.sleep(MOMENT)
            return "reported"

    task = asyncio.create_task(call())

    assert await task == "reported"
    assert task.cancelling() == 0
