"""`kill -9` while platforms send batches of the session log: what was answered is there once, and a batch whole or not at all."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_process import REPEATED

from xacthuc.api.identity.v1 import service_pb2, sessions_pb2
from xacthuc.sql.migrations import dsn

ROUNDS = 100 if os.environ.get("XACTHUC_SOAK") else 3
WRITERS = 8
TURNS = 5
ENTRIES = 40


def batch():
    """Returns log-ins of accounts that nobody else has."""
    occurred, name = Timestamp(), uuid4().hex[:12]
    occurred.FromDatetime(datetime.now(UTC) - timedelta(seconds=5))
    entries = [
        sessions_pb2.SessionEntry(
            account_id=f"{name}-{number}",
            kind=sessions_pb2.SessionEntry.LOG_IN,
            occur_time=occurred,
            ip_address="203.0.113.7",
            source_port=50_000,
        )
        for number in range(ENTRIES)
    ]
    return service_pb2.RecordSessionsRequest(entries=entries, request_id=str(uuid4()))


class Writer:
    """Sends batches and repeats what was not answered, and now and then what was; some that fail it gives up."""

    def __init__(self, platform):
        self.platform = platform
        self.tries = 0
        self.answered, self.given_up = [], []

    async def write(self):
        for _ in range(TURNS):
            await self.insist(batch())
            if random.random() < 0.3:
                await self.insist(random.choice(self.answered or [batch()]), again=True)

    async def insist(self, request, *, again=False):
        while True:
            self.tries += 1
            try:
                answer = await self.platform.ask("RecordSessions", request)
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise
                if not again and random.random() < 0.2:
                    self.given_up.append(request)
                    return
                await asyncio.sleep(0.05)  # a client's pause before it asks again
            else:
                assert (answer.recorded_count, len(answer.rejected)) == (ENTRIES, 0)
                self.answered.append(request)
                return


@pytest.mark.rule("R48")
@pytest.mark.timeout(180 + 60 * ROUNDS)
async def test_answered_entries_are_there_once_and_no_batch_is_there_in_part(
    platform, deployment, own_postgres, eventually
):
    writers = [Writer(platform) for _ in range(WRITERS)]
    for _ in range(ROUNDS):
        before = sum(writer.tries for writer in writers)
        writing = asyncio.gather(*(writer.write() for writer in writers))
        until = before + random.randrange(1, WRITERS * TURNS // 2)
        await eventually(
            lambda until=until, writing=writing: sum(one.tries for one in writers) >= until or writing.done(),
            within=timedelta(seconds=60),
        )
        deployment.kill()
        await asyncio.to_thread(deployment.start)
        await writing

    connection = await asyncpg.connect(dsn(own_postgres.url))
    kept = Counter(row["account"] for row in await connection.fetch("SELECT account FROM identity.session_log"))
    await connection.close()

    answered = {each.account_id for writer in writers for request in writer.answered for each in request.entries}
    assert {account: kept[account] for account in answered} == dict.fromkeys(answered, 1)
    for request in (request for writer in writers for request in writer.given_up):
        assert [kept[each.account_id] for each in request.entries] in ([0] * ENTRIES, [1] * ENTRIES)
    assert set(kept.values()) == {1}
