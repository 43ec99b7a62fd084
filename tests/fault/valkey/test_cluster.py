"""A Cluster of three masters and three replicas: every key finds its server, slots move, a master dies."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from xacthuc.ratelimit.gcra import HOUR_MS, Rule
from xacthuc.ratelimit.limiter import Charge, Limiter, Once
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import RECONNECTED, Message, ReplyError, Script, Store, StoreUnavailable
from xacthuc.valkey.partition import PARTITIONS, tag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from xacthuc.embedded import Valkey, ValkeyCluster
    from xacthuc.valkey.node import Node

    Eventually = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.engine

COUNT = Script("count", "return redis.call('INCR', KEYS[1])")
KEYS = [f"{tag(partition)}:count" for partition in range(PARTITIONS)]


@pytest.fixture
async def store(valkey_cluster: ValkeyCluster) -> AsyncIterator[Store]:
    # Failover tests run in random order: the cluster may still be settling from the one before.
    give_up = asyncio.get_running_loop().time() + 20
    while True:
        try:
            store = await Store.connect(valkey_cluster.url)
            break
        except StoreUnavailable:
            assert asyncio.get_running_loop().time() < give_up
            await asyncio.sleep(0.1)
    await store.execute_everywhere("FLUSHALL")
    yield store
    await store.close()


def all_answer(store: Store) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        outcomes = await asyncio.gather(*(store.execute("SET", key, 0) for key in KEYS), return_exceptions=True)
        return all(outcome == b"OK" for outcome in outcomes)

    return ask


def node_of(store: Store, key: str) -> Node:
    return store._topology.node_of(key)


def another_master(store: Store, key: str) -> Node:
    return next(node for node in store._topology.nodes() if node is not node_of(store, key))


async def run_on(node: Node, *command: str | int) -> object:
    """Runs a command on one chosen server, past the map."""
    store = await Store.connect(f"redis://{node.address.name}")
    try:
        return await store.execute(*command)
    finally:
        await store.close()


async def test_every_partition_finds_its_server(store: Store) -> None:
    assert {1} == set(await asyncio.gather(*(store.run(COUNT, [key]) for key in KEYS)))
    assert {b"1"} == set(await asyncio.gather(*(store.execute("GET", key) for key in KEYS)))
    assert len(store._topology.nodes()) == 3


async def test_calls_of_one_tick_leave_in_one_write_per_server(store: Store) -> None:
    await store.load(COUNT)
    before = store.traffic
    await asyncio.gather(*(store.run(COUNT, [key]) for key in KEYS))
    assert (store.traffic.commands - before.commands, store.traffic.writes - before.writes) == (256, 3)


async def test_keys_of_several_slots_are_refused_by_name(store: Store) -> None:
    with pytest.raises(ReplyError) as refusal:
        await store.run(COUNT, [KEYS[0], KEYS[1]])
    assert refusal.value.code == "CROSSSLOT"


async def test_many_keys_are_read_from_all_servers_but_the_one_that_is_gone(store: Store) -> None:
    await asyncio.gather(*(store.execute("SET", key, key) for key in KEYS))
    assert [key.encode() for key in KEYS] == await store.get(KEYS)
    gone = node_of(store, KEYS[0])
    await gone.close()

    told = dict(zip(KEYS, await store.get(KEYS), strict=True))

    assert {key for key, reply in told.items() if isinstance(reply, StoreUnavailable)} == {
        key for key in KEYS if node_of(store, key) is gone
    }
    assert all(told[key] == key.encode() for key in KEYS if node_of(store, key) is not gone)


async def test_streams_are_read_from_all_servers_or_not_at_all(store: Store) -> None:
    await asyncio.gather(*(store.execute("XADD", key, "1-0", "of", key) for key in KEYS))
    after = {key.encode(): "0-0" for key in KEYS}
    assert {stream: entries[0][1][1] for stream, entries in await store.read(after, 1)} == {key: key for key in after}
    await node_of(store, KEYS[0]).close()

    with pytest.raises(StoreUnavailable):
        await store.read(after, 1)


async def test_a_published_message_reaches_a_listener_anywhere(store: Store) -> None:
    events = store.listen("channel")
    assert await anext(events) == RECONNECTED
    for key in KEYS[:8]:
        await store.execute("PUBLISH", "channel", key, key=key)
    # In any order: they came over different servers.
    assert {Message("channel", key.encode()) for key in KEYS[:8]} == {await anext(events) for _ in range(8)}
    await events.aclose()


async def test_a_slot_on_the_move_is_followed_and_then_remembered(store: Store, eventually: Eventually) -> None:
    key = KEYS[3]
    slot = store.slot_of(key)
    source, target = node_of(store, key), another_master(store, key)
    source_id, target_id = [str(await run_on(node, "CLUSTER", "MYID"), "ascii") for node in (source, target)]
    await run_on(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
    await run_on(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)

    # Absent at the source: ASK sends each call to the target, which lacks the script too.
    assert await asyncio.gather(*(store.run(COUNT, [key]) for _ in range(3))) == [1, 2, 3]

    for node in (target, source):
        await run_on(node, "CLUSTER", "SETSLOT", slot, "NODE", target_id)
    # MOVED, once, and the map follows.
    assert await store.run(COUNT, [key]) == 4
    assert target.address.name == node_of(store, key).address.name
    await eventually(all_answer(store))


async def test_a_refusal_gives_back_what_other_slots_had_allowed(store: Store) -> None:
    limiter = Limiter(store, clock_tolerance_ms=0)
    now_ms = 1_795_402_800_000
    plenty, scarce = [Rule(quantity=burst, period_ms=HOUR_MS, burst=burst) for burst in (10, 1)]
    charges = [
        Charge(Limit.ACCOUNT, key_of(Limit.ACCOUNT, "a"), plenty),
        Charge(Limit.IP, key_of(Limit.IP, "b"), plenty),
        Charge(Limit.DEVICE, key_of(Limit.DEVICE, "c"), scarce),
    ]
    assert (await limiter.spend(charges, now_ms)).allowed
    before = [await limiter.read(charge.key) for charge in charges]

    once = Once("q:{request}", "first", keep_ms=60_000)
    result = await limiter.spend(charges, now_ms, once=once)
    assert (Limit.DEVICE, now_ms + HOUR_MS) == (result.limit, result.retry_at_ms)
    await limiter.drain()
    assert before == [await limiter.read(charge.key) for charge in charges]
    assert await store.execute("GET", once.key) is None


async def test_a_caller_that_goes_away_takes_no_refund_with_it(store: Store) -> None:
    limiter = Limiter(store, clock_tolerance_ms=0)
    now_ms = 1_795_402_800_000
    plenty, scarce = [Rule(quantity=burst, period_ms=HOUR_MS, burst=burst) for burst in (10, 1)]
    charges = [
        Charge(Limit.ACCOUNT, key_of(Limit.ACCOUNT, "a"), plenty),
        Charge(Limit.DEVICE, key_of(Limit.DEVICE, "c"), scarce),
    ]
    await limiter.spend(charges, now_ms)
    before = await limiter.read(charges[0].key)

    caller = asyncio.ensure_future(limiter.spend(charges, now_ms))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await limiter.drain()
    assert before == await limiter.read(charges[0].key)


async def test_a_replica_takes_over_for_a_killed_master(
    valkey_cluster: ValkeyCluster, store: Store, eventually: Eventually
) -> None:
    await asyncio.gather(*(store.run(COUNT, [key]) for key in KEYS))
    victim = server_of(valkey_cluster, node_of(store, KEYS[0]))
    elsewhere = next(key for key in KEYS if node_of(store, key) is not node_of(store, KEYS[0]))
    assert victim.process is not None
    await run_on(node_of(store, KEYS[0]), "WAIT", 1, 2000)
    victim.process.send(signal.SIGKILL)
    try:
        with pytest.raises(StoreUnavailable):
            await store.run(COUNT, [KEYS[0]])
        # The others go on while the replica is being elected.
        assert await store.run(COUNT, [elsewhere]) == 2

        async def takes_writes() -> bool:
            try:
                return int(await store.run(COUNT, [KEYS[0]])) >= 2
            except StoreUnavailable:
                return False

        await eventually(takes_writes)
        await eventually(all_answer(store))
    finally:
        victim.stop()
        victim.start()


def server_of(cluster: ValkeyCluster, node: Node) -> Valkey:
    port = int(node.address.name.rpartition(":")[2])
    return next(server for server in cluster.nodes if server.port == port)
