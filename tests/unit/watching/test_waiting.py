"""Who waits is told of its platform, or at its heartbeat, and once it has left of nothing."""

from __future__ import annotations

import asyncio
import math

from xacthuc.watching.waiting import Waiting


async def told(news):
    async with asyncio.timeout(60):
        await news


async def test_news_of_a_platform_reach_all_who_wait_for_it_and_nobody_else():
    waiting = Waiting()
    here, too, there = (waiting.join(platform, math.inf) for platform in ("forum", "forum", "other"))

    waiting.tell("forum")

    assert (here.done(), too.done(), there.done()) == (True, True, False)


async def test_everybody_can_be_told_at_once():
    waiting = Waiting()
    all_of_them = [waiting.join(platform, math.inf) for platform in ("forum", "other")]

    waiting.tell_all()

    assert all(news.done() for news in all_of_them)


async def test_a_heartbeat_comes_when_it_is_due_and_leaves_the_others_waiting():
    waiting, now = Waiting(), asyncio.get_running_loop().time()
    later, due = waiting.join("forum", math.inf), waiting.join("forum", now)

    await told(due)

    assert not later.done()


async def test_who_was_told_is_not_looked_after_any_longer_and_may_join_again():
    waiting, now = Waiting(), asyncio.get_running_loop().time()
    await told(waiting.join("forum", now))

    await told(waiting.join("forum", now))


async def test_who_gave_up_disturbs_nobody():
    waiting = Waiting()
    gone, left, here = (waiting.join("forum", math.inf) for _ in range(3))
    gone.cancel()
    left.cancel()
    waiting.leave("forum", left)
    waiting.leave("nobody", left)

    waiting.tell("forum")

    assert here.done()
    waiting.leave("forum", here)  # as its watcher does when it goes on
