"""Importing an export by the command: every row ends as an account, a repetition or a reject, however it is sent."""

from __future__ import annotations

import asyncio
import csv
import json
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest
from identity_command import identity_command

from xacthuc.cli.main import run
from xacthuc.sql.migrations import dsn

ROWS = 2_500


@pytest.fixture
async def backfill(deployment):
    async with identity_command(deployment, "backfill") as command:

        async def said(*arguments, status, **environment):
            ended, out, err = await command(*map(str, arguments), "--json", **environment)
            assert ended == status, err
            return json.loads(out)

        yield said


@pytest.fixture
def accounts(deployment):
    """Whatever identity has of a platform's accounts."""

    async def ask(platform):
        connection = await asyncpg.connect(dsn(deployment.database_url))
        try:
            return await connection.fetch(
                "SELECT account, complete, life, purge_time IS NULL AS stays, transition_until"
                " FROM identity.accounts WHERE platform = $1 ORDER BY account",
                platform,
            )
        finally:
            await connection.close()

    return ask


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "accounts.csv"
    assert run(["backfill", "sample", "--rows", str(ROWS), "--seed", "5", "--out", str(path)]) == 0
    return path


def rejects(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return sorted((int(each["row"]), each["field"], each["reason"]) for each in csv.DictReader(file))


async def test_nothing_is_sent_before_it_is_asked_for_and_then_every_row_is_accounted_for(
    api, backfill, accounts, export
):
    platform = await api.new_platform()
    dry = await backfill("import", export, "--platform", platform, status=4)
    assert (dry["dry_run"], dry["accepted_rows"]) == (True, 0)
    assert await accounts(platform) == []

    sent = await backfill("import", export, "--platform", platform, "--yes", status=4)

    assert sent["balances"]
    assert sent["rows"] == ROWS == sent["accepted_rows"] + sent["repeated_rows"] + sent["rejected_rows"]
    assert sent["repeated_rows"] == sent["export"]["duplicate_rows"] > 0
    assert len(rejects(sent["rejects"])) == sent["repeated_rows"] + sent["rejected_rows"]
    assert len(await accounts(platform)) == sent["accepted_rows"] == dry["left_rows"]


async def test_saying_it_again_changes_nothing_even_when_what_it_kept_is_lost(
    api, backfill, accounts, export, tmp_path
):
    platform = await api.new_platform()
    first, again, anew = [
        await backfill("import", export, "--platform", platform, "--yes", "--into", tmp_path / into, status=4)
        for into in ("one", "one", "two")
    ]

    assert first == again
    assert [each["value"] for each in anew["outcomes"]] == ["UNCHANGED"]
    assert anew["accepted_rows"] == first["accepted_rows"] == len(await accounts(platform))


async def test_parts_sent_by_processes_of_their_own_come_to_what_one_run_does_to_the_row(
    api, backfill, accounts, export, tmp_path
):
    one, several = await api.new_platform(), await api.new_platform()
    whole = await backfill("import", export, "--platform", one, "--yes", "--shards", 1, status=4)

    parts = tmp_path / "parts"
    await backfill("split", export, "--into", parts, "--shards", 3, status=4)
    await backfill("merge", parts, "--platform", several, status=1)
    part = ("import", parts, "--platform", several, "--yes")
    await asyncio.gather(
        *(backfill(*part, "--shard", f"{each}/3", status=0) for each in range(2)),
        # As a pod of an Indexed Job is told which part is its own.
        backfill(*part, status=0, JOB_COMPLETION_INDEX="2"),
    )
    merged = await backfill("merge", parts, "--platform", several, status=4)

    differ = {"rejects", "directory", "export"}
    assert {name: merged[name] for name in merged.keys() - differ} == {
        name: whole[name] for name in whole.keys() - differ
    }
    assert rejects(merged["rejects"]) == rejects(whole["rejects"])
    assert merged["export"]["part_rows"] != whole["export"]["part_rows"] == [whole["accepted_rows"]]
    assert await accounts(several) == await accounts(one)


async def test_what_identity_refuses_is_rejected_with_its_reason_and_costs_no_other_row(
    api, backfill, accounts, tmp_path
):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        files("xacthuc.phone").joinpath("numbering_plan.toml").read_text("utf-8").replace('["089"]', '["089", "054"]')
    )
    export = tmp_path / "export.csv"
    export.write_text(
        "uid,name,dob,phone,verified at,verified by,consented at,consent version\n"
        "a,An Bình,02/01/1990,0541234567,2024-05-06,SMS OTP,,\n"
        "b,An Bình,02/01/1990,0912345678,2024-05-06,SMS OTP,2024-05-06 07:08:09,2024-1\n"
        "c,An Bình,02/01/1990,0912345679,,,2024-05-06,version one\n"
    )

    platform = await api.new_platform()
    sent = await backfill("import", export, "--platform", platform, "--yes", "--numbering-plan", plan, status=4)

    assert rejects(sent["rejects"]) == [
        (2, "phone_evidence.phone_number", "UNASSIGNED_RANGE"),
        (4, "consent_version", "NOT_A_VERSION"),
    ]
    assert (sent["accepted_rows"], sent["rejected_rows"], sent["balances"]) == (1, 2, True)
    assert [each["account"] for each in await accounts(platform)] == ["b"]


async def test_accounts_go_on_until_the_cautious_day_only_where_an_article_says_so(api, backfill, accounts, tmp_path):
    export = tmp_path / "export.csv"
    export.write_text("uid,phone\na,0912345678\n")
    platform = await api.new_platform()
    options = ("--start", "2099-08-19", "--legal-basis", "Decree 333/2026/NĐ-CP")

    await backfill("import", export, "--platform", platform, "--yes", "--into", tmp_path / "plain", status=0)
    assert [each["transition_until"] for each in await accounts(platform)] == [None]
    granted = await backfill("import", export, "--platform", platform, "--yes", *options, status=0)

    assert granted["export"]["grace_end"] == "2099-11-16T17:00:00+00:00"
    assert granted["extended"] == 1
    assert [each["transition_until"].isoformat() for each in await accounts(platform)] == ["2099-11-16T17:00:00+00:00"]


async def test_a_service_that_is_away_too_long_ends_the_command_and_loses_nothing(api, deployment, backfill, tmp_path):
    export = tmp_path / "export.csv"
    export.write_text("uid,phone\na,0912345678\n")
    platform = await api.new_platform()
    nowhere = ("--identity-admin", "unix:/nowhere.sock", "--tls", str(deployment.tls))
    command = ("backfill", "import", str(export), "--platform", platform, "--yes", "--patience", "0", "--json")

    status = await asyncio.to_thread(run, [*nowhere, *command])

    assert status == 3
    assert (await backfill("import", export, "--platform", platform, "--yes", status=0))["accepted_rows"] == 1
