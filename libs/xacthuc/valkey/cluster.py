"""A Cluster's map of slots: read through redis-py, read again whenever a reply or a lost connection casts doubt on it."""

from __future__ import annotations

import asyncio
from binascii import crc_hqx
from typing import TYPE_CHECKING

from redis.crc import REDIS_CLUSTER_HASH_SLOTS

from xacthuc.valkey.errors import StoreError, StoreUnavailable
from xacthuc.valkey.node import Limits, Node, pause_seconds
from xacthuc.valkey.redispy import Address, SlotRange, discover
from xacthuc.valkey.refusal import settle

if TYPE_CHECKING:
    from collections.abc import Sequence


def slot_of(key: bytes | str) -> int:
    """Returns the hash slot of `key`: CRC16 of what stands between its first braces, or of all of it."""
    raw = key.encode() if isinstance(key, str) else key
    start = raw.find(b"{") + 1
    if start:
        end = raw.find(b"}", start)
        if end > start:
            raw = raw[start:end]
    return crc_hqx(raw, 0) % REDIS_CLUSTER_HASH_SLOTS


class Cluster:
    """The masters of a Cluster, one connection each."""

    def __init__(self, seeds: Sequence[Address], limits: Limits) -> None:
        """Connects nothing yet; `seeds` are asked for the map, now and whenever no master of the last map answers."""
        self._seeds = list(seeds)
        self._limits = limits
        self._nodes: dict[str, Node] = {}
        self._nowhere = self._node(self._seeds[0].elsewhere("nowhere", 0))
        self._by_slot = [self._nowhere] * REDIS_CLUSTER_HASH_SLOTS
        self._doubted = False
        self._refresh: asyncio.Task[None] | None = None
        self._retirements: set[asyncio.Task[None]] = set()
        self._closed = False

    async def open(self) -> None:
        """Reads the map and connects to every master; StoreUnavailable when one cannot be reached."""
        await self._read_map()
        if self._nowhere in self._by_slot:
            raise StoreUnavailable("the cluster leaves slots unserved", sent=False, retry_after_seconds=1.0)
        outcomes = await asyncio.gather(*(node.connect() for node in self._nodes.values()), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def close(self) -> None:
        """Closes every connection."""
        self._closed = True
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.gather(self._refresh, return_exceptions=True)
        await asyncio.gather(*(node.close() for node in self._nodes.values()), *self._retirements)

    def node_of(self, key: bytes | str) -> Node:
        """Returns the master that `key` lives on by the present map."""
        return self._by_slot[slot_of(key)]

    def slot_of(self, key: bytes | str) -> int:
        """Returns the hash slot of `key`."""
        return slot_of(key)

    def nodes(self) -> Sequence[Node]:
        """Returns the masters of the present map."""
        return tuple(self._nodes.values())

    def redirected(self, detail: str, *, moved: bool) -> Node | None:
        """Returns the node that `"<slot> <host>:<port>"` names; after a move the map follows at once and is read again."""
        slot, _, name = detail.partition(" ")
        if name.startswith(":"):  # the server does not know its own host name: the port is on the host that answered
            self.suspect()
            return None
        node = self._nodes.get(name) or self._adopt(name)
        if moved:
            self._by_slot[int(slot)] = node
            self.suspect()
        return node

    def suspect(self) -> None:
        """Reads the map again in the background, until it names masters that are all connected."""
        self._doubted = True
        if self._refresh is None and not self._closed:
            self._refresh = asyncio.get_running_loop().create_task(self._keep_reading())

    def _adopt(self, name: str) -> Node:
        host, _, port = name.rpartition(":")
        node = self._node(self._seeds[0].elsewhere(host, int(port)))
        self._nodes[name] = node
        return node

    def _node(self, address: Address) -> Node:
        return Node(
            address,
            self._limits,
            on_error=lambda node, call, message: settle(self, node, call, message),
            on_lost=lambda _node: self.suspect(),
        )

    async def _keep_reading(self) -> None:
        try:
            attempt = 0
            while self._doubted and not self._closed:
                self._doubted = False
                try:
                    await self._read_map()
                except StoreError:
                    self._doubted = True
                # Servers that contradict each other must not make this a busy loop.
                await asyncio.sleep(pause_seconds(attempt))
                attempt += 1
                if self._nowhere in self._by_slot or not all(node.up for node in self._nodes.values()):
                    self._doubted = True
        finally:
            self._refresh = None

    async def _read_map(self) -> None:
        known = {address.name: address for address in (*self._seeds, *(node.address for node in self._nodes.values()))}
        self._apply(await discover(tuple(known.values()), self._limits.connect_timeout_seconds))

    def _apply(self, ranges: Sequence[SlotRange]) -> None:
        by_slot = [self._nowhere] * REDIS_CLUSTER_HASH_SLOTS
        masters: dict[str, Node] = {}
        for run in ranges:
            name = run.master.name
            node = masters.setdefault(name, self._nodes.get(name) or self._node(run.master))
            by_slot[run.first : run.last + 1] = [node] * (run.last + 1 - run.first)
        retired = [node for name, node in self._nodes.items() if name not in masters]
        opened = bool(self._nodes)
        self._by_slot, self._nodes = by_slot, masters
        for node in masters.values():
            if opened:
                node.reconnect()
        for node in retired:
            task = asyncio.get_running_loop().create_task(node.close())
            self._retirements.add(task)
            task.add_done_callback(self._retirements.discard)
