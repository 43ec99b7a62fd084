"""Any number of parts come to what one run does where identity believes what a platform had proven: shared numbers
contested by hundreds, accounts that come twice, and persons with several accounts included."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from identity_command import identity_command

from xacthuc.sql.migrations import dsn

POLICY = 'version = "test-1"\n[imports]\naccept_phone_evidence = true\n'
ROWS = 3_000
CROWD = 1_200
"""So many accounts claim one number: more than a batch has, so that some of them are there when others come."""
KEPT = {
    "accounts": "SELECT account, complete, life FROM identity.accounts WHERE platform = $1 ORDER BY account",
    "evidence": "SELECT account, kind, verify_time FROM identity.evidence WHERE platform = $1 ORDER BY account, kind",
    "claims": "SELECT account, verify_time FROM identity.number_claims WHERE platform = $1 ORDER BY account",
    "moves": "SELECT account FROM identity.number_moves WHERE platform = $1 ORDER BY account",
}
"""What identity has of a platform's accounts and their numbers."""


@pytest.fixture(scope="module")
def trusting(deployment, tmp_path_factory):
    policy = tmp_path_factory.mktemp("policy") / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    made = deployment.beside("trusting", XACTHUC_POLICY_FILE=str(policy))
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def backfill(trusting):
    async with identity_command(trusting, "backfill") as command:

        async def said(*arguments, status):
            ended, out, err = await command(*map(str, arguments), "--json")
            assert ended == status, err
            return json.loads(out)

        yield said


@pytest.fixture
def export(tmp_path):
    """Accounts most of which share their number; some are the same account again, some the same person."""
    chance, path = random.Random(7), tmp_path / "accounts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("uid", "name", "dob", "phone", "verified at", "verified by", "seller", "cccd"))
        for row in range(ROWS):
            seller = row % 10 == 9
            rows.writerow(
                (
                    f"u{row if row % 25 else chance.randrange(row + 1)}",
                    chance.choice(("An Bình", "Lê Chi", "Võ Dũng")),
                    chance.choice(("02/01/1990", "03/04/1990")),
                    "0912345678" if row % ROWS < CROWD else f"09123{chance.randrange(200):05}",
                    f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} 07:00:00",
                    "sms_code",
                    "x" if seller else "",
                    f"0010900000{chance.randrange(20):02}" if seller else "",
                )
            )
    return path


async def kept(deployment, platform):
    connection = await asyncpg.connect(dsn(deployment.database_url))
    try:
        return {name: [tuple(row) for row in await connection.fetch(query, platform)] for name, query in KEPT.items()}
    finally:
        await connection.close()


def cells(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.timeout(480)
async def test_parts_come_to_what_one_run_does_with_contested_numbers_and_persons(
    api, trusting, backfill, export, tmp_path
):
    told, listed, found = [], [], []
    for shards in (1, 4):
        platform, parts = await api.new_platform(), tmp_path / f"parts-{shards}"
        await backfill("split", export, "--into", parts, "--shards", shards, status=4)
        for shard in range(shards):
            await backfill("import", parts, "--platform", platform, "--yes", "--shard", shard, status=0)
        merged = await backfill("merge", parts, "--platform", platform, status=4)
        told.append({name: merged[name] for name in merged.keys() - {"rejects", "persons_list", "directory", "export"}})
        listed.append((sorted(cells(merged["rejects"])), cells(merged["persons_list"])))
        found.append(await kept(trusting, platform))

    assert told[0] == told[1]
    assert listed[0] == listed[1]
    assert found[0] == found[1]
    # It is not for want of contests: numbers were lost and kept, and persons have more accounts than one may have.
    outcomes = {each["value"]: each["rows"] for each in told[0]["phones"]}
    assert {"ACCEPTED", "OLDER_PROOF"} <= set(outcomes)
    assert len(found[0]["claims"]) > 200
    treated = Counter(row[-1] for row in listed[0][1])
    assert treated == {each["value"]: each["accounts"] for each in told[0]["persons"]}
    assert set(treated) == {"FIRST", "BESIDE", "TOO_MANY_ACCOUNTS", "OTHER_DETAILS"}
    assert treated["FIRST"] == len({row[0] for row in listed[0][1]}) == 20
