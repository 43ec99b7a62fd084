"""What the kernel says about a process, and the store about its traffic and its keys."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import delivery_key, outcomes_key
from xacthuc.otp.delivery.adapters.layout import cursor_key
from xacthuc.valkey.partition import PARTITIONS

if TYPE_CHECKING:
    from xacthuc.valkey import Store

_CPUCLOCK_SCHED: Final = 2
"""clock_getcpuclockid(3): the id of a process's CPU clock is its number, inverted, over three bits of kind."""
_SCAN_COUNT: Final = 1000
_NO_TTL: Final = -1
_GONE: Final = -2


def cpu_seconds(pid: int) -> float:
    """Returns the CPU time, user and system, of all threads of a process since its start, in nanosecond steps."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def family_cpu_seconds(pid: int) -> float:
    """Returns the CPU time of a process and its children that live, in nanosecond steps (schedstats, proc(5))."""
    family = {str(pid)} | set(Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
    return sum(int(Path(f"/proc/{one}/schedstat").read_text("ascii").split()[0]) for one in family) / 1e9


def peak_mib(pid: int) -> float:
    """Returns the most memory that a process ever had in RAM (VmHWM, proc(5))."""
    return _status_mib(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    """Returns the memory of a process that is in RAM (VmRSS, proc(5))."""
    return _status_mib(pid, "VmRSS")


def _status_mib(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


async def command_counts(store: Store) -> Counter[str]:
    """Returns how often the server ran each command since its start; those that scripts ran are among them."""
    (report,) = await store.execute_everywhere("INFO", "commandstats")
    return Counter({match[1].decode(): int(match[2]) for match in re.finditer(rb"cmdstat_([^:]+):calls=(\d+)", report)})


async def requests_read(store: Store) -> int:
    """Returns how often the server read from a client since its start: once for whatever was written together."""
    (report,) = await store.execute_everywhere("INFO", "stats")
    found = re.search(rb"total_reads_processed:(\d+)", report)
    assert found is not None  # noqa: S101 - every server since Redis 6 counts it
    return int(found[1])


async def waiting_messages(store: Store) -> int:
    """Returns how many messages wait in the lanes of all partitions."""
    lanes = (store.execute("XLEN", delivery_key(partition)) for partition in range(PARTITIONS))
    return sum(await asyncio.gather(*lanes))


async def partitions_behind(store: Store) -> int:
    """Returns in how many partitions outcomes wait to be folded."""
    newest = (
        store.execute("XREVRANGE", outcomes_key(partition), "+", "-", "COUNT", 1) for partition in range(PARTITIONS)
    )
    folded = (store.execute("GET", cursor_key(partition)) for partition in range(PARTITIONS))
    entries, cursors = await asyncio.gather(asyncio.gather(*newest), asyncio.gather(*folded))
    return sum(bool(entry) and entry[0][0] != cursor for entry, cursor in zip(entries, cursors, strict=True))


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of key, known by its name."""

    pattern: re.Pattern[str]
    name: str
    hours: float | None
    """The longest a key of it may live; None for the few that stay, whose number does not grow with the work."""


def _sorts(*rows: tuple[str, str, float | None]) -> tuple[Sort, ...]:
    return tuple(Sort(re.compile(pattern), name, hours) for pattern, name, hours in rows)


_DAY: Final = 25.0
"""Hours: what counts for a day is kept in whole hours, of which the oldest may have just begun."""
_REQUEST: Final = 25.0
"""Hours: request ids are remembered for 24, and what answers them for one more."""

