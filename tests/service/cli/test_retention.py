"""`xacthuc retention`: what is asked of the service, and what ends with which status."""

from __future__ import annotations

import json

import pytest

from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.api.identity.v1 import share_admin_pb2 as share_pb2
from xacthuc.grpckit.errors import NotFound, Unavailable
from xacthuc.grpckit.reasons import Reason

HOLD = "platforms/forum/holds/6f9619ff-8b86-4011-b42d-00c04fc964ff"
ORDERED = ("--authority", "A05", "--legal-basis", "Law 116/2025 Art. 25", "--reference", "12/CV", "--review", "90d")
Kind, Duty = pb2.ListRetentionFiguresResponse.Kind, pb2.ListRetentionFiguresResponse.Duty


def test_a_status_without_faults_ends_well(command):
    kinds = [Kind(data="ACCOUNT", kept="24 months", held_row_count=3)]
    command.admin.answer("ListRetentionFigures", pb2.ListRetentionFiguresResponse(kinds=kinds))

    ran = command("retention", "status")

    assert (ran.status, "24 months" in ran.out) == (0, True)


def test_what_is_late_or_overdue_ends_with_1(command):
    late = pb2.ListRetentionFiguresResponse(kinds=[Kind(data="PROOF", late_row_count=2)])
    overdue = pb2.ListRetentionFiguresResponse(duties=[Duty(duty="HOLD_REVIEW", overdue_count=1)])
    command.admin.answer("ListRetentionFigures", late, overdue)

    assert [command("retention", "status", "--json").status for _ in range(2)] == [1, 1]


def test_a_long_list_of_accounts_is_one_hold(command, tmp_path):
    (tmp_path / "list").write_text("".join(f"u{number}\n" for number in range(2100)))
    placed = pb2.PlaceHoldResponse(hold=pb2.Hold(name=HOLD), not_held=["accounts/u1"])
    command.admin.answer("PlaceHold", placed)
    command.admin.answer("ExtendHold", pb2.PlaceHoldResponse(hold=pb2.Hold(name=HOLD, account_count=2099)))

    file = ("--accounts-file", str(tmp_path / "list"))
    ran = command("retention", "holds", "place", "forum", *ORDERED, *file, "--json")

    first, *rest = [call.request for call in command.admin.received]
    assert (first.parent, first.accounts[0], first.reference) == ("platforms/forum", "accounts/u0", "12/CV")
    assert [(request.name, len(request.accounts)) for request in rest] == [(HOLD, 1000), (HOLD, 100)]
    assert (ran.json["hold"]["account_count"], ran.json["not_held"]) == (2099, ["accounts/u1"])


@pytest.mark.parametrize("as_json", [True, False])
def test_a_hold_that_comes_only_half_way_is_named_with_who_is_not_held(command, tmp_path, as_json):
    (tmp_path / "list").write_text("".join(f"u{number}\n" for number in range(3100)))
    stands, missing = pb2.Hold(name=HOLD), "accounts/u1"
    command.admin.answer("PlaceHold", pb2.PlaceHoldResponse(hold=stands, not_held=[missing]))
    command.admin.answer("ExtendHold", pb2.PlaceHoldResponse(hold=stands), NotFound(Reason.HOLD_NOT_FOUND, "no"))

    file = ("--accounts-file", str(tmp_path / "list"))
    ran = command("retention", "holds", "place", "forum", *ORDERED, *file, *(["--json"] if as_json else []))

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"The hold is {HOLD}; ")
    assert missing in ran.err
    assert "the last 1100 accounts" in ran.err
    assert f"xacthuc retention holds extend {HOLD}" in ran.err


def test_a_hold_on_nobody_is_a_mistake(command):
    assert command("retention", "holds", "place", "forum", *ORDERED).status == 2


def test_a_hold_is_released_on_a_basis(command):
    command.admin.answer("ReleaseHold", pb2.Hold(name=HOLD, release_basis="13/CV"))

    ran = command("retention", "holds", "release", HOLD, "--basis", "13/CV")

    assert (command.admin.received[0].request.basis, ran.status) == ("13/CV", 0)


