"""Outcomes reach the limits outside the number's partition, once each."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from delivery_world import ACCOUNT, ADDRESS, DEVICE, PLATFORM, PREFIX, Eventually, World

from xacthuc.ids import new_request_id
from xacthuc.otp.adapters.valkey_limits import platform_key
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.ratelimit.limits import Limit, key_of

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = [pytest.mark.engine, pytest.mark.rule("R33")]


async def test_a_success_is_credited_to_the_address_and_the_prefix(world: World, eventually: Eventually) -> None:
    limiter = Limiter(world.store)
    async with world.working():
        await world.check(await world.start(), right=True)
        await eventually(lambda: verified(limiter, Limit.IP, ADDRESS))
        await eventually(lambda: verified(limiter, Limit.PREFIX, PREFIX))

    assert (await limiter.read(key_of(Limit.ACCOUNT, ACCOUNT))).verified == 0


async def test_wrong_codes_are_counted_against_the_account(world: World, eventually: Eventually) -> None:
    limiter = Limiter(world.store)
    async with world.working():
        identity = await world.start()
        for _ in range(5):
            await world.check(identity, right=False)
        await eventually(lambda: wrong(limiter, 5))


async def test_a_resend_which_was_charged_before_it_was_queued_is_not_charged_again(
    world: World, eventually: Eventually
) -> None:
    limiter = Limiter(world.store)
    async with world.working():
        identity = await resent(world)
        await eventually(lambda: folded(world, identity.partition))
        keys = [
            key_of(Limit.ACCOUNT, ACCOUNT),
            key_of(Limit.DEVICE, DEVICE),
            key_of(Limit.IP, ADDRESS),
            key_of(Limit.PREFIX, PREFIX),
            platform_key(PLATFORM),
            platform_key(""),
        ]
        assert not any([await spent(limiter, key) for key in keys])


async def test_an_outcome_counts_once_although_the_cursor_was_lost(world: World, eventually: Eventually) -> None:
    limiter = Limiter(world.store)
    identity = await world.start()
    await world.check(identity, right=False)
    cursor = f"{{p:{identity.partition:03d}}}:out:cur"
    async with world.working():
        await eventually(lambda: wrong(limiter, 1))
        await eventually(lambda: world.store.execute("EXISTS", cursor))
        await world.store.execute("DEL", cursor)
        await eventually(lambda: world.store.execute("EXISTS", cursor))

    assert await wrong(limiter, 1)


async def test_a_backlog_is_folded_to_its_end_in_every_partition(world: World, eventually: Eventually) -> None:
    limiter = Limiter(world.store)
    for partition in range(0, 256, 64):
        for place in range(1, 51):
            entry = f"{world.clock.now_ms()}-{partition * 100 + place}"
            fields = ("k", "WRONG", "t", 1, "c", "", "p", "", "s", "", "u", "", "lk", f"a:{ACCOUNT}", "pv", "", "d", "")
            await world.store.execute("XADD", f"{{p:{partition:03d}}}:out", entry, *fields)
    async with world.working():
        await eventually(lambda: wrong(limiter, 200))


async def test_old_outcomes_are_dropped_and_fresh_ones_kept(world: World, eventually: Eventually) -> None:
    identity = await world.start()
    stream = f"{{p:{identity.partition:03d}}}:out"
    fields = ("k", "STARTED", "t", 1, "c", "", "p", "", "s", "", "u", "", "lk", "", "pv", "", "d", "old")
    await world.store.execute("DEL", stream)
    await world.store.execute("XADD", stream, "1000-1", *fields)
    await world.check(identity, right=True)
    async with world.working(outcomes_kept=timedelta(hours=1)):
        await eventually(lambda: trimmed(world, identity.partition))

    assert (await world.outcomes(identity.partition))[0]["k"] == "VERIFIED"


async def test_two_workers_fold_an_outcome_once(world: World, eventually: Eventually) -> None:
    limiter = Limiter(world.store)
    async with world.working(), world.working():
        identities = [await world.start(f"+8491234567{number}") for number in range(5)]
        await asyncio.gather(*(world.check(identity, right=False) for identity in identities))
        for identity in identities:
            await eventually(lambda identity=identity: folded(world, identity.partition))

    assert await wrong(limiter, 5)


async def resent(world: World) -> ChallengeId:
    identity = await world.start()
    await world.store.execute("HSET", f"{{p:{identity.partition:03d}}}:c:{identity.text}", "ns", 1)
    now_ms = world.clock.now_ms()
    await world.challenges.resend(identity, PLATFORM, request_id=new_request_id(), channel=0, now_ms=now_ms)
    return identity


async def verified(limiter: Limiter, limit: Limit, digest: str) -> bool:
    return (await limiter.read(key_of(limit, digest))).verified == 1


async def wrong(limiter: Limiter, count: int) -> bool:
    state = await limiter.read(key_of(Limit.ACCOUNT, ACCOUNT))
    return sum(number for _, number in state.wrong) == count


async def spent(limiter: Limiter, key: str) -> bool:
    return (await limiter.read(key)).tat_us > 0


async def folded(world: World, partition: int) -> bool:
    last = await world.store.execute("XREVRANGE", f"{{p:{partition:03d}}}:out", "+", "-", "COUNT", 1)
    return bool(await world.store.execute("GET", f"{{p:{partition:03d}}}:out:cur") == last[0][0])


async def trimmed(world: World, partition: int) -> bool:
    return all(outcome["d"] != "old" for outcome in await world.outcomes(partition))