SORTS: Final = _sorts(
    (r"\{p:\d+\}:c:", "challenge", _REQUEST),
    # A device that verified a number keeps its own allowance for half a year.
    (r"\{p:\d+\}:n:[^:]+:[^:]+$", "number", 180 * 24),
    (r"\{p:\d+\}:n:", "allowance of a number", 5 * 24),
    (r"\{p:\d+\}:(dlv|dlv:bulk)$", "delivery lane", None),
    (r"\{p:\d+\}:out$", "outcomes", None),
    (r"\{p:\d+\}:due$", "deadlines of receipts", None),
    (r"\{p:\d+\}:out:cur$", "cursor of a partition", None),
    (r"\{p:\d+\}:lease$", "lease of a partition", None),
    # A receipt that comes two days late is nobody's any more.
    (r"dlr:\{", "whom a receipt is for", 48.0),
    (r"l:\{(acc|dev):", "limit of an account or device", 2 * _DAY),
    (r"l:\{(ip|pre):", "limit of an address or prefix", 2 * _DAY),
    (r"l:\{(plat|sys):", "budget", 2 * _DAY),
    (r"q:\{", "request id", _REQUEST),
    (r"s:\{", "standing of an account", 0.25),
    (r"l:\{[0-9a-f]{16,}\}", "lease of a standing", 0.01),
    (r"g:\{[a-z]+:[^}]+\}:x$", "what the guard has folded", _DAY),
    (r"g:\{[a-z]+:", "what the guard counts", 15 * 24),
    (r"g:\{(since|known|suspects)\}$", "lists of the guard", None),
    (r"tally:\{", "figures of a provider", 15 * 24),
    (r"spend:\{[^}]+\}:c:", "a charge", 1.0),
    (r"spend:\{[^}]+\}$", "money of a platform", None),
    (r"(keys|delivery:workers|providers|tallies|spend:platforms)$", "record of keys, workers, providers", None),
)


def sort_of(key: str) -> Sort:
    """Returns what a key is for, by its name. One that nobody knows is its own sort, which may not live at all."""
    for sort in SORTS:
        if sort.pattern.match(key):
            return sort
    return Sort(re.compile(""), f"unknown: {re.sub(r'[0-9A-Za-z_-]{12,}|[0-9]+', '*', key)}", 0.0)


async def forget_standing(store: Store) -> None:
    """Drops what is cached of accounts, as a cache that was restarted would."""
    cursor = b"0"
    while True:
        cursor, keys = await store.execute("SCAN", cursor, "MATCH", "s:{*}", "COUNT", _SCAN_COUNT)
        await asyncio.gather(*(store.execute("UNLINK", key) for key in keys))
        if cursor == b"0":
            return


@dataclass
class Kind:
    """The keys of one kind."""

    count: int = 0
    overlong: int = 0
    """Keys that live longer than their kind is good for, or for ever."""
    longest_seconds: int = 0
    """The longest time to live among those that expire."""


@dataclass
class Census:
    """What is in the store."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    memory_mib: float = 0.0

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return sum(kind.count for kind in self.kinds.values())

    def take(self, sort: Sort, life_seconds: int) -> None:
        """Counts one key; `life_seconds` is -1 for one that stays."""
        kind = self.kinds.setdefault(sort.name, Kind())
        kind.count += 1
        kind.longest_seconds = max(kind.longest_seconds, life_seconds)
        if sort.hours is not None:
            kind.overlong += life_seconds == _NO_TTL or life_seconds > sort.hours * 3600


async def census(store: Store) -> Census:
    """Counts all keys of a single server, kind by kind, with the longest life of each."""
    found, cursor = Census(), b"0"
    while True:
        cursor, keys = await store.execute("SCAN", cursor, "COUNT", _SCAN_COUNT)
        lives = await asyncio.gather(*(store.execute("TTL", key) for key in keys))
        for key, life in zip(keys, lives, strict=True):
            if life != _GONE:
                found.take(sort_of(key.decode("utf-8", "replace")), life)
        if cursor == b"0":
            break
    (report,) = await store.execute_everywhere("INFO", "memory")
    used = re.search(rb"used_memory:(\d+)", report)
    found.memory_mib = int(used[1]) / 2**20 if used else 0.0
    return found