def answered(command, *services, **more):
    """Has identity, and the services named, answer for an account."""
    head = {"platform": "forum", "account": "an", "make_time": "2026-11-23T03:00:00Z", "policy_version": "7"}
    page = "<html><head></head><body><h1>Nguyễn</h1></body></html>"
    command.admin.answer("ExportAccount", pb2.ExportAccountResponse(json=json.dumps({**head, **more}), html=page))
    shares = [
        share_pb2.ExportShareResponse(json=json.dumps({"of": name}), html=f"<h1 class=of>{name}</h1>")
        for name in services
    ]
    if shares:
        command.admin.answer("ExportShare", *shares)


def exported(command, out, *options):
    return command("retention", "export", "an", "--platform", "forum", "--out", str(out), "--json", *options)


def test_an_export_of_all_services_is_one_document_for_nobody_else_to_read(command, tmp_path):
    answered(command, "guardian", "livestream", "backfill", sections={"account": {"total": 1}})
    page = tmp_path / "out" / "an.html"
    page.parent.mkdir()
    page.touch(mode=0o644)

    ran = exported(command, page.parent)

    names = [call.request.name for call in command.admin.received]
    assert (ran.status, names) == (0, ["platforms/forum/accounts/an"] * 4)
    document = json.loads((page.parent / "an.json").read_text("utf-8"))
    assert (document["complete"], document["missing"], document["account"]) == (True, [], "an")
    assert list(document["services"]) == ["identity", "guardian", "livestream", "backfill", "otp"]
    assert document["services"]["identity"]["sections"] == {"account": {"total": 1}}
    assert document["services"]["backfill"] == {"of": "backfill"}
    assert "challenges" in document["services"]["otp"]["left_out"]
    text = page.read_text("utf-8")
    assert [text.index(part) for part in ("đầy đủ", "Nguyễn", "guardian</h1>", "backfill</h1>")] == sorted(
        text.index(part) for part in ("đầy đủ", "Nguyễn", "guardian</h1>", "backfill</h1>")
    )
    assert [each.stat().st_mode & 0o077 for each in page.parent.iterdir()] == [0, 0]
    assert [path.rpartition("/")[2] for path in ran.json["files"]] == ["an.json", "an.html"]


def test_a_service_that_does_not_answer_is_named_and_nothing_is_written(command, tmp_path):
    answered(command, "guardian")
    command.admin.answer("ExportShare", Unavailable(Reason.DATABASE_UNAVAILABLE, "the database is away"))

    ran = exported(command, tmp_path / "out")

    assert (ran.status, ran.out) == (5, "")
    error = json.loads(ran.err)["error"]
    assert error["service"] == "livestream"
    assert error["message"].startswith("livestream did not say what it holds, and nothing was written")
    assert "--without livestream" in error["advice"]
    assert not (tmp_path / "out").exists()


def test_a_service_that_nobody_can_reach_fails_the_same(command, tmp_path):
    answered(command)

    ran = command(
        *("--guardian-admin", "127.0.0.1:1", "retention", "export", "an"),
        *("--platform", "forum", "--out", str(tmp_path / "out")),
    )

    assert (ran.status, "guardian did not say what it holds" in ran.err) == (5, True)
    assert not (tmp_path / "out").exists()


def test_what_is_left_out_on_purpose_is_said_in_both_documents(command, tmp_path):
    answered(command, "livestream")

    ran = exported(command, tmp_path / "out", "--without", "backfill, guardian")

    assert (ran.status, ran.json["missing"]) == (0, ["guardian", "backfill"])
    document = json.loads((tmp_path / "out" / "an.json").read_text("utf-8"))
    assert (document["complete"], document["missing"]) == (False, ["guardian", "backfill"])
    assert list(document["services"]) == ["identity", "livestream", "otp"]
    page = (tmp_path / "out" / "an.html").read_text("utf-8")
    assert "This is not everything. What these services hold is missing: guardian, backfill." in page
    assert "Tài liệu này không đầy đủ" in page
    assert "This is everything" not in page


@pytest.mark.parametrize("named", ["identity", "guardian,nobody"])
def test_identity_and_what_is_no_service_cannot_be_left_out(command, tmp_path, named):
    assert exported(command, tmp_path / "out", "--without", named).status == 2
    assert command.admin.received == []


def test_of_an_account_that_identity_does_not_know_nobody_else_is_asked(command, tmp_path):
    command.admin.answer("ExportAccount", NotFound(Reason.ACCOUNT_NOT_FOUND, "no such account of this platform"))

    assert exported(command, tmp_path / "out").status == 1
    assert len(command.admin.received) == 1
    assert not (tmp_path / "out").exists()
