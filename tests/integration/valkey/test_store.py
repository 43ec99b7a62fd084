"""A store on one real server: replies, errors, order, and what leaves in one write."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from xacthuc.valkey import PRELUDE, ReplyError, Script, ScriptError, Store, StoreError, StoreUnavailable

pytestmark = pytest.mark.engine

ECHO = Script("echo", "return {KEYS[1], ARGV[1], ARGV[2]}")
COUNT = Script("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])")


async def test_a_script_gets_its_keys_and_arguments(store: Store) -> None:
    assert await store.run(ECHO, ["k"], [b"\x00\xff", -7]) == [b"k", b"\x00\xff", b"-7"]


async def test_replies_are_matched_to_callers_in_order(store: Store) -> None:
    replies = await asyncio.gather(*(store.run(ECHO, [f"k{n}"], [n, "x"]) for n in range(500)))
    assert [[b"k%d" % n, b"%d" % n, b"x"] for n in range(500)] == replies


async def test_calls_of_one_tick_leave_in_one_write(store: Store) -> None:
    await store.load(COUNT)
    before = store.traffic
    await asyncio.gather(*(store.run(COUNT, ["k"], [1]) for _ in range(64)))
    assert (store.traffic.commands - before.commands, store.traffic.writes - before.writes) == (64, 1)


async def test_calls_of_many_ticks_share_writes_while_the_link_is_busy(store: Store) -> None:
    """Most ticks of a gRPC server bring one call; without gathering each would be a write of its own."""

    async def call_again_and_again() -> None:
        for _ in range(100):
            await store.run(COUNT, ["k"], [1])
            await asyncio.sleep(random.random() / 1000)

    await asyncio.gather(*(call_again_and_again() for _ in range(40)))
    before = store.traffic
    await asyncio.gather(*(call_again_and_again() for _ in range(40)))
    assert store.traffic.commands - before.commands == 4_000
    assert store.traffic.writes - before.writes < 2_000


async def test_a_call_on_a_quiet_link_leaves_at_once(store: Store) -> None:
    for _ in range(8):
        before = store.traffic.writes
        call = asyncio.ensure_future(store.run(COUNT, ["k"], [1]))
        await asyncio.sleep(0)  # the call is submitted
        await asyncio.sleep(0)  # what was submitted is written
        assert store.traffic.writes == before + 1
        await call
        await asyncio.sleep(0.01)  # quiet is the absence of calls for a while: only time makes it


async def test_one_call_is_one_command_on_the_server(store: Store) -> None:
    await store.load(COUNT)
    await store.execute("CONFIG", "RESETSTAT")
    await asyncio.gather(*(store.run(COUNT, ["k"], [1]) for _ in range(10)))
    statistics: bytes = await store.execute("INFO", "commandstats")
    assert b"cmdstat_evalsha:calls=10," in statistics


async def test_many_keys_are_read_in_one_command_and_told_in_their_order(store: Store) -> None:
    await asyncio.gather(*(store.execute("SET", f"k{n}", n) for n in range(100)))
    before = store.traffic

    assert await store.get([f"k{n}" for n in reversed(range(101))]) == [
        None,
        *(b"%d" % n for n in reversed(range(100))),
    ]
    assert store.traffic.commands - before.commands == 1


async def test_many_streams_are_read_in_one_command_each_behind_its_own_id(store: Store) -> None:
    for stream in ("a", "b", "c"):
        for n in (1, 2, 3, 4):
            await store.execute("XADD", stream, f"{n}-0", "n", f"{stream}{n}")
    before = store.traffic

    read = await store.read({b"a": "0-0", b"b": "2-0", b"c": "4-0", b"none": "0-0"}, 3)

    assert {stream: [fields[1] for _, fields in entries] for stream, entries in read} == {
        b"a": [b"a1", b"a2", b"a3"],
        b"b": [b"b3", b"b4"],
    }
    assert store.traffic.commands - before.commands == 1
    assert await store.read({b"none": "0-0"}, 3) == []


async def test_of_a_closed_store_every_key_is_an_error(store: Store) -> None:
    await store.close()

    assert [StoreUnavailable] * 2 == [type(told) for told in await store.get(["a", "b"])]


async def test_a_cancelled_caller_leaves_the_order_intact(store: Store) -> None:
    calls = [asyncio.ensure_future(store.run(ECHO, ["k"], [n, "x"])) for n in range(50)]
    for call in calls[::2]:
        call.cancel()
    replies = await asyncio.gather(*calls, return_exceptions=True)
    assert [n for n in range(50) if n % 2] == [int(r[1]) for r in replies if not isinstance(r, BaseException)]


async def test_a_cancelled_call_still_runs_even_if_its_script_was_unknown(store: Store) -> None:
    await store.execute("SCRIPT", "FLUSH")
    call = store.run(COUNT, ["k"], [1])
    call.cancel()
    assert await store.run(COUNT, ["k"], [1]) == 2


async def test_an_unknown_script_is_loaded_once_and_run(store: Store) -> None:
    await store.execute("SCRIPT", "FLUSH")
    await store.execute("CONFIG", "RESETSTAT")
    totals = await asyncio.gather(*(store.run(COUNT, ["k"], [1]) for _ in range(20)))
    assert list(range(1, 21)) == totals
    assert b"cmdstat_script|load:calls=1," in await store.execute("INFO", "commandstats")


async def test_a_script_that_was_flushed_is_loaded_again(store: Store) -> None:
    await store.run(COUNT, ["k"], [1])
    await store.execute("SCRIPT", "FLUSH")
    assert await store.run(COUNT, ["k"], [1]) == 2


async def test_a_script_that_does_not_compile_is_shown_by_loading_it(store: Store) -> None:
    with pytest.raises(ReplyError) as refusal:
        await store.load(Script("broken", "return }"))
    assert "Error compiling script" in refusal.value.detail


async def test_a_script_that_does_not_compile_fails_its_callers(store: Store) -> None:
    with pytest.raises(ScriptError, match="broken"):
        await store.run(Script("broken", "return }"), ["k"])


async def test_a_script_error_carries_its_code_and_hides_its_words(store: Store) -> None:
    angry = Script("angry", "return redis.error_reply('TOOBAD ' .. ARGV[1])")
    with pytest.raises(ScriptError) as refusal:
        await store.run(angry, ["k"], ["+84912345678"])
    assert (refusal.value.code, refusal.value.detail) == ("TOOBAD", "+84912345678")
    assert "+84912345678" not in f"{refusal.value}{refusal.value!r}"


async def test_a_script_that_crashes_is_a_script_error(store: Store) -> None:
    with pytest.raises(ScriptError, match="crash"):
        await store.run(Script("crash", "return nil + 1"), ["k"])


async def test_a_refused_command_is_a_reply_error(store: Store) -> None:
    await store.execute("SET", "k", "text")
    with pytest.raises(ReplyError) as refusal:
        await store.execute("LPUSH", "k", 1)
    assert refusal.value.code == "WRONGTYPE"


async def test_an_error_does_not_disturb_its_neighbours(store: Store) -> None:
    bad = Script("bad", "return redis.error_reply('NO')")
    calls = [store.run(bad if n % 3 == 0 else ECHO, ["k"], [n, "x"]) for n in range(30)]
    replies = await asyncio.gather(*calls, return_exceptions=True)
    assert [n % 3 == 0 for n in range(30)] == [isinstance(reply, ScriptError) for reply in replies]


async def test_large_replies_come_whole(store: Store) -> None:
    text = b"x" * 3_000_000
    await store.execute("SET", "k", text)
    assert text == await store.execute("GET", "k")


async def test_more_calls_than_may_wait_are_refused_at_once(valkey_url: str) -> None:
    store = await Store.connect(valkey_url, max_in_flight=10)
    await store.load(COUNT)
    try:
        calls = [store.run(COUNT, ["k"], [1]) for _ in range(15)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
        assert [refusal.sent for refusal in refusals] == [False] * 5
        assert await store.run(COUNT, ["k"], [1]) == 11
    finally:
        await store.close()


async def test_a_closed_store_fails_calls_at_once(valkey_url: str) -> None:
    store = await Store.connect(valkey_url)
    under_way = store.run(COUNT, ["k"], [1])
    await store.close()
    with pytest.raises(StoreUnavailable):
        await under_way
    with pytest.raises(StoreUnavailable):
        await store.run(COUNT, ["k"], [1])


async def test_nobody_at_the_address_is_told_at_the_start() -> None:
    with pytest.raises(StoreUnavailable):
        await Store.connect("unix:///nonexistent/valkey.sock")


async def test_refused_credentials_are_told_as_such(valkey_url: str) -> None:
    with pytest.raises(StoreError, match="credentials"):
        await Store.connect(valkey_url.replace("unix://", "unix://nobody:wrong@"))


async def test_the_database_of_the_url_is_used(valkey_url: str, store: Store) -> None:
    other = await Store.connect(valkey_url.replace("db=0", "db=3"))
    await other.execute("SET", "k", 1)
    await other.close()
    assert await store.execute("GET", "k") is None


async def test_the_server_reports_its_facts(store: Store) -> None:
    (facts,) = await store.facts()
    assert facts.concerns() == []
    assert not facts.clustered


async def test_the_skew_of_the_clocks_is_measured(store: Store) -> None:
    assert abs(await store.server_clock_skew_ms(time.time_ns() // 1_000_000)) < 500
    assert abs(await store.server_clock_skew_ms(time.time_ns() // 1_000_000 - 60_000) - 60_000) < 500


async def test_a_caller_whose_clock_is_off_is_refused_with_the_right_time(store: Store) -> None:
    script = Script(
        "timed", f"{PRELUDE.read_text()}\nreturn clock_error(tonumber(ARGV[1]), tonumber(ARGV[2])) or 'fine'"
    )
    now_ms = time.time_ns() // 1_000_000
    assert await store.run(script, ["k"], [now_ms - 1000, 2000]) == b"fine"
    assert await store.run(script, ["k"], [now_ms - 3000, 0]) == b"fine"
    with pytest.raises(ScriptError) as refusal:
        await store.run(script, ["k"], [now_ms - 3000, 2000])
    assert refusal.value.code == "CLOCK"
    assert abs(int(refusal.value.detail) - now_ms) < 1000
