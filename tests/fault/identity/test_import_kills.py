"""`kill -9` and SIGTERM in the middle of an import: sent again, it ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn

BATCHES, ROWS = (50, 200) if os.environ.get("XACTHUC_SOAK") else (50, 20)
ROUNDS = 20 if os.environ.get("XACTHUC_SOAK") else 2
POLICY = 'version = "test-1"\n[imports]\naccept_phone_evidence = true\n'
LONG = timedelta(seconds=60)
GONE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


@pytest.fixture
def deployment(unstarted, tmp_path):
    """A process that accepts numbers which the platform had verified, so that every table is written."""
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    unstarted.environment["XACTHUC_POLICY_FILE"] = str(tmp_path / "policy.toml")
    unstarted.start()
    return unstarted


class Importer:
    """What the backfill does: sends batches, keeps the answers, and sends again what was not answered."""

    def __init__(self, deployment, platform):
        self.batches = [self._batch(number) for number in range(BATCHES)]
        self.answers: dict[str, internal_pb2.ImportAccountsResponse] = {}
        self._deployment, self._metadata = deployment, (("x-xacthuc-platform", platform),)

    def _batch(self, number):
        proven = Timestamp()
        proven.FromDatetime(datetime(2025, 3, 1, tzinfo=UTC))
        rows = [
            internal_pb2.ImportedAccount(
                account_id=f"u{number:03d}-{place:03d}",
                full_name="Nguyễn Văn A",
                birth_date=date_pb2.Date(year=1990, month=1, day=1 + place % 28),
                consent=internal_pb2.ImportedAccount.PriorConsent(text_version="1", accept_time=proven),
                phone_evidence=internal_pb2.ImportedAccount.PhoneEvidence(
                    phone_number=f"09{10_000_000 + number * 1000 + place}", verify_time=proven, source="sms_code"
                ),
            )
            for place in range(ROWS)
        ]
        return internal_pb2.ImportAccountsRequest(batch_id=str(uuid4()), rows=rows)

    async def stream(self):
        """Sends what is not answered; returns the status that ended the stream."""
        credentials = TlsFiles(self._deployment.tls, "backfill").channel_credentials()
        options = [("grpc.ssl_target_name_override", "identity")]
        async with grpc.aio.secure_channel(self._deployment.internal, credentials, options=options) as channel:
            left = [one for one in self.batches if one.batch_id not in self.answers]
            stub = internal_pb2_grpc.IdentityInternalStub(channel)
            try:
                async for answer in stub.ImportAccounts(iter(left), metadata=self._metadata, timeout=120):
                    self.answers[answer.batch_id] = answer
            except grpc.aio.AioRpcError as error:
                return error.code()
        return grpc.StatusCode.OK


@pytest.fixture
async def counts(own_postgres):
    """How many rows and how many accounts each table has."""

    async def ask():
        connection = await asyncpg.connect(dsn(own_postgres.url))
        try:
            return {
                table: tuple(await connection.fetchrow(f"SELECT count(*), count(DISTINCT account) FROM {table}"))
                for table in (
                    "identity.accounts", "identity.consents", "identity.evidence", "identity.number_claims",
                    "identity_keys.account_keys",
                )
            } | {
                "batches": await connection.fetchval("SELECT count(*) FROM identity.import_batches"),
                "audit": Counter(
                    await connection.fetchval(
                        "SELECT array_agg(subject) FROM identity.audit WHERE tag = 'identity:import_batch:committed'"
                    )
                ),
                "told": Counter(
                    await connection.fetchval(
                        """SELECT array_agg(account) FROM identity.outbox,
                        regexp_split_to_table(detail ->> 'accounts', ' ') AS account WHERE kind = 'ACCOUNTS_IMPORTED'"""
                    )
                ),
            }  # fmt: skip
        finally:
            await connection.close()

    return ask


@pytest.mark.parametrize("turn", range(ROUNDS))
async def test_an_import_killed_at_random_points_keeps_every_row_exactly_once(
    api, deployment, counts, turn, eventually
):
    chance = random.Random(turn)
    importer = Importer(deployment, await api.new_platform())
    for _ in range(4):
        before = len(importer.answers)
        enough = before + chance.randrange(1, BATCHES // 8)
        running = asyncio.create_task(importer.stream())
        await eventually(lambda enough=enough: len(importer.answers) >= enough, within=LONG)
        await asyncio.sleep(chance.random() * 0.02)  # anywhere within a batch
        deployment.kill()
        assert await running in GONE
        deployment.start()

    assert await importer.stream() is grpc.StatusCode.OK

    whole = BATCHES * ROWS
    found = await counts()
    assert all(one == (whole, whole) for table, one in found.items() if "." in table), found
    assert found["batches"] == BATCHES
    assert found["audit"] == Counter(one.batch_id for one in importer.batches)
    assert found["told"] == Counter(row.account_id for one in importer.batches for row in one.rows)
    assert {answer.counts.imported for answer in importer.answers.values()} == {ROWS}
    assert {answer.counts.phones_accepted for answer in importer.answers.values()} == {ROWS}


async def test_a_drain_in_the_middle_of_an_import_sends_the_importer_away_and_loses_nothing(
    api, deployment, counts, eventually
):
    importer = Importer(deployment, await api.new_platform())
    running = asyncio.create_task(importer.stream())
    await eventually(lambda: len(importer.answers) >= 2, within=LONG)
    drained = await asyncio.to_thread(deployment.stop)

    assert drained == 0
    assert await running is grpc.StatusCode.UNAVAILABLE
    assert (await counts())["batches"] >= len(importer.answers)
    deployment.start()
    assert await importer.stream() is grpc.StatusCode.OK
    assert (await counts())["identity.accounts"] == (BATCHES * ROWS, BATCHES * ROWS)
