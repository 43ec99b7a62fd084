"""`xacthuc reconcile start`, `show`, `list`, `findings`, `report`, `cancel` and `resume`: what is asked, told and written."""

from __future__ import annotations

import csv
import json

import pytest

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

NAME = "reconciliations/6f9619ff-8b86-4011-b42d-00c04fc964ff"
Counts = pb2.Reconciliation.Counts
RUNNING, COMPLETED = pb2.Reconciliation.RUNNING, pb2.Reconciliation.COMPLETED
COUNTS = Counts(
    checked_count=10,
    matched_count=6,
    found_count=2,
    unknown_count=1,
    skipped_count=1,
    changed_count=1,
    findings=[Counts.FindingCount(kind=pb2.Finding.RECYCLED, action=pb2.Finding.REVERIFY, count=1)],
    fields=[Counts.FieldCount(field="full_name", match=pb2.Finding.MISMATCH, count=1)],
)
FOUND = pb2.Finding(
    account="platforms/forum/accounts/an",
    kind=pb2.Finding.RECYCLED,
    source="operator/viettel",
    full_name=pb2.Finding.MISMATCH,
    subscriber=pb2.Finding.Comparison(full_name=pb2.Finding.MISMATCH, birth_date=pb2.Finding.UNKNOWN),
    identity=pb2.Finding.Comparison(full_name=pb2.Finding.MATCH),
    action=pb2.Finding.REVERIFY,
    applied=True,
)


def run_of(state=COMPLETED, counts=COUNTS, **fields):
    return pb2.Reconciliation(name=NAME, state=state, account_count=10, counts=counts, **fields)


@pytest.fixture
def done(command):
    command.admin.answer("GetReconciliation", run_of())
    command.admin.answer("ListFindings", pb2.ListFindingsResponse(findings=[FOUND], next_page_token="t"), found())
    return command


def found(*findings):
    return pb2.ListFindingsResponse(findings=findings)


def test_all_three_sources_are_asked_unless_some_are_named(command):
    command.admin.answer("StartReconciliation", run_of(RUNNING))

    command("reconcile", "start", "--dry-run", "--platform", "forum", "--rate", "20")
    command("reconcile", "start", "--source", "sim-swap")

    first, second = (call.request for call in command.admin.received)
    assert (list(first.sources), first.platform, first.rate_per_second) == ([1, 2, 3], "platforms/forum", 20)
    assert (first.dry_run, list(second.sources), second.dry_run) == (True, [3], False)


def test_a_run_is_watched_to_its_end(command):
    command.admin.answer("StartReconciliation", pb2.Reconciliation(name=NAME, state=RUNNING))
    command.admin.answer("GetReconciliation", run_of(RUNNING, Counts(checked_count=5)), run_of())

    ran = command("reconcile", "start", "--watch", "--json")

    assert (ran.status, ran.json["state"], ran.json["counts"]["checked_count"]) == (0, "COMPLETED", "10")


def test_nobody_to_ask_says_where_operators_are_described(command):
    refusal = errors.FailedPrecondition(Reason.OPERATOR_NOT_CONFIGURED, "no operator", metadata={"source": "SIM_SWAP"})
    command.admin.answer("StartReconciliation", refusal)

    ran = command("reconcile", "start")

    assert ran.status == 1
    assert "no operator" in ran.err


def test_runs_are_shown_with_what_they_counted(command):
    command.admin.answer("ListReconciliations", pb2.ListReconciliationsResponse(reconciliations=[run_of()]))
    command.admin.answer("GetReconciliation", run_of())

    listed, shown = command("reconcile", "list"), command("reconcile", "show", NAME)

    assert NAME in listed.out
    assert "COMPLETED" in listed.out
    assert [line.split() for line in shown.out.splitlines() if line.startswith("unknown")] == [["unknown", "1"]]


def test_a_run_that_failed_says_with_what(command):
    command.admin.answer("GetReconciliation", *[run_of(pb2.Reconciliation.FAILED, failure="ValueError")] * 2)

    shown, report = command("reconcile", "show", NAME), command("reconcile", "report", NAME)

    assert ["failed", "with", "ValueError"] in [line.split() for line in shown.out.splitlines()]
    assert "failed with ValueError" in report.err


def test_findings_are_read_page_by_page_and_by_kind(done):
    ran = done("reconcile", "findings", NAME, "--kind", "recycled", "--json")

    assert [finding["account"] for finding in ran.json] == ["platforms/forum/accounts/an"]
    requests = [call.request for call in done.admin.received]
    assert [(request.kind, request.page_token) for request in requests] == [(pb2.Finding.RECYCLED, ""), (2, "t")]


def test_each_finding_says_what_each_record_says(done):
    ran = done("reconcile", "findings", NAME)

    assert "name MISMATCH" in ran.out
    assert "name MATCH" in ran.out
    assert "birth date" not in ran.out.splitlines()[1]


def test_a_report_balances_and_is_written_whole(done, tmp_path):
    ran = done("reconcile", "report", NAME, "--out", str(tmp_path / "report.json"))

    assert (ran.status, "= checked" in ran.out) == (0, True)
    assert [line.split()[-1] for line in ran.out.splitlines()[1:6]] == ["6", "2", "1", "1", "10"]
    written = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert written["reconciliation"]["counts"]["checked_count"] == "10"
    assert [finding["kind"] for finding in written["findings"]] == ["RECYCLED"]


def test_a_report_in_csv_has_a_row_for_each_finding(done, tmp_path):
    done("reconcile", "report", NAME, "--out", str(tmp_path / "report.csv"))

    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["account"], row["action"], row["applied"]) for row in rows] == [
        ("platforms/forum/accounts/an", "REVERIFY", "True")
    ]
    assert (rows[0]["subscriber_full_name"], rows[0]["identity_full_name"]) == ("MISMATCH", "MATCH")


def test_counts_that_do_not_balance_end_with_1(command):
    command.admin.answer("GetReconciliation", run_of(counts=Counts(checked_count=3, matched_count=2)))

    ran = command("reconcile", "report", NAME, "--json")

    assert (ran.status, ran.json["balanced"]) == (1, False)


def test_a_report_of_another_kind_is_a_mistake(command, tmp_path):
    assert command("reconcile", "report", NAME, "--out", str(tmp_path / "report.xlsx")).status == 2


def test_a_run_is_canceled_by_name(command):
    command.admin.answer("CancelReconciliation", run_of(pb2.Reconciliation.CANCELED))

    ran = command("reconcile", "cancel", NAME, "--json")

    assert (command.admin.received[0].request.name, ran.json["state"]) == (NAME, "CANCELED")


def test_a_run_that_failed_is_resumed_by_name_and_watched_to_its_end(command):
    command.admin.answer("ResumeReconciliation", run_of(RUNNING))
    command.admin.answer("GetReconciliation", run_of(RUNNING), run_of())

    ran = command("reconcile", "resume", NAME, "--watch", "--json")

    assert (command.admin.received[0].request.name, ran.status, ran.json["state"]) == (NAME, 0, "COMPLETED")


def test_a_run_that_did_not_fail_is_not_resumed_and_the_next_step_is_told(command):
    todo = "it checked every account; start another one to ask again"
    refusal = errors.FailedPrecondition(Reason.RECONCILIATION_STATE, todo, metadata={"state": "COMPLETED"})
    command.admin.answer("ResumeReconciliation", refusal)

    ran = command("reconcile", "resume", NAME)

    assert (ran.status, todo in ran.err) == (1, True)
