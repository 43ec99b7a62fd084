"""An import through the whole service: rows a second, what it costs both processes, and a raw COPY of the same bytes.

CPU is told beside the clock, since only a quiet machine says anything about rows a second.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
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
    from collections.abc import Sequence

    from benchmarks.rig import Rig

METHOD: Final = "/xacthuc.api.identity.v1.IdentityInternal/ImportAccounts"
_PLATFORM: Final = (("x-xacthuc-platform", "bench-import"),)
_BATCH_ROWS: Final = 1_000
_SECONDS: Final = 600
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much is imported."""

    rounds: int = 5
    batches: int = 10
    """Of 1 000 rows, in each stream of a round."""
    streams: int = 2


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
    """Imports fresh accounts, all with consent and a number that stands, and copies as many bytes beside them."""
    credentials = TlsFiles(rig.layout.tls, "backfill").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]
    before_mib, rounds = measure.resident_mib(rig.pid("identity")), []
    async with grpc.aio.secure_channel(rig.ports.identity_internal, credentials, options=options) as channel:
        await _imported(channel, _batches(1, 99))  # warms connections and plans
        for turn in range(amount.rounds):
            streams = [_batches(amount.batches, turn * amount.streams + one) for one in range(amount.streams)]
            rounds.append(await _round(rig, channel, streams))
    return {
        f"ImportAccounts, {amount.streams} streams of {amount.batches} batches of {_BATCH_ROWS} rows": [
            spread("rows a second", [one.rows / one.wall_seconds for one in rounds], "/s"),
            spread("of a raw COPY's", [one.copy_seconds / one.wall_seconds for one in rounds], "x"),
            spread("CPU of the service", [one.service_seconds / one.rows * 1e5 for one in rounds], "s/100 000"),
            spread("CPU of PostgreSQL", [one.database_seconds / one.rows * 1e5 for one in rounds], "s/100 000"),
            spread("bytes a row", [one.bytes / one.rows for one in rounds], "B"),
            Figure("memory before", before_mib, "MiB"),
            Figure("most memory", measure.peak_mib(rig.pid("identity")), "MiB"),
        ]
    }


async def _round(rig: Rig, channel: grpc.aio.Channel, streams: Sequence[Sequence[bytes]]) -> Round:
    service, database = rig.pid("identity"), rig.database_pid
    cpu, families = measure.cpu_seconds(service), measure.family_cpu_seconds(database)
    began = time.monotonic()
    await asyncio.gather(*(_imported(channel, stream) for stream in streams))
    wall = time.monotonic() - began
    cpu, families = measure.cpu_seconds(service) - cpu, measure.family_cpu_seconds(database) - families
    batches = [raw for stream in streams for raw in stream]
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
    first = turn * 100_000
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
