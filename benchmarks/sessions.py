"""The session log through the whole service: rows a second, and what a row costs both processes."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import grpc.aio

from benchmarks import measure
from benchmarks.report import Figure, spread
from xacthuc.api.identity.v1 import service_pb2, sessions_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rig import Rig

METHOD: Final = "/xacthuc.api.identity.v1.IdentityService/RecordSessions"
_BATCH_ROWS: Final = 1_000
_SECONDS: Final = 60
_ACCOUNTS: Final = 1_000_000
_HOURS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is recorded."""

    rounds: int = 5
    batches: int = 50
    """Of 1 000 rows, in each round."""
    at_once: int = 4


QUICK: Final = Amount(rounds=1, batches=2, at_once=2)
"""Shows that everything runs; its figures mean nothing."""


async def study(rig: Rig, key: str, amount: Amount) -> dict[str, list[Figure]]:
    """Records log-ins of many accounts over half a day, several batches at once."""
    metadata = (("authorization", f"Bearer {key}"),)
    service, database = rig.pid("identity"), rig.database_pid
    rates: list[float] = []
    service_us: list[float] = []
    database_us: list[float] = []
    async with grpc.aio.insecure_channel(rig.ports.identity_public) as channel:
        method: Any = channel.unary_unary(METHOD)  # of bytes: nothing is serialized within the measured time
        await _recorded(method, metadata, _batches(1, 99), 1)  # makes keys and partitions
        before_mib = measure.resident_mib(service)
        for turn in range(amount.rounds):
            batches = _batches(amount.batches, turn)
            cpu, families = measure.cpu_seconds(service), measure.family_cpu_seconds(database)
            began = time.monotonic()
            await _recorded(method, metadata, batches, amount.at_once)
            took, rows = time.monotonic() - began, len(batches) * _BATCH_ROWS
            rates.append(rows / took)
            service_us.append((measure.cpu_seconds(service) - cpu) / rows * 1e6)
            database_us.append((measure.family_cpu_seconds(database) - families) / rows * 1e6)
    return {
        f"RecordSessions, {amount.batches} batches of {_BATCH_ROWS} rows, {amount.at_once} at once": [
            spread("session rows a second", rates, "/s"),
            spread("CPU of the service a row", service_us, "us"),
            spread("CPU of PostgreSQL a row", database_us, "us"),
            Figure("memory before", before_mib, "MiB"),
            Figure("most memory", measure.peak_mib(service), "MiB"),
        ]
    }


async def _recorded(method: Any, metadata: Any, batches: Sequence[bytes], at_once: int) -> None:
    """Sends serialized batches; ValueError unless every row is on record."""
    waiting = list(batches)

    async def send() -> int:
        rows = 0
        while waiting:
            raw = await method(waiting.pop(), metadata=metadata, timeout=_SECONDS)
            rows += service_pb2.RecordSessionsResponse.FromString(raw).recorded_count
        return rows

    rows = sum(await asyncio.gather(*(send() for _ in range(at_once))))
    if rows != len(batches) * _BATCH_ROWS:
        raise ValueError(f"{rows} of {len(batches) * _BATCH_ROWS} rows are on record")


def _batches(number: int, turn: int) -> list[bytes]:
    chance, now = random.Random(turn), int(time.time())
    return [
        service_pb2.RecordSessionsRequest(
            entries=[_entry(chance, now) for _ in range(_BATCH_ROWS)], request_id=str(uuid4())
        ).SerializeToString()
        for _ in range(number)
    ]


def _entry(chance: random.Random, now: int) -> sessions_pb2.SessionEntry:
    entry = sessions_pb2.SessionEntry(
        account_id=f"user-{chance.randrange(_ACCOUNTS):09d}",
        kind=chance.choice((sessions_pb2.SessionEntry.LOG_IN, sessions_pb2.SessionEntry.LOG_OUT)),
        ip_address=".".join(str(chance.randrange(1, 255)) for _ in range(4)),
        source_port=chance.randrange(1024, 65_536),
    )
    entry.occur_time.seconds = now - chance.randrange(_HOURS * 3600)
    return entry
