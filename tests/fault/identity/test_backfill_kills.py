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
from warm_process import warm_identity

from xacthuc.cli.main import run
from xacthuc.sql.migrations import dsn

SOAK = bool(os.environ.get("XACTHUC_SOAK"))
ROWS, TURNS, KILLS = (100_000, 5, 20) if SOAK else (8_000, 1, 3)
LONG = timedelta(seconds=120)


@pytest.fixture
def deployment(own_postgres, own_valkey, tmp_path):
    directory = tmp_path / "identity"
    directory.mkdir()
    with warm_identity(directory, own_postgres.url, own_valkey.url) as made:
        made.start()
        yield made


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


def victims(chance: random.Random) -> list[str]:
    """Returns who is killed, one after the other."""
    return ["reading", "command", "service", *chance.choices(("command", "service"), k=KILLS - 3)]


@pytest.mark.timeout(300 + 60 * KILLS)
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
        process, at_work = None, 0
        for killed in victims(chance):
            before = answered()
            if process is None or process.returncode is not None:
                process = await command.start(*words)
            if killed == "reading":
                await eventually(lambda: list(work.glob("shard-*.rows")), within=LONG)
                await asyncio.sleep(chance.random() * 0.3)  # anywhere before or behind the last row
            else:
                await eventually(
                    lambda before=before, process=process: answered() > before or process.returncode is not None,
                    within=LONG,
                )  # everything may have been sent already
                await asyncio.sleep(chance.random() * 0.02)  # anywhere within a batch
            at_work += process.returncode is None
            if killed == "service":
                deployment.kill()
                await asyncio.to_thread(deployment.start)  # the command goes on by itself
            else:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.communicate()
        await process.communicate()
        assert at_work > KILLS * 3 // 4 or not SOAK, "most found nothing to break off"

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
