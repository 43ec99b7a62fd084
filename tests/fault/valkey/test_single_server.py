"""One server that stalls, dies, comes back, or forgets its scripts."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import pytest

from xacthuc.valkey import Script, Store, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from xacthuc.embedded import OwnedProcess, Valkey

    Eventually = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.engine

COUNT = Script("count", "return redis.call('INCR', KEYS[1])")
TIMEOUT_SECONDS = 0.5


@pytest.fixture
def process(own_valkey: Valkey) -> Iterator[OwnedProcess]:
    assert own_valkey.process is not None
    yield own_valkey.process
    own_valkey.process.send(signal.SIGCONT)


@pytest.fixture
async def store(own_valkey: Valkey) -> AsyncIterator[Store]:
    store = await Store.connect(own_valkey.url, timeout_seconds=TIMEOUT_SECONDS, connect_timeout_seconds=0.5)
    yield store
    await store.close()


def answers(store: Store) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        try:
            return await store.execute("PING") == b"PONG"
        except StoreUnavailable:
            return False

    return ask


async def failure(call: Awaitable[object]) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as caught:
        await call
    return caught.value


async def test_a_stalled_server_fails_its_calls_within_the_timeout(store: Store, process: OwnedProcess) -> None:
    await store.run(COUNT, ["k"])
    process.send(signal.SIGSTOP)
    start = time.monotonic()
    errors = await asyncio.gather(*(failure(store.run(COUNT, ["k"])) for _ in range(20)))
    waited = time.monotonic() - start

    assert {True} == {error.sent for error in errors}
    # The upper bound leaves a busy machine a little room.
    assert 0.8 * TIMEOUT_SECONDS - 0.05 < waited < TIMEOUT_SECONDS + 10


async def test_while_a_server_is_stalled_further_calls_fail_at_once(store: Store, process: OwnedProcess) -> None:
    process.send(signal.SIGSTOP)
    await failure(store.run(COUNT, ["k"]))

    start = time.monotonic()
    errors = [await failure(store.run(COUNT, ["k"])) for _ in range(100)]
    assert time.monotonic() - start < 10 * TIMEOUT_SECONDS
    assert {False} == {error.sent for error in errors}


async def test_a_server_that_goes_on_is_used_again(store: Store, process: OwnedProcess, eventually: Eventually) -> None:
    process.send(signal.SIGSTOP)
    await failure(store.run(COUNT, ["k"]))
    process.send(signal.SIGCONT)
    await eventually(answers(store))


async def test_a_call_that_only_waits_its_turn_is_not_taken_for_a_stall(store: Store) -> None:
    for _ in range(3):
        await asyncio.sleep(TIMEOUT_SECONDS)
        await store.run(COUNT, ["k"])


async def test_calls_under_way_fail_when_the_server_is_killed(store: Store, process: OwnedProcess) -> None:
    await store.run(COUNT, ["k"])
    process.send(signal.SIGSTOP)
    calls = [store.run(COUNT, ["k"]) for _ in range(10)]
    await asyncio.sleep(0)  # they are written
    process.send(signal.SIGKILL)
    errors = [await failure(call) for call in calls]
    assert {True} == {error.sent for error in errors}


async def test_a_call_that_was_never_written_says_so(store: Store, process: OwnedProcess) -> None:
    process.send(signal.SIGSTOP)
    written = store.run(COUNT, ["k"])
    await asyncio.sleep(0)
    process.send(signal.SIGKILL)
    await failure(written)
    assert not (await failure(store.run(COUNT, ["k"]))).sent


async def test_a_killed_server_is_found_again_with_what_it_had_acknowledged(
    own_valkey: Valkey, store: Store, process: OwnedProcess, eventually: Eventually
) -> None:
    assert await store.run(COUNT, ["k"]) == 1
    process.send(signal.SIGKILL)
    await failure(store.run(COUNT, ["k"]))
    own_valkey.stop()
    own_valkey.start()

    await eventually(answers(store))
    # The new process has no scripts: NOSCRIPT, load and run again happen unseen.
    assert await store.run(COUNT, ["k"]) == 2


async def test_a_full_server_is_unavailable_and_not_broken(store: Store) -> None:
    await store.execute("CONFIG", "SET", "maxmemory", 1)
    error = await failure(store.run(COUNT, ["k"]))
    assert error.retry_after_seconds == 5.0


async def test_a_server_turned_replica_is_unavailable_until_it_is_master_again(
    store: Store, eventually: Eventually
) -> None:
    await store.execute("REPLICAOF", "127.0.0.1", 1)
    await failure(store.execute("SET", "k", 1))

    async def promote() -> bool:
        try:
            return await store.execute("REPLICAOF", "NO", "ONE") == b"OK"
        except StoreUnavailable:
            return False

    await eventually(promote)
    assert await store.execute("SET", "k", 1) == b"OK"


async def test_a_script_that_runs_on_makes_the_server_unavailable_to_others(
    store: Store, own_valkey: Valkey, eventually: Eventually
) -> None:
    await store.execute("CONFIG", "SET", "busy-reply-threshold", 50)
    other = await Store.connect(own_valkey.url, timeout_seconds=5)
    try:
        running = store.execute("EVAL", "while true do end", 1, "k")

        async def refused() -> bool:
            try:
                await other.execute("GET", "k")
            except StoreUnavailable as error:
                return error.retry_after_seconds == 0.5
            return False

        await eventually(refused)
        await other.execute("SCRIPT", "KILL")
        await asyncio.gather(running, return_exceptions=True)
    finally:
        await other.close()
