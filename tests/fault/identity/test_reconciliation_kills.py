"""`kill -9` in the middle of a run over accounts, beside an operator that fails: it ends balanced to the row."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import grpc
import httpx
import pytest
from fake_carrier import FakeCarrier, expected, number
from fake_http import CONTROL
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.embedded.ports import free_port
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.sql.migrations import dsn

ACCOUNTS = int(os.environ.get("XACTHUC_RECONCILED", "200000")) if os.environ.get("XACTHUC_SOAK") else 600
KILLS = 12 if os.environ.get("XACTHUC_SOAK") else 2
NUMBERS = [number(at) for at in range(ACCOUNTS)]
BATCH = 1_000
FAULTS = ("throttle", "error", "hang", "lie", "garbage", "hang_up", "late")
LONG = timedelta(hours=2)
POLICY = """
version = "test-1"
[imports]
accept_phone_evidence = true
[reconciliation]
most_per_second = 100000
tries = 1000
"""
SOURCES = [pb2.Reconciliation.KYC_MATCH, pb2.Reconciliation.NUMBER_RECYCLING, pb2.Reconciliation.SIM_SWAP]

LAPSED = "SELECT account FROM identity.evidence WHERE lapse_reason = 'RECONCILED'"
TOLD = "SELECT subject FROM identity.outbox WHERE kind = 'REVERIFICATION_REQUIRED'"
ON_RECORD = "SELECT subject FROM identity.audit WHERE tag = 'identity:account:phone_lapsed'"
NOTED = "SELECT subject FROM identity.audit WHERE tag = 'identity:account:finding_noted'"
FOUND = "SELECT kind FROM identity.reconciliation_findings"


@pytest.fixture
def carrier():
    """An operator in a process of its own; gives where it is told what to do."""
    port = free_port()
    script = Path(sys.modules["fake_carrier"].__file__ or "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(script.parent), *sys.path])}
    with subprocess.Popen([sys.executable, str(script), str(port)], env=environment) as process:
        yield FakeCarrier(port=port)
        process.kill()


@pytest.fixture
def deployment(unstarted, carrier, tmp_path):
    """A process that asks that operator, without sparing it."""
    directory = tmp_path / "eid"
    directory.mkdir()
    carrier.file(directory)
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    unstarted.environment["XACTHUC_POLICY_FILE"] = str(tmp_path / "policy.toml")
    unstarted.environment["XACTHUC_EID_DIRECTORY"] = str(directory)
    unstarted.start()
    return unstarted


async def test_a_run_that_is_killed_again_and_again_balances_to_the_row(api, deployment, carrier, own_postgres):
    chance = random.Random(ACCOUNTS)
    await import_numbers(deployment, await api.new_platform())
    run = await api.reconciliation.StartReconciliation(
        pb2.StartReconciliationRequest(sources=SOURCES, request_id=str(uuid4()))
    )
    begun, restarts = time.monotonic(), 0.0
    for turn in range(KILLS):
        await reached(api, run.name, ACCOUNTS * (turn + 1) // (KILLS + 2))
        await strike(carrier, chance.choice(FAULTS), chance.randrange(1, 5))
        await asyncio.sleep(chance.random() * 0.3)  # anywhere within a page
        stopped = time.monotonic()
        deployment.kill()
        deployment.start()
        restarts += time.monotonic() - stopped
    ended = await reached(api, run.name, ACCOUNTS, state=pb2.Reconciliation.COMPLETED)
    report(time.monotonic() - begun - restarts)

    wanted = expected(NUMBERS)
    counts = ended.counts
    assert ended.account_count == ACCOUNTS
    assert {
        "CHECKED": counts.checked_count,
        "MATCHED": counts.matched_count,
        "FOUND": counts.found_count,
        "UNKNOWN": counts.unknown_count,
        "SKIPPED": counts.skipped_count,
        **{pb2.Finding.Kind.Name(each.kind): each.count for each in counts.findings},
    } == {**wanted, "SKIPPED": 0}
    database = await asyncpg.connect(dsn(own_postgres.url))
    try:
        rows = {of: Counter(row[0] for row in await database.fetch(of)) for of in (LAPSED, TOLD, ON_RECORD, NOTED)}
        found = Counter(row[0] for row in await database.fetch(FOUND))
    finally:
        await database.close()
    # Each once, in evidence, events and audit alike: what was counted, what was done and what was told are one.
    assert rows[LAPSED] == rows[TOLD] == rows[ON_RECORD]
    assert set(rows[LAPSED].values()) == {1}
    assert rows[LAPSED].total() == wanted["RECYCLED"] == counts.changed_count
    assert rows[NOTED].total() == wanted["SIM_SWAPPED"] + wanted["SUBSCRIBER_MISMATCH"]
    assert found == {kind: wanted[kind] for kind in ("RECYCLED", "SIM_SWAPPED", "SUBSCRIBER_MISMATCH")}


async def import_numbers(deployment, platform):
    """Brings the accounts along with numbers that the platform had verified."""
    proven = Timestamp()
    proven.FromDatetime(datetime(2025, 3, 1, tzinfo=UTC))

    def rows(first):
        for at in range(first, min(first + BATCH, ACCOUNTS)):
            yield internal_pb2.ImportedAccount(
                account_id=f"u{at}",
                full_name="Nguyễn Văn A",
                birth_date=date_pb2.Date(year=1990, month=1, day=1 + at % 28),
                consent=internal_pb2.ImportedAccount.PriorConsent(text_version="1", accept_time=proven),
                phone_evidence=internal_pb2.ImportedAccount.PhoneEvidence(
                    phone_number=NUMBERS[at], verify_time=proven, source="sms_code"
                ),
            )

    batches = (
        internal_pb2.ImportAccountsRequest(batch_id=str(uuid4()), rows=rows(first))
        for first in range(0, ACCOUNTS, BATCH)
    )
    credentials = TlsFiles(deployment.tls, "backfill").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]
    async with grpc.aio.secure_channel(deployment.internal, credentials, options=options) as channel:
        stub = internal_pb2_grpc.IdentityInternalStub(channel)
        answers = stub.ImportAccounts(batches, metadata=(("x-xacthuc-platform", platform),), timeout=1700)
        accepted = [answer.counts.phones_accepted async for answer in answers]
    assert sum(accepted) == ACCOUNTS


async def reached(api, name, checked, state=None):
    """Waits until a run has checked so many, or has come to a state; nobody answers while the process starts anew."""
    give_up = time.monotonic() + LONG.total_seconds()
    while time.monotonic() < give_up:
        try:
            run = await api.reconciliation.GetReconciliation(pb2.GetReconciliationRequest(name=name), timeout=5)
        except grpc.aio.AioRpcError as error:
            assert error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}, error
        else:
            if (run.state == state) if state is not None else run.counts.checked_count >= checked:
                return run
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} did not come as far in {LONG}")


async def strike(carrier, fault, times):
    """Has the operator fail the next times."""
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"http://127.0.0.1:{carrier.port}{CONTROL}", json={"do": fault, "times": times})


def report(seconds):
    """Writes down at full size what docs/evidence.md tells."""
    if path := os.environ.get("XACTHUC_REPORT"):
        Path(path).write_text(f"{ACCOUNTS} accounts, {KILLS} kills, {seconds:.0f} s without restarts\n", "utf-8")
