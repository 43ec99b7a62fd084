"""`kill -9` of the service and of the command in the middle of a list: said again, it ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from identity_command import identity_command

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn

ROWS = 200_000 if os.environ.get("XACTHUC_SOAK") else 24_000
ROUNDS = 5 if os.environ.get("XACTHUC_SOAK") else 1
KILLS = ("command", "service") * (3 if os.environ.get("XACTHUC_SOAK") else 1)
EVERY = 200
"""One row of so many names an account; one of so many others cannot be used."""
POLICY = 'version = "test-1"\n[imports]\naccept_phone_evidence = true\n'
LONG = timedelta(seconds=120)


@pytest.fixture
def deployment(unstarted, tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    unstarted.environment["XACTHUC_POLICY_FILE"] = str(tmp_path / "policy.toml")
    unstarted.start()
    return unstarted


@pytest.fixture
async def database(own_postgres):
    connection = await asyncpg.connect(dsn(own_postgres.url))
    yield connection
    await connection.close()


def number(row):
    return f"09{10_000_000 + row}"


def written(path):
    """Writes a list: the rows at `EVERY` name accounts, those just behind them cannot be used."""
    with path.open("w", encoding="utf-8") as file:
        file.write("số thuê bao;ngày thu hồi\n")
        for row in range(ROWS):
            file.write(f"{number(row)};{'never' if row % EVERY == 1 else '01/11/2026'}\n")
    return path


async def populate(deployment, platform):
    """Imports the accounts that the list names."""
    proven = Timestamp()
    proven.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    accounts = [
        internal_pb2.ImportedAccount(
            account_id=f"u{row}",
            full_name="Nguyễn Văn A",
            birth_date=date_pb2.Date(year=1990, month=1, day=1),
            consent=internal_pb2.ImportedAccount.PriorConsent(text_version="1", accept_time=proven),
            phone_evidence=internal_pb2.ImportedAccount.PhoneEvidence(
                phone_number=number(row), verify_time=proven, source="sms_code"
            ),
        )
        for row in range(0, ROWS, EVERY)
    ]
    batches = [
        internal_pb2.ImportAccountsRequest(batch_id=str(uuid4()), rows=accounts[first : first + 1000])
        for first in range(0, len(accounts), 1000)
    ]
    credentials = TlsFiles(deployment.tls, "backfill").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]
    async with grpc.aio.secure_channel(deployment.internal, credentials, options=options) as channel:
        stub = internal_pb2_grpc.IdentityInternalStub(channel)
        metadata = (("x-xacthuc-platform", platform),)
        imported = [answer async for answer in stub.ImportAccounts(iter(batches), metadata=metadata, timeout=120)]
    assert sum(answer.counts.phones_accepted for answer in imported) == len(accounts)
    return {account.account_id for account in accounts}


@pytest.mark.parametrize("turn", range(ROUNDS))
async def test_a_list_killed_at_random_points_is_dealt_with_row_by_row_once(
    api, deployment, database, tmp_path, turn, eventually
):
    chance = random.Random(turn)
    named = await populate(deployment, await api.new_platform())
    path = written(tmp_path / "list.csv")
    rejects = tmp_path / "list.csv.rejects.csv"
    said = ("import", str(path), "--kind", "recycled", "--source", "viettel", "--json")

    async def taken():
        return await database.fetchval("SELECT coalesce(sum(row_count), 0) FROM identity.number_lists")

    async with identity_command(deployment, "reconcile") as command:
        for victim in KILLS:
            enough = await taken() + chance.randrange(1, 1 + ROWS // 12)
            process = await command.start(*said)
            await eventually(lambda enough=enough: reached(taken, enough), within=LONG)
            await asyncio.sleep(chance.random() * 0.02)  # anywhere within a batch
            if victim == "command":
                process.send_signal(signal.SIGKILL)
            else:
                deployment.kill()
            _, err = await process.communicate()
            assert process.returncode == (-signal.SIGKILL if victim == "command" else 3), err
            if victim == "service":
                deployment.start()
        assert await taken() < ROWS
        status, out, err = await command(*said)

    assert status == 0, err
    counts = {name: int(count) for name, count in json.loads(out).items() if name.endswith("_count")}
    hit = len(named)
    assert counts == {
        "row_count": ROWS,
        "rejected_count": hit,
        "unknown_count": ROWS - 2 * hit,
        "nothing_count": 0,
        "note_count": 0,
        "reverify_count": hit,
        "restrict_count": 0,
        "changed_count": hit,
    }
    assert len(rejects.read_text("utf-8-sig").splitlines()) == 1 + hit
    once = Counter(dict.fromkeys(named, 1))
    for query in (
        "SELECT account FROM identity.reconciliation_findings WHERE applied",
        "SELECT subject FROM identity.audit WHERE tag = 'identity:account:phone_lapsed'",
        "SELECT subject FROM identity.outbox WHERE kind = 'REVERIFICATION_REQUIRED'",
        "SELECT account FROM identity.evidence WHERE lapse_reason = 'RECONCILED'",
    ):
        assert Counter(row[0] for row in await database.fetch(query)) == once, query


async def reached(taken, enough):
    return await taken() >= enough
