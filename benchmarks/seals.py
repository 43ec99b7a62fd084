"""What sealing the audit trail costs those who write: registrations with it and without, in turns.

Without means as if there were no seals at all: the trigger that queues entries is off, and the sealer finds its lock taken.
The sealer runs in the process that serves, as in production, so what it takes is taken from the calls.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from benchmarks import flows, measure
from benchmarks.report import Figure, spread
from xacthuc.sql.migrations import dsn

if TYPE_CHECKING:
    from benchmarks.studies import Bench

_WRITERS: Final = 16
"""More than the process has connections for writes, so that these are the bound."""
_LOCK: Final = "hashtextextended('identity.audit', 0)"
_LOOK_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is measured."""

    rounds: int = 16
    """Of two turns each, whose order changes."""
    calls: int = 500
    """In a turn: some seconds, longer than those in which a virtual machine changes its pace."""
    backlog: int = 20_000
    """Entries that are sealed at one go."""


QUICK: Final = Amount(rounds=1, calls=32, backlog=500)
"""Shows that everything runs; its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a call took in one turn, or an entry of a backlog."""

    per_second: float
    service_us: float
    database_us: float


async def study(bench: Bench, amount: Amount) -> dict[str, list[Figure]]:
    """Registers people with sealing and without, and seals a backlog."""
    connection = await asyncpg.connect(dsn(bench.rig.database_url))
    turns: dict[bool, list[Turn]] = {True: [], False: []}
    try:
        await _turn(bench, connection, 64, sealing=True)  # warms connections and plans
        for number in range(amount.rounds):
            for sealing in (True, False) if number % 2 else (False, True):
                turns[sealing].append(await _turn(bench, connection, amount.calls, sealing=sealing))
        await _switch(connection, sealing=True)
        backlog = await _backlog(bench, connection, amount.backlog)
    finally:
        await connection.close()
    pairs = list(zip(turns[True], turns[False], strict=True))
    return {
        f"Registrations with the audit trail sealed, {_WRITERS} in flight": [
            spread(
                "calls a second without, of those with",
                [b.per_second / a.per_second for a, b in pairs],
                "x",
                at_most=1.05,
            ),
            spread("CPU of both processes with, of that without", [_cpu(a) / _cpu(b) for a, b in pairs], "x"),
            Figure(
                "the same, of all rounds together",
                sum(map(_cpu, turns[True])) / sum(map(_cpu, turns[False])),
                "x",
                at_most=1.05,
            ),
            *(
                figure
                for name, taken in (("with", turns[True]), ("without", turns[False]))
                for figure in (
                    spread(f"{name}: calls a second", [turn.per_second for turn in taken], "/s"),
                    spread(f"{name}: CPU of the service", [turn.service_us for turn in taken], "µs"),
                    spread(f"{name}: CPU of PostgreSQL", [turn.database_us for turn in taken], "µs"),
                )
            ),
            Figure("entries sealed a second, from a backlog", backlog.per_second, "/s"),
            Figure("an entry of it: CPU of the service", backlog.service_us, "µs"),
            Figure("an entry of it: CPU of PostgreSQL", backlog.database_us, "µs"),
        ]
    }


def _cpu(turn: Turn) -> float:
    return turn.service_us + turn.database_us


async def _turn(bench: Bench, connection: asyncpg.Connection, calls: int, *, sealing: bool) -> Turn:
    await _switch(connection, sealing=sealing)
    requests = flows.registrations(bench.strangers(calls))
    before = measure.family_cpu_seconds(bench.rig.database_pid)
    window = await bench.identity.in_flight(flows.REGISTER, requests, _WRITERS)
    # What the last calls left is sealed within the turn that it belongs to.
    began = measure.cpu_seconds(bench.rig.pid("identity"))
    await _until_sealed(connection)
    rest = measure.cpu_seconds(bench.rig.pid("identity")) - began
    database = measure.family_cpu_seconds(bench.rig.database_pid) - before
    return Turn(
        per_second=window.per_second,
        service_us=(window.cpu_seconds + rest) / calls * 1e6,
        database_us=database / calls * 1e6,
    )


async def _switch(connection: asyncpg.Connection, *, sealing: bool) -> None:
    await _until_sealed(connection)
    await connection.execute("SELECT pg_advisory_unlock_all()")
    if not sealing:
        await connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
    await connection.execute(f"ALTER TABLE identity.audit {'ENABLE' if sealing else 'DISABLE'} TRIGGER audit_queue")


async def _backlog(bench: Bench, connection: asyncpg.Connection, entries: int) -> Turn:
    """Returns what it takes to seal so many entries which are there already."""
    await connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
    await connection.execute(
        "INSERT INTO identity.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)"
        " SELECT 'identity:account:registered', now(), 'bench', 'member-' || n, 'key:bench', gen_random_uuid(),"
        " md5(n::text), '{\"awaits_guardian\": false}' FROM generate_series(1, $1) AS n",
        entries,
    )
    pid, database_pid = bench.rig.pid("identity"), bench.rig.database_pid
    service, database = measure.cpu_seconds(pid), measure.family_cpu_seconds(database_pid)
    await connection.execute("SELECT pg_advisory_unlock_all()")
    began = time.monotonic()
    await _until_sealed(connection)
    return Turn(
        per_second=entries / (time.monotonic() - began),
        service_us=(measure.cpu_seconds(pid) - service) / entries * 1e6,
        database_us=(measure.family_cpu_seconds(database_pid) - database) / entries * 1e6,
    )


async def _until_sealed(connection: asyncpg.Connection) -> None:
    while await connection.fetchval("SELECT EXISTS (SELECT FROM identity.audit_unsealed)"):  # noqa: ASYNC110 - another process
        await asyncio.sleep(_LOOK_SECONDS)
