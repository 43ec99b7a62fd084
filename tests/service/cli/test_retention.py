"""`xacthuc retention`: what is asked of the service, and what ends with which status."""

from __future__ import annotations

import pytest

from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.grpckit.errors import NotFound
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


def test_an_export_is_written_for_nobody_else_to_read(command, tmp_path):
    command.admin.answer("ExportAccount", pb2.ExportAccountResponse(json="{}", html="<p>Nguyễn</p>"))
    page = tmp_path / "out" / "an.html"
    page.parent.mkdir()
    page.touch(mode=0o644)

    ran = command("retention", "export", "an", "--platform", "forum", "--out", str(tmp_path / "out"), "--json")

    assert command.admin.received[0].request.name == "platforms/forum/accounts/an"
    assert (page.read_text("utf-8"), page.stat().st_mode & 0o077) == ("<p>Nguyễn</p>", 0)
    assert [path.rpartition("/")[2] for path in ran.json["files"]] == ["an.json", "an.html"]
