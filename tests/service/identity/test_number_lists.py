"""Lists of operators and regulators, over gRPC and by the `xacthuc` command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from identity_command import identity_command
from identity_service import faults_of, reason_of, refusal
from number_lists import write_parquet

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.policy.dates import VIETNAM_TIME

LATER = timedelta(days=1)


def number(place):
    return f"+849{uuid4().int % 10**6:06d}{place:02d}"


def stamp(instant):
    made = Timestamp()
    made.FromDatetime(instant)
    return made


def listed(offset, number, **fields):
    return pb2.ListedNumber(
        **{"offset": offset, "phone_number": number, "observe_time": stamp(datetime.now(UTC)), **fields}
    )


def rows(*numbers, **fields):
    whole = {
        "name": f"numberLists/{uuid4()}",
        "digest": "0" * 64,
        "kind": pb2.Finding.RECYCLED,
        "source": "viettel",
        "row_count": len(numbers),
        "numbers": numbers,
        "request_id": str(uuid4()),
    }
    return pb2.ImportFindingsRequest(**{**whole, **fields})


@pytest.fixture
async def holder(api, platform):
    """Verifies an account by a number; returns the number."""

    async def make(account):
        await platform.register(account)
        proven = number(len(account))
        await platform.verify(account, api.otp.prove(proven, account))
        return proven

    return make


@pytest.fixture
async def command(deployment):
    async with identity_command(deployment, "reconcile") as made:
        yield made


@pytest.mark.rule("R30")
async def test_a_listed_number_has_to_be_proven_again_and_both_lists_and_findings_say_so(api, platform, holder):
    mine = await holder("an")
    request = rows(listed(0, mine), listed(2, "+84900000001"), row_count=3, complete=True)

    kept = await api.reconciliation.ImportFindings(request)

    counts = (kept.row_count, kept.rejected_count, kept.unknown_count, kept.reverify_count, kept.changed_count)
    assert counts == (3, 1, 1, 1, 1)
    assert kept.actor == "operator:development"
    assert (await platform.get("an")).state == resources_pb2.Account.REVERIFICATION_REQUIRED
    assert kept in (await api.reconciliation.ListNumberLists(pb2.ListNumberListsRequest(page_size=1000))).number_lists
    found = await api.reconciliation.ListFindings(pb2.ListFindingsRequest(parent=kept.name))
    assert [(each.account, each.source, each.applied) for each in found.findings] == [
        (f"platforms/{platform.name}/accounts/an", "list/viettel", True)
    ]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (rows(listed(1, "+84912345678"), listed(1, "+84912345679"), row_count=2), "numbers[1].offset"),
        (rows(listed(2, "+84912345678"), row_count=2), "numbers[0].offset"),
        (rows(listed(0, "+84912345678", observe_time=stamp(datetime.now(UTC) + LATER))), "numbers[0].observe_time"),
        (rows(listed(0, "0912345678")), "numbers[0].phone_number"),
        (rows(listed(0, "+84912345678"), kind=pb2.Finding.UNANSWERED), "kind"),
        (rows(listed(0, "+84912345678"), source="Viettel!"), "source"),
        (rows(row_count=1001), "row_count"),
        (rows(first_row=-1), "first_row"),
    ],
    ids=["twice", "outside", "future", "spelling", "kind", "source", "size", "negative"],
)
async def test_a_batch_that_cannot_be_taken_names_its_field_and_no_number(api, request_, field):
    error = await refusal(api.reconciliation.ImportFindings(request_))

    assert field in faults_of(error)
    assert "912345678" not in error.details()


async def test_a_gap_is_refused_with_where_to_go_on(api):
    error = await refusal(api.reconciliation.ImportFindings(rows(listed(0, "+84912345678"), first_row=5)))

    assert reason_of(error) is Reason.NUMBER_LIST_OUT_OF_STEP


async def test_a_list_as_text_and_as_parquet_comes_to_the_same(api, platform, holder, command, tmp_path):
    numbers = [await holder("an"), "0900000001", await holder("binh"), "0243123456", "+84 900 000 002"]
    days = ["01/01/2020", "2026-11-01", "28/11/2025", "01/11/2026", "never"]
    sims = ["5", "5", "3", "9", "9"]
    columns = {"Số thuê bao": numbers, "Ngày": days, "Số SIM": sims}
    table = write_parquet(tmp_path / "list.parquet", columns)
    text = tmp_path / "list.csv"
    lines = [";".join(columns), *map(";".join, zip(*columns.values(), strict=True))]
    text.write_text("\n".join(lines), "utf-8-sig")
    of = ("--kind", "too-many-sims", "--source", "cuc-vien-thong", "--dry-run")

    status, out, err = await command("import", str(text), *of, "--json")
    other_status, other, _ = await command("import", str(table), *of, "--json")

    assert (status, other_status) == (0, 0), err
    first, second = json.loads(out), json.loads(other)
    changing = ("name", "digest", "create_time", "update_time", "complete_time", "rejects")
    assert {key: value for key, value in first.items() if key not in changing} == {
        key: value for key, value in second.items() if key not in changing
    }
    assert [int(first[f"{name}_count"]) for name in ("row", "rejected", "unknown", "nothing", "note")] == [
        5,
        2,
        1,
        2,
        0,
    ]
    rejects = [(tmp_path / f"{file.name}.rejects.csv").read_text("utf-8-sig").splitlines() for file in (text, table)]
    assert rejects[0] == ["row,field,reason", "5,number,FIXED_LINE", "6,observed,NOT_A_DATE"]
    assert rejects[1] == ["row,field,reason", "4,number,FIXED_LINE", "5,observed,NOT_A_DATE"]


async def test_an_import_tells_people_what_became_of_how_many_rows(api, platform, holder, command, tmp_path):
    mine = await holder("an")
    path = tmp_path / "list.csv"
    path.write_text(f"phone\n{mine}\n0900000001\nnobody\n")
    of = ("--kind", "deactivated", "--source", "viettel", "--observed", f"{datetime.now(VIETNAM_TIME):%d/%m/%Y}")

    status, out, err = await command("import", str(path), *of)
    again, same, _ = await command("import", str(path), *of)
    _, lists, _ = await command("lists")

    assert status == 0, err
    assert [line.split()[-1] for line in out.splitlines()] == ["3", "1", "1", "0", "0", "1", "0", "1"]
    assert (again, same) == (0, out)
    assert "rows that cannot be used: 1; see" in err
    assert mine[3:] not in out + err + lists
    assert (await platform.get("an")).state == resources_pb2.Account.REVERIFICATION_REQUIRED
