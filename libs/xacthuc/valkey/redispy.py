"""Opens connections with redis-py, which knows URLs, TLS, AUTH, SELECT and the cluster map.

Everything of redis-py that is not its documented surface is touched here and nowhere else: the stream reader and writer of
a connected `Connection`, and the node objects behind `RedisCluster`. `test_redispy.py` fails first when they change.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from xacthuc.valkey.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redis.asyncio.cluster import ClusterNode

_CLUSTER_MARK = "+cluster"
_REFUSED_LOGIN = (AuthenticationError, NoPermissionError)
_DEFAULT_PORT = 6379
_RESP = 2
"""Protocol version: the scripts answer with arrays, integers and strings, which RESP2 carries without a HELLO."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where one server is and how to log in there. Its `repr` shows no credentials."""

    connection_class: type[AbstractConnection]
    arguments: Mapping[str, Any]

    @property
    def host(self) -> str:
        """Host name or IP address; meaningless for a unix socket."""
        return str(self.arguments.get("host", "localhost"))

    @property
    def port(self) -> int:
        """TCP port, likewise."""
        return int(self.arguments.get("port", _DEFAULT_PORT))

    @property
    def name(self) -> str:
        """`host:port`, or the path of the unix socket."""
        return str(self.arguments.get("path") or f"{self.host}:{self.port}")

    def elsewhere(self, host: str, port: int) -> Address:
        """Returns another server that takes the same credentials."""
        return Address(self.connection_class, {**self.arguments, "host": host, "port": port})

    def __repr__(self) -> str:
        """Shows the name alone: the arguments hold a password."""
        return f"Address({self.name})"

    def connection(self, timeout_seconds: float) -> AbstractConnection:
        """Returns an unconnected redis-py connection that never retries, and waits for the socket at most this long.

        Whoever uses it bounds logging in and replies with `asyncio.timeout`. redis-py would do so with
        `asyncio.wait_for`, which in Python 3.11 can lose a cancellation (python/cpython#86296).
        """
        overrides: dict[str, Any] = {
            "protocol": _RESP,
            "decode_responses": False,
            "driver_info": None,
            "socket_connect_timeout": timeout_seconds,
            "socket_timeout": None,
            "retry": Retry(NoBackoff(), 0),
        }
        return self.connection_class(**{**self.arguments, **overrides})


@dataclass(frozen=True, slots=True)
class SlotRange:
    """A run of hash slots, both ends included, and the master that serves it."""

    first: int
    last: int
    master: Address


def is_cluster(url: str) -> bool:
    """Whether `url` names a Cluster: `redis+cluster://` or `rediss+cluster://`."""
    return urlsplit(url).scheme.endswith(_CLUSTER_MARK)


def single(url: str) -> Address:
    """Reads the URL of one server; ValueError when redis-py does not know its scheme."""
    arguments = cast("dict[str, Any]", parse_url(url))
    connection_class = arguments.pop("connection_class", Connection)
    return Address(connection_class, arguments)


def seeds(url: str) -> list[Address]:
    """Reads a Cluster's URL, whose host part lists one or more `host:port`; ValueError when it lists none."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    scheme = parts.scheme.removesuffix(_CLUSTER_MARK)
    found = [
        single(urlunsplit((scheme, f"{credentials}{at}{host}", parts.path, parts.query, "")))
        for host in hosts.split(",")
        if host
    ]
    if not found:
        raise ValueError("a Cluster URL lists at least one host:port")
    return found


async def discover(known: Sequence[Address], timeout_seconds: float) -> list[SlotRange]:
    """Asks the `known` servers, in any order, for the map of slots; StoreUnavailable when none of them has one."""
    # Imported here: it brings all commands of redis-py along, for which only a Cluster has a use.
    from redis.asyncio.cluster import ClusterNode, RedisCluster  # noqa: PLC0415

    like = known[0]
    arguments = {name: value for name, value in like.arguments.items() if name not in {"host", "port", "db"}}
    cluster = RedisCluster(
        startup_nodes=[ClusterNode(address.host, address.port) for address in known],
        ssl=issubclass(like.connection_class, SSLConnection),
        require_full_coverage=False,
        dynamic_startup_nodes=False,
        protocol=_RESP,
        driver_info=None,
        socket_connect_timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        **arguments,
    )
    manager = cluster.nodes_manager
    try:
        # Not `cluster.initialize()`, which also fetches and parses the whole COMMAND table.
        await manager.initialize()
        return _ranges(manager.slots_cache, like)
    except RedisError as error:
        raise StoreUnavailable("no node of the cluster answers", sent=False, retry_after_seconds=1.0) from error
    finally:
        await manager.aclose("startup_nodes")
        await manager.aclose()


def _ranges(slots: Mapping[int, list[ClusterNode]], like: Address) -> list[SlotRange]:
    ranges: list[SlotRange] = []
    for slot in sorted(slots):
        node = slots[slot][0]
        address = like.elsewhere(str(node.host), int(node.port))
        if ranges and ranges[-1].last == slot - 1 and ranges[-1].master.name == address.name:
            ranges[-1] = replace(ranges[-1], last=slot)
        else:
            ranges.append(SlotRange(slot, slot, address))
    return ranges


@dataclass(frozen=True, slots=True)
class Wire:
    """A connected, authenticated transport. `writer` is kept because newer Pythons close a transport with it."""

    transport: asyncio.Transport
    writer: asyncio.StreamWriter


async def connect(connection: AbstractConnection) -> None:
    """Connects and logs in. redis-py leaves this method without types."""
    await connection.connect()  # type: ignore[no-untyped-call]


async def dial(address: Address, timeout_seconds: float) -> Wire:
    """Connects, logs in, proves by PING that the server answers, and takes the transport out of redis-py's hands.

    Raises StoreUnavailable when that is not done within `timeout_seconds`; StoreError when the server refuses the
    credentials or redis-py has changed.
    """
    connection = address.connection(timeout_seconds)
    try:
        async with asyncio.timeout(timeout_seconds):
            await connect(connection)
            await connection.send_command("PING", check_health=False)
            await connection.read_response()
    except (RedisError, OSError, TimeoutError) as error:
        await connection.disconnect(nowait=True)
        # Over a unix socket redis-py wraps what goes wrong while logging in.
        if isinstance(error, _REFUSED_LOGIN) or isinstance(error.__cause__, _REFUSED_LOGIN):
            raise StoreError("the store refuses these credentials; correct user and password in its URL") from None
        raise StoreUnavailable("the store does not answer", sent=False, retry_after_seconds=1.0) from error
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return _take(connection)


def _take(connection: AbstractConnection) -> Wire:
    reader, writer = connection._reader, connection._writer  # noqa: SLF001  the one place, see the module docstring
    if writer is None or reader is None:
        raise StoreError("redis-py no longer keeps its streams where xacthuc.valkey.redispy looks for them")
    connection._reader = connection._writer = None  # noqa: SLF001  else its finalizer would close the transport
    return Wire(cast("asyncio.Transport", writer.transport), writer)
