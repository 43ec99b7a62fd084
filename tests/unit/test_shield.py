"""Work that goes on after its caller has gone."""

from __future__ import annotations

import asyncio
import gc

import pytest

from xacthuc.shield import Shield


@pytest.fixture
async def complaints():
    """What the event loop would log."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["message"]))
    return told


async def abandoned(shield, work):
    """Starts it and lets its caller go."""
    caller = asyncio.create_task(shield.finish(work))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()


async def test_work_is_finished_although_its_caller_has_gone():
    done, may_go_on, shield = [], asyncio.Event(), Shield()

    async def work():
        await may_go_on.wait()
        done.append(True)

    await abandoned(shield, work())
    may_go_on.set()
    await shield.drain()
    assert done == [True]


async def test_a_failure_that_nobody_waits_for_is_nobodys_business(complaints):
    may_go_on, shield = asyncio.Event(), Shield()

    async def work():
        await may_go_on.wait()
        raise ValueError

    await abandoned(shield, work())
    may_go_on.set()
    for _ in range(4):  # the task's last step, and what is called when it has ended
        await asyncio.sleep(0)
    gc.collect()
    assert complaints == []
