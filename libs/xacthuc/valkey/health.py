"""What a server says about itself, and what about that endangers the data entrusted to it. Reports; never logs."""

from __future__ import annotations

from dataclasses import dataclass

OLDEST_VERSION = (7, 0)
"""Redis 7.0, what Debian 12 ships; Valkey counts on from 7.2."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What one server reports in INFO.

    Attributes:
        name: its address.
        version: the Redis version it is compatible with, such as `(7, 2)`.
        eviction_policy: what it does when memory is full, such as `noeviction`.
        append_only: whether it keeps an append-only file.
        clustered: whether it is a member of a Cluster.
        replicas_demanded: whether it refuses writes without a replica in reach (`min-replicas-to-write`).

    """

    name: str
    version: tuple[int, int]
    eviction_policy: str
    append_only: bool
    clustered: bool
    replicas_demanded: bool

    @property
    def too_old(self) -> bool:
        """Whether the scripts cannot be expected to run there."""
        return self.version < OLDEST_VERSION

    def concerns(self) -> list[str]:
        """Returns, one sentence each, what makes this server unfit to keep challenges and limits."""
        found = []
        if self.too_old:
            found.append(f"version {'.'.join(map(str, self.version))} is older than 7.0")
        if self.eviction_policy != "noeviction":
            found.append(f"maxmemory-policy is {self.eviction_policy}, so limits may be forgotten: set noeviction")
        if not self.append_only:
            found.append("appendonly is off, so a restart forgets limits and challenges: set it to yes")
        if self.clustered and not self.replicas_demanded:
            found.append("min-replicas-to-write is 0, so a failover may grant guesses again: set it to 1")
        return found


def facts_of(name: str, info: bytes) -> ServerFacts:
    """Reads the reply of `INFO everything`. What a managed service leaves out counts as unsafe."""
    pairs = (line.partition(":") for line in info.decode(errors="replace").splitlines() if not line.startswith("#"))
    report = {name: value for name, _, value in pairs}
    major, _, rest = report.get("redis_version", "0.0").partition(".")
    return ServerFacts(
        name=name,
        version=(int(major), int(rest.partition(".")[0])),
        eviction_policy=report.get("maxmemory_policy", "unknown"),
        append_only=report.get("aof_enabled") == "1",
        clustered=report.get("cluster_enabled") == "1",
        replicas_demanded="min_slaves_good_slaves" in report,
    )


def skew_ms(time: list[bytes], now_ms: int) -> int:
    """Returns how far a TIME reply is ahead of `now_ms`."""
    seconds, microseconds = time
    return int(seconds) * 1000 + int(microseconds) // 1000 - now_ms
