"""An import through the whole service: rows a second, what it costs both processes, and a raw COPY of the same bytes.

CPU is told beside the clock, since only a quiet machine says anything about rows a second.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import asyncpg
import grpc.aio

from benchmarks import measure
from benchmarks.report import Figure, spread
from xacthuc.api.identity.v1 import internal_pb2
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.rig import Rig

METHOD: Final = "/xacthuc.api.identity.v1.IdentityInternal/ImportAccounts"
_PLATFORM: Final = (("x-xacthuc-platform", "bench-import"),)
_BATCH_ROWS: Final = 1_000
_SECONDS: Final = 600
_PEOPLE: Final = 100_000
"""More than a stream brings."""
_TURNS: Final = 100
"""More streams than go into one process."""
_FAMILIES: Final = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
]
_MIDDLES: Final = ["Văn", "Thị", "Hữu", "Minh", "Ngọc", "Thanh", "Quốc", "Đức", "Kim", "Hồng"]
_GIVEN: Final = [
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Giang",
    "Hà",
    "Hải",
    "Hạnh",
    "Hiếu",
    "Hoa",
    "Hùng",
    "Hương",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Nam",
    "Nga",
    "Phúc",
]
_ACCEPTED_SECONDS: Final = 1_740_787_200
_ACCOUNTS: Final = "accounts"
"""Not a table among those whose room is told, but their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is imported."""

    rounds: int = 3
    batches: int = 50
    """Of 1 000 rows, in each stream of a round. While the first one is sealed nothing is merged: of ten that is a tenth."""
    streams: int = 2
    """Into each process."""


QUICK: Final = Amount(rounds=1, batches=1, streams=2)
"""Shows that everything runs; its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took."""

    rows: int
    bytes: int
    wall_seconds: float
    service_seconds: float
    database_seconds: float
    copy_seconds: float


async def study(rig: Rig, amount: Amount) -> dict[str, list[Figure]]:
    """Imports fresh accounts, all with consent and a number that stands, and copies as many bytes beside them.

    Through one process, which is bound to one core by the interpreter, and then through two, as a deployment has them.
    Then how much room an account takes, with all that an import keeps of it.
    """
    before = await _room(rig)
    one = await _through(rig, amount, {"identity": rig.ports.identity_internal}, 0)
    rig.start("identity-2")
    both = {"identity": rig.ports.identity_internal, "identity-2": rig.second_internal}
    two = await _through(rig, amount, both, _TURNS)
    rig.stop("identity-2")
    return one | two | _an_account(before, await _room(rig))


async def _through(rig: Rig, amount: Amount, processes: Mapping[str, str], first: int) -> dict[str, list[Figure]]:
    """Imports through processes at these addresses, beginning with the people of turn `first`."""
    credentials = TlsFiles(rig.layout.tls, "backfill").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]
    before_mib, rounds, turns = measure.resident_mib(rig.pid("identity")), [], count(first)
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(grpc.aio.secure_channel(address, credentials, options=options))
            for address in processes.values()
        ]
        for channel in channels:
            await _imported(channel, _batches(1, next(turns)))  # warms connections and plans
        for _ in range(amount.rounds):
            streams = [(channel, _batches(amount.batches, next(turns))) for channel in channels * amount.streams]
            rounds.append(await _round(rig, list(processes), streams))
    sent = f"{amount.streams} streams of {amount.batches} batches of {_BATCH_ROWS} rows"
    return {
        f"ImportAccounts, processes: {len(processes)}, into each {sent}": [
            spread("rows a second", [one.rows / one.wall_seconds for one in rounds], "/s"),
            spread("of a raw COPY's", [one.copy_seconds / one.wall_seconds for one in rounds], "x"),
            spread("CPU of the service", [one.service_seconds / one.rows * 1e5 for one in rounds], "s/100 000"),
            spread("CPU of PostgreSQL", [one.database_seconds / one.rows * 1e5 for one in rounds], "s/100 000"),
            spread("bytes a row", [one.bytes / one.rows for one in rounds], "B"),
            Figure("memory before", before_mib, "MiB"),
            Figure("most memory", measure.peak_mib(rig.pid("identity")), "MiB"),
        ]
    }


def _an_account(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, list[Figure]]:
    """Returns what an account takes by table, each with its indexes, and altogether."""
    accounts = after[_ACCOUNTS] - before[_ACCOUNTS]
    grown = {table: (size - before.get(table, 0)) / accounts for table, size in after.items() if table != _ACCOUNTS}
    tables = [Figure(table, room, "B") for table, room in sorted(grown.items()) if room >= 1]
    return {
        f"PostgreSQL, an account of {accounts}, with a consent and a number that stands": [
            *tables,
            Figure("altogether", sum(grown.values()), "B"),
        ]
    }


async def _room(rig: Rig) -> dict[str, int]:
    """Returns the bytes that each table takes with its indexes, partitions together, and how many accounts there are."""
    connection = await asyncpg.connect(dsn(rig.database_url))
    try:
        tables = await connection.fetch(
            "SELECT schemaname || '.' || regexp_replace(relname, '_[0-9]+$', '') AS named,"
            " sum(pg_total_relation_size(relid))::bigint AS bytes FROM pg_stat_user_tables"
            " WHERE schemaname IN ('identity', 'identity_keys') GROUP BY 1"
        )
        accounts = await connection.fetchval("SELECT count(*) FROM identity.accounts")
    finally:
        await connection.close()
    return {row["named"]: row["bytes"] for row in tables} | {_ACCOUNTS: accounts}


async def _round(
    rig: Rig, processes: Sequence[str], streams: Sequence[tuple[grpc.aio.Channel, Sequence[bytes]]]
) -> Round:
    pids, database = [rig.pid(process) for process in processes], rig.database_pid
    cpu, families = sum(map(measure.cpu_seconds, pids)), measure.family_cpu_seconds(database)
    began = time.monotonic()
    await asyncio.gather(*(_imported(channel, stream) for channel, stream in streams))
    wall = time.monotonic() - began
    cpu, families = sum(map(measure.cpu_seconds, pids)) - cpu, measure.family_cpu_seconds(database) - families
    batches = [raw for _, stream in streams for raw in stream]
    return Round(
        rows=len(batches) * _BATCH_ROWS,
        bytes=sum(map(len, batches)),
        wall_seconds=wall,
        service_seconds=cpu,
        database_seconds=families,
        copy_seconds=await _copied(rig, batches),
    )


async def _imported(channel: grpc.aio.Channel, batches: Sequence[bytes]) -> None:
    """Sends serialized batches; ValueError unless every row was imported."""
    method: Any = channel.stream_stream(METHOD)  # of bytes: nothing is parsed or serialized within the measured time
    call = method(iter(batches), metadata=_PLATFORM, timeout=_SECONDS)
    answers = [raw async for raw in call]
    rows = sum(internal_pb2.ImportAccountsResponse.FromString(raw).counts.phones_accepted for raw in answers)
    if rows != len(batches) * _BATCH_ROWS:
        raise ValueError(f"{rows} of {len(batches) * _BATCH_ROWS} accounts stand on their numbers")


async def _copied(rig: Rig, batches: Sequence[bytes]) -> float:
    """Returns the seconds that a COPY of the same rows takes, unsealed, into one table without an index."""
    connection = await asyncpg.connect(dsn(rig.database_url))
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS raw_rows (account text, row bytea)")
        parsed = [internal_pb2.ImportAccountsRequest.FromString(raw).rows for raw in batches]
        records = [[(row.account_id, row.SerializeToString()) for row in rows] for rows in parsed]
        began = time.monotonic()
        for batch in records:
            await connection.copy_records_to_table("raw_rows", records=batch)
        took = time.monotonic() - began
        await connection.execute("DROP TABLE raw_rows")
    finally:
        await connection.close()
    return took


def _batches(number: int, turn: int) -> list[bytes]:
    """Returns serialized batches of people whom no other turn has."""
    chance = random.Random(turn)  # the same at every run
    first = turn * _PEOPLE
    return [
        internal_pb2.ImportAccountsRequest(
            batch_id=str(uuid4()),
            rows=[_row(chance, first + batch * _BATCH_ROWS + place) for place in range(_BATCH_ROWS)],
        ).SerializeToString()
        for batch in range(number)
    ]


def _row(chance: random.Random, person: int) -> internal_pb2.ImportedAccount:
    row = internal_pb2.ImportedAccount(
        account_id=f"user-{person:09d}",
        full_name=f"{chance.choice(_FAMILIES)} {chance.choice(_MIDDLES)} {chance.choice(_GIVEN)}",
    )
    born, accepted = row.birth_date, _ACCEPTED_SECONDS + person
    born.year, born.month, born.day = chance.randint(1950, 2009), chance.randint(1, 12), chance.randint(1, 28)
    row.consent.text_version, row.consent.accept_time.seconds = "2025-01", accepted
    row.phone_evidence.phone_number, row.phone_evidence.source = f"09{10_000_000 + person:08d}", "sms_code"
    row.phone_evidence.verify_time.seconds = accepted
    return row
