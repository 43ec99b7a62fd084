"""The limiter on one real server: what it stores, for how long, and what it does when it cannot ask."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from xacthuc.ratelimit.gcra import FOREVER_MS, HOUR_MS, Cause, Rule, State
from xacthuc.ratelimit.limiter import Charge, Credit, Event, Limiter, Once, SpendResult
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import ScriptError, Store, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine

NOW_MS = 1_795_402_800_000
RULE = Rule(quantity=5, period_ms=HOUR_MS, burst=5, scale_permille=2000, wrong_cap=3)
ACCOUNT = Charge(Limit.ACCOUNT, key_of(Limit.ACCOUNT, "a"), RULE)
DEVICE = Charge(Limit.DEVICE, key_of(Limit.DEVICE, "d"), RULE)
IP = Charge(Limit.IP, key_of(Limit.IP, "i"), RULE)
ONCE = Once("q:{request}", "first", keep_ms=60_000)
ALL = [ACCOUNT, DEVICE, IP]


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@pytest.fixture
def limiter(store: Store) -> Limiter:
    return Limiter(store, clock_tolerance_ms=0)


async def fold(limiter: Limiter, credit: Credit) -> bool:
    (applied,) = await limiter.fold([credit], NOW_MS)
    return applied


async def life_ms(store: Store, charge: Charge) -> int:
    life: int = await store.execute("PTTL", charge.key)
    return life


async def test_three_limits_are_one_trip(store: Store, limiter: Limiter) -> None:
    await limiter.load()
    before = store.traffic
    assert (await limiter.spend(ALL, NOW_MS)).allowed
    assert store.traffic.commands - before.commands == 1


async def test_a_refusal_names_the_limit_and_spends_nothing(limiter: Limiter) -> None:
    for _ in range(5):
        await limiter.spend([IP], NOW_MS)
    before = [await limiter.read(charge.key) for charge in ALL]
    result = await limiter.spend(ALL, NOW_MS)
    assert SpendResult(Limit.IP, Cause.RATE, NOW_MS + HOUR_MS // 5) == result
    assert before == [await limiter.read(charge.key) for charge in ALL]


async def test_parallel_spends_admit_exactly_the_burst(limiter: Limiter) -> None:
    results = await asyncio.gather(*(limiter.spend([IP], NOW_MS) for _ in range(50)))
    assert sum(result.allowed for result in results) == 5


async def test_what_was_refunded_can_be_spent_again(limiter: Limiter) -> None:
    for _ in range(5):
        await limiter.spend(ALL, NOW_MS)
    limiter.refund(ALL, spent_ms=NOW_MS, now_ms=NOW_MS)
    await limiter.drain()
    assert [(await limiter.spend(ALL, NOW_MS)).allowed for _ in range(2)] == [True, False]


async def test_a_request_that_is_repeated_spends_once_and_hears_what_was_kept(limiter: Limiter) -> None:
    results = [await limiter.spend(ALL, NOW_MS, once=ONCE) for _ in range(3)]
    assert [result.kept for result in results] == [None, b"first", b"first"]
    assert all(result.allowed for result in results)
    assert NOW_MS * 1000 + RULE.interval_us(0) == (await limiter.read(IP.key)).tat_us


async def test_a_repeated_request_passes_even_when_the_limit_is_exhausted(limiter: Limiter) -> None:
    await limiter.spend(ALL, NOW_MS, once=ONCE)
    for _ in range(4):
        await limiter.spend(ALL, NOW_MS)
    assert not (await limiter.spend(ALL, NOW_MS)).allowed
    assert (await limiter.spend(ALL, NOW_MS, once=ONCE)).allowed


async def test_a_refused_request_is_judged_anew(store: Store, limiter: Limiter) -> None:
    await limiter.bar(IP.key, now_ms=NOW_MS)
    assert not (await limiter.spend(ALL, NOW_MS, once=ONCE)).allowed
    await limiter.unbar(IP.key, now_ms=NOW_MS)
    assert (await limiter.spend(ALL, NOW_MS, once=ONCE)).kept is None


async def test_a_refunded_request_is_judged_anew(store: Store, limiter: Limiter) -> None:
    await limiter.spend(ALL, NOW_MS, once=ONCE)
    limiter.refund(ALL, spent_ms=NOW_MS, now_ms=NOW_MS, once=ONCE)
    await limiter.drain()
    assert await store.execute("DBSIZE") == 0


async def test_a_request_is_remembered_for_as_long_as_was_asked(store: Store, limiter: Limiter) -> None:
    await limiter.spend(ALL, NOW_MS, once=ONCE)
    assert 59_000 < await store.execute("PTTL", ONCE.key) <= 60_000


async def test_a_limit_is_forgotten_when_it_is_full_again(store: Store, limiter: Limiter) -> None:
    await limiter.spend([IP], NOW_MS)
    assert 0 < await life_ms(store, IP) <= HOUR_MS // 5 + 61_000


async def test_a_limit_that_was_refunded_in_full_leaves_no_key(store: Store, limiter: Limiter) -> None:
    await limiter.spend(ALL, NOW_MS)
    limiter.refund(ALL, spent_ms=NOW_MS, now_ms=NOW_MS)
    await limiter.drain()
    assert await store.execute("DBSIZE") == 0


async def test_successes_are_kept_until_they_no_longer_count(store: Store, limiter: Limiter) -> None:
    assert await fold(limiter, Credit(IP, Event.VERIFIED, 7, f"{NOW_MS}-0"))
    assert HOUR_MS < await life_ms(store, IP) <= 2 * HOUR_MS + 61_000


async def test_wrong_checks_close_an_account_for_a_day(store: Store, limiter: Limiter) -> None:
    for sequence in range(3):
        await fold(limiter, Credit(ACCOUNT, Event.WRONG, 7, f"{NOW_MS}-{sequence}"))
    result = await limiter.spend([ACCOUNT], NOW_MS)
    assert (result.limit, result.cause) == (Limit.ACCOUNT, Cause.WRONG)
    assert 24 * HOUR_MS < await life_ms(store, ACCOUNT) <= 25 * HOUR_MS + 61_000


async def test_an_entry_is_applied_once_and_the_next_as_well(limiter: Limiter) -> None:
    ids = [f"{NOW_MS}-0", f"{NOW_MS}-0", f"{NOW_MS}-9", f"{NOW_MS}-10", f"{NOW_MS}-9"]
    applied = [await fold(limiter, Credit(IP, Event.VERIFIED, 7, one)) for one in ids]
    assert applied == [True, False, True, True, False]
    assert (await limiter.read(IP.key)).verified == 3


async def test_entries_of_many_limits_are_applied_together(limiter: Limiter) -> None:
    charges = [Charge(Limit.IP, key_of(Limit.IP, f"{number:032x}"), IP.rule) for number in range(40)]
    new = [Credit(charge, Event.VERIFIED, 7, f"{NOW_MS}-{place}") for place in (1, 2) for charge in charges]
    old = [Credit(charge, Event.VERIFIED, 7, f"{NOW_MS}-1") for charge in charges[:3]]
    assert await limiter.fold([*new, *old], NOW_MS) == [True] * 80 + [False] * 3
    assert [(await limiter.read(charge.key)).verified for charge in charges] == [2] * 40
    assert await limiter.fold([], NOW_MS) == []


async def test_partitions_are_remembered_apart(limiter: Limiter) -> None:
    folds = [fold(limiter, Credit(IP, Event.VERIFIED, p, f"{NOW_MS}-0")) for p in (1, 2)]
    assert await asyncio.gather(*folds) == [True, True]


async def test_a_spend_does_not_shorten_the_memory_of_what_was_folded(store: Store, limiter: Limiter) -> None:
    await fold(limiter, Credit(IP, Event.VERIFIED, 7, f"{NOW_MS}-0"))
    before = await life_ms(store, IP)
    await limiter.spend([IP], NOW_MS)
    assert before - 1000 < await life_ms(store, IP)


async def test_an_outcome_that_is_too_old_to_matter_is_left_out(store: Store, limiter: Limiter) -> None:
    old_ms = NOW_MS - 3 * HOUR_MS
    assert not await fold(limiter, Credit(IP, Event.VERIFIED, 7, f"{old_ms}-0"))
    assert await store.execute("DBSIZE") == 0


async def test_the_kill_switch_holds_until_it_is_lifted(store: Store, limiter: Limiter) -> None:
    await limiter.bar(IP.key, now_ms=NOW_MS)
    await fold(limiter, Credit(IP, Event.VERIFIED, 7, f"{NOW_MS}-0"))
    assert SpendResult(Limit.IP, Cause.BARRED, None) == await limiter.spend(ALL, NOW_MS)
    assert await life_ms(store, IP) > FOREVER_MS - NOW_MS - HOUR_MS

    await limiter.unbar(IP.key, now_ms=NOW_MS)
    assert (await limiter.spend(ALL, NOW_MS)).allowed
    assert await life_ms(store, IP) < 3 * HOUR_MS


async def test_a_clock_that_is_off_is_refused_and_changes_nothing(store: Store) -> None:
    limiter = Limiter(store)
    now_ms = time.time_ns() // 1_000_000
    with pytest.raises(ScriptError) as refusal:
        await limiter.spend(ALL, now_ms - 5000)
    assert refusal.value.code == "CLOCK"
    assert await store.execute("DBSIZE") == 0
    assert (await limiter.spend(ALL, now_ms)).allowed


async def test_names_and_contents_hold_nothing_but_numbers(store: Store, limiter: Limiter) -> None:
    await limiter.spend(ALL, NOW_MS)
    await fold(limiter, Credit(IP, Event.WRONG, 7, f"{NOW_MS}-0"))
    assert {b"tat", b"wrong", b"mark", b"x:7"} == set(await store.execute("HKEYS", IP.key))
    assert State(tat_us=NOW_MS * 1000 + 720_000_000, wrong=((NOW_MS // HOUR_MS, 1),)) == await limiter.read(IP.key)


async def test_without_a_store_a_closed_limit_refuses_to_answer(own_valkey: Valkey) -> None:
    store = await Store.connect(own_valkey.url)
    limiter = Limiter(store)
    own_valkey.stop()
    with pytest.raises(StoreUnavailable):
        await limiter.spend(ALL, time.time_ns() // 1_000_000)
    await store.close()


async def test_without_a_store_open_limits_let_pass_and_say_so(own_valkey: Valkey) -> None:
    store = await Store.connect(own_valkey.url)
    limiter = Limiter(store)
    own_valkey.stop()
    result = await limiter.spend([DEVICE, IP], time.time_ns() // 1_000_000)
    assert SpendResult(unguarded=(Limit.DEVICE, Limit.IP)) == result
    await store.close()


async def test_a_refund_that_fails_is_counted(own_valkey: Valkey) -> None:
    store = await Store.connect(own_valkey.url)
    limiter = Limiter(store)
    own_valkey.stop()
    limiter.refund(ALL, spent_ms=NOW_MS, now_ms=NOW_MS)
    await limiter.drain()
    assert limiter.refunds_lost == 1
    await store.close()
