"""The fraud guard hears of codes that were entered and of messages that were sent, once each, and suspends providers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from delivery_world import PREFIX, Eventually, World

from xacthuc.otp.adapters.valkey_guard import subject_key
from xacthuc.otp.adapters.valkey_guard_subjects import ValkeyGuardSubjects, read_ledger
from xacthuc.otp.delivery.suspension import Suspension, spared
from xacthuc.otp.domain.guard import GuardRules, Kind, Subject
from xacthuc.otp.domain.guard_ledger import slot_of
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS

if TYPE_CHECKING:
    from fake_vendor import FakeVendor

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

RANGE, BLOCK, VENDOR = (
    Subject(Kind.OPERATOR, "viettel"),
    Subject(Kind.PREFIX, PREFIX),
    Subject(Kind.PROVIDER, "vendor"),
)


async def counts(world: World, subject: Subject) -> tuple[int, int]:
    """Messages sent and verified that are in flight."""
    words = await world.store.execute("HGETALL", subject_key(subject))
    pairs = read_ledger(dict(zip(words[::2], words[1::2], strict=True)), 1).young.values()
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


async def test_an_entered_code_is_credited_to_range_block_and_provider(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await world.check(identity, right=True)
        for subject in (RANGE, BLOCK):
            await eventually(lambda subject=subject: credited(world, subject, (0, 1)))
        await eventually(lambda: credited(world, VENDOR, (1, 1)))


async def test_an_outcome_counts_once_although_the_cursor_was_lost(
    world: World, vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working():
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await world.check(identity, right=True)
        await eventually(lambda: credited(world, VENDOR, (1, 1)))
        cursor = f"{{p:{identity.partition:03d}}}:out:cur"
        await world.store.execute("DEL", cursor)
        await eventually(lambda: world.store.execute("EXISTS", cursor))

    assert [await counts(world, subject) for subject in (RANGE, VENDOR)] == [(0, 1), (1, 1)]


async def test_a_notice_is_nobodys_unverified_code(world: World, vendor: FakeVendor, eventually: Eventually) -> None:
    vendor.file(world.providers)
    async with world.working():
        await world.notice()
        await eventually(lambda: vendor.asked)
        identity = await world.start()
        await eventually(lambda: world.sent(identity))
        await eventually(lambda: credited(world, VENDOR, (1, 0)))

    assert await counts(world, VENDOR) == (1, 0)


async def test_a_provider_whose_codes_nobody_enters_is_left_alone_and_forgiven(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200)
    other_vendor.file(world.providers, "second", weight=100)
    async with world.working() as running:
        routes, now_ms = running.worker._routes, world.clock.now_ms()
        suspension = Suspension(subjects=guard(world), routes=routes, clock=world.clock)
        await accuse(world, "first", now_ms)
        await suspension.refresh()
        routes.suspended = suspension.suspended
        await world.start()
        await eventually(lambda: other_vendor.asked)
        assert not vendor.asked

        await guard(world).exempt(
            Subject(Kind.PROVIDER, "first"), "an agreement", now_ms + HOUR_MS, now_ms, actor="peer:cli"
        )
        await suspension.refresh()
        assert suspension.names == frozenset()


async def test_nobody_is_suspended_while_the_guard_only_records(world: World, vendor: FakeVendor) -> None:
    vendor.file(world.providers, "first")
    async with world.working() as running:
        await accuse(world, "first", world.clock.now_ms())
        subjects = replace(guard(world), rules=GuardRules.of(world.policy.guard))
        suspension = Suspension(subjects=subjects, routes=running.worker._routes, clock=world.clock)
        await suspension.refresh()

    assert suspension.names == frozenset()


@pytest.mark.parametrize(
    ("convicted", "left_alone"),
    [
        ({"one"}, {"one"}),
        ({"one", "two"}, set()),
        ({"one", "voice"}, {"one"}),
        ({"one", "two", "voice"}, set()),
        (set(), set()),
    ],
    ids=["one of two", "both", "one and the only voice", "all", "none"],
)
def test_the_last_providers_of_a_channel_are_never_suspended(convicted: set[str], left_alone: set[str]) -> None:
    providers = [("one", (1,)), ("two", (1,)), ("voice", (3,))]
    assert spared(convicted, providers) == left_alone


def guard(world: World) -> ValkeyGuardSubjects:
    rules = replace(GuardRules.of(world.policy.guard), enforced=True, record_ms=0)
    return ValkeyGuardSubjects(store=world.store, rules=rules, life=1, clock_tolerance_ms=2000)


async def accuse(world: World, provider: str, now_ms: int) -> None:
    """Writes a thousand messages of the last hour that nobody entered."""
    slot = slot_of(now_ms)
    key = subject_key(Subject(Kind.PROVIDER, provider))
    await world.store.execute(
        "HSET", key, "first", now_ms - DAY_HOURS * HOUR_MS, "at", slot, "past", "1000 0 1000 0 0",
        "sl", f"{slot - 3}=1000:0", "yg", "", "hr", "", "dy", "",
    )  # fmt: skip


async def credited(world: World, subject: Subject, expected: tuple[int, int]) -> bool:
    return await counts(world, subject) == expected
