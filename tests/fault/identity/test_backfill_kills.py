"""`kill -9` of the command and of the service in the middle of a backfill: said again, no row is lost and none counts twice."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import asyncpg
import pytest
from identity_command import identity_command

from xacthuc.cli.main import run
from xacthuc.sql.migrations import dsn

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
ROWS, TURNS = (40_000, 20) if SOAK else (8_000, 1)
KILLS = ("reading", "command", "service", "command", "service") if SOAK else ("reading", "command", "service")
LONG = timedelta(seconds=120)


@pytest.fixture
async def kept(own_postgres):
    """How many accounts there are, and how often each batch is in the trail."""

    async def ask(platform):
        connection = await asyncpg.connect(dsn(own_postgres.url))
        try:
            return (
                await connection.fetchval("SELECT count(*) FROM identity.accounts WHERE platform = $1", platform),
                Counter(
                    await connection.fetchval(
                        "SELECT array_agg(subject) FROM identity.audit WHERE tag = 'identity:import_batch:committed'"
                    )
                ),
            )
        finally:
            await connection.close()

    return ask


@pytest.mark.parametrize("turn", range(TURNS))
async def test_whatever_is_killed_every_row_is_accounted_for_once(api, deployment, kept, tmp_path, turn, eventually):
    chance, export = random.Random(turn), tmp_path / "accounts.csv"
    work = tmp_path / "accounts.csv.backfill"
    assert run(["backfill", "sample", "--rows", str(ROWS), "--seed", str(turn), "--out", str(export)]) == 0
    platform = await api.new_platform()
    words = ("import", str(export), "--platform", platform, "--yes", "--json")

    def answered():
        return sum(path.stat().st_size for path in work.glob("*.journal"))

    async with identity_command(deployment, "backfill") as command:
        for killed in KILLS:
            before, process = answered(), await command.start(*words)
            if killed == "reading":
                await eventually(lambda: list(work.glob("shard-*.rows")), within=LONG)
                await asyncio.sleep(chance.random() * 0.3)  # anywhere before or behind the last row
            else:
                await eventually(
                    lambda before=before, process=process: answered() > before or process.returncode is not None,
                    within=LONG,
                )  # everything may have been sent already
                await asyncio.sleep(chance.random() * 0.02)  # anywhere within a batch
            if killed == "service":
                deployment.kill()
                deployment.start()
                await process.communicate()  # it goes on by itself
            else:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.communicate()

        status, out, err = await command(*words)

    assert status == 4, err
    told = json.loads(out)
    assert told["balances"]
    assert told["left_rows"] == 0
    assert told["rows"] == ROWS
    assert {each["value"]: each["rows"] for each in told["outcomes"]} == {"IMPORTED": told["accepted_rows"]}
    accounts, batches = await kept(platform)
    assert accounts == told["accepted_rows"]
    assert set(batches.values()) == {1}
    assert len(batches) == sum(-(-size // 1_000) for size in told["export"]["part_rows"])
