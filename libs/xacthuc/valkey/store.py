"""The store: runs scripts and commands on one Valkey or Redis, or on a Cluster of them.

Callers see replies and the errors of `errors.py`. Which server a key belongs to is `topology.py`, one server's
connection `node.py`.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from xacthuc.telemetry.tracing import current
from xacthuc.valkey import steps
from xacthuc.valkey.cluster import Cluster
from xacthuc.valkey.errors import StoreError
from xacthuc.valkey.health import ServerFacts, facts_of, skew_ms
from xacthuc.valkey.link import Reply, Word, pack
from xacthuc.valkey.node import Limits, Node
from xacthuc.valkey.redispy import Address, is_cluster, seeds, single
from xacthuc.valkey.subscription import Mark, Message, listen
from xacthuc.valkey.topology import SingleServer, Topology

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence

    from xacthuc.valkey.script import Script

Key = TypeVar("Key", bytes, bytes | str)

_EVALSHA = b"EVALSHA"
_LISTENING_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What moved since the store was opened: `commands / writes` tells how well calls coalesce."""

    commands: int
    writes: int
    sent_bytes: int
    received_bytes: int


class Store:
    """A Valkey, a Redis or a Cluster. Belongs to the event loop it was opened in; make one per process."""

    def __init__(self, topology: Topology) -> None:
        """Use `Store.connect`."""
        self._topology = topology
        self._loop = asyncio.get_running_loop()
        self._node_of = topology.node_of

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        timeout_seconds: float = 1.0,
        connect_timeout_seconds: float = 1.0,
        max_in_flight: int = 4096,
    ) -> Store:
        """Connects to `url`: `redis://`, `rediss://`, `unix://`, or `redis+cluster://host:port,host:port`.

        Args:
            url: where the store is. User, password, database and TLS options as redis-py reads them.
            timeout_seconds: a call without a reply fails no later than this, with all others on its connection.
            connect_timeout_seconds: the same for making a connection.
            max_in_flight: calls waiting per server; more are refused at once.

        Raises StoreUnavailable when nobody answers, StoreError when the credentials are refused, ValueError for a URL
        that cannot be read. Later losses are repaired in the background.

        """
        limits = Limits(
            timeout_seconds=timeout_seconds,
            connect_timeout_seconds=connect_timeout_seconds,
            max_in_flight=max_in_flight,
        )
        topology = Cluster(seeds(url), limits) if is_cluster(url) else SingleServer(single(url), limits)
        try:
            await topology.open()
        except BaseException:
            await topology.close()
            raise
        return cls(topology)

    def run(self, script: Script, keys: Sequence[bytes | str], args: Sequence[Word] = ()) -> asyncio.Future[Reply]:
        """Runs `script` on the server of its first key, in one trip with all else this tick sends there; await it.

        `keys` is never empty, and in a Cluster all of one slot (`slot_of`). A script the server does not know is loaded
        and run in the same breath. The future raises StoreUnavailable, or ScriptError when the script ends in an error.
        Cancelling it does not stop the script.
        """
        future = self._loop.create_future()
        if (trace := current()) is not None and trace.recorder is not None:
            steps.follow(future, trace, "EVALSHA", script.name)
        command = pack((_EVALSHA, script.sha, len(keys), *keys, *args))
        self._node_of(keys[0]).submit((future, command, script, 0))
        return future

    def execute(self, *command: Word, key: bytes | str | None = None) -> asyncio.Future[Reply]:
        """Runs one command; await it. It goes to the server of `key`, by default the command's second word.

        Most commands name their key there; for one without any, such as PUBLISH or TIME, each server is as good as
        another. Never a blocking one: everything else on the connection would wait behind it. Raises StoreUnavailable,
        or ReplyError when the server refuses.
        """
        future = self._loop.create_future()
        if (trace := current()) is not None and trace.recorder is not None:
            operation = command[0]
            steps.follow(future, trace, operation.decode() if isinstance(operation, bytes) else str(operation))
        if key is None:
            word = command[1] if len(command) > 1 else ""
            key = str(word) if isinstance(word, int) else word
        self._node_of(key).submit((future, pack(command), None, 0))
        return future

    async def get(self, keys: Collection[bytes | str]) -> list[Reply | StoreError]:
        """Returns the strings that `keys` hold, None where nothing is kept, in their order.

        Keys of one slot are asked for together, so that one server answers with one reply, and a Cluster in one trip to
        each of its servers. It may be down in part: what a server does not tell is the error.
        """
        of_slots = self._by_slot(keys)
        asked = [self.execute(b"MGET", *together) for together in of_slots]
        replies = await asyncio.gather(*asked, return_exceptions=True)
        told: dict[bytes | str, Reply | StoreError] = {}
        for together, reply in zip(of_slots, replies, strict=True):
            if isinstance(reply, BaseException):
                if not isinstance(reply, StoreError):
                    raise reply
                told.update(dict.fromkeys(together, reply))
            else:
                told.update(zip(together, reply, strict=True))
        return [told[key] for key in keys]

    async def read(self, after: Mapping[bytes, Word], most: int) -> list[tuple[bytes, list[Reply]]]:
        """Returns the entries behind an id of each stream, oldest first and at most `most`; nothing of one without any.

        Streams of one slot are asked for together, as by `get`. Raises as `execute` does, for whichever server it is.
        """
        asked = [
            self.execute(
                b"XREAD", b"COUNT", most, b"STREAMS", *streams, *map(after.__getitem__, streams), key=streams[0]
            )
            for streams in self._by_slot(after)
        ]
        return [(stream, entries) for reply in await asyncio.gather(*asked) for stream, entries in reply or ()]

    async def execute_everywhere(self, *command: Word) -> list[Reply]:
        """Runs one command on every server that takes writes, and returns their replies."""
        return await asyncio.gather(*(self._on(node, *command) for node in self._topology.nodes()))

    async def load(self, *scripts: Script) -> None:
        """Makes every server know `scripts`. Not needed to run them, but shows at the start which does not compile."""
        for script in scripts:
            for sha in await self.execute_everywhere("SCRIPT", "LOAD", script.source):
                if sha != script.sha:
                    raise StoreError(f"the server knows script {script.name} by another digest")

    async def listen(self, *channels: str) -> AsyncGenerator[Message | Mark, None]:
        """Yields RECONNECTED whenever the subscription stands anew (so first of all), and each message on `channels`.

        Never ends by itself: iterate within `contextlib.aclosing`. Uses a connection of its own; in a Cluster a plain
        PUBLISH reaches every server, so any will do.
        """

        def address() -> Address:
            return random.choice(self._topology.nodes()).address

        async with aclosing(listen(address, channels, _LISTENING_TIMEOUT_SECONDS)) as events:
            async for event in events:
                yield event

    async def facts(self) -> list[ServerFacts]:
        """Returns what each server says about its version and its settings; the caller judges (`health.py`)."""
        reports = await self.execute_everywhere("INFO", "everything")
        names = [node.address.name for node in self._topology.nodes()]
        return [facts_of(name, report) for name, report in zip(names, reports, strict=True)]

    async def server_clock_skew_ms(self, now_ms: int) -> int:
        """Returns how far the servers' clocks are ahead of `now_ms` (negative: behind); the worst of a Cluster.

        Half the time of the trip is taken off, so the answer is good to about that.
        """
        start = self._loop.time()
        times = await self.execute_everywhere("TIME")
        middle_ms = now_ms + round((self._loop.time() - start) * 500)
        return max((skew_ms(time, middle_ms) for time in times), key=abs)

    def slot_of(self, key: bytes | str) -> int:
        """Returns the hash slot of `key` in a Cluster; 0 on one server, where all keys may go together."""
        return self._topology.slot_of(key)

    @property
    def traffic(self) -> Traffic:
        """What moved since the store was opened."""
        return Traffic(*(sum(column) for column in zip(*(n.traffic for n in self._topology.nodes()), strict=True)))

    async def close(self) -> None:
        """Closes every connection; calls under way fail with StoreUnavailable. Further calls fail too."""
        await self._topology.close()

    def _by_slot(self, keys: Iterable[Key]) -> Collection[list[Key]]:
        slots: dict[int, list[Key]] = {}
        for key in keys:
            slots.setdefault(self.slot_of(key), []).append(key)
        return slots.values()

    def _on(self, node: Node, *command: Word) -> asyncio.Future[Reply]:
        future = self._loop.create_future()
        node.submit((future, pack(command), None, 0))
        return future
