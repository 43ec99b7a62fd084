"""`xacthuc livestream`: what is asked of the service, and what officers are told."""

from __future__ import annotations

import json

from client_messages import stamp

from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import admin_pb2 as pb2
from xacthuc.api.livestream.v1 import resources_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

SHOW = ("forum", "show-1")
Record = pb2.BroadcastRecord
RECORD = Record(
    broadcast=resources_pb2.Broadcast(
        name="broadcasts/show-1",
        account="accounts/an",
        state=resources_pb2.Broadcast.LIVE,
        commerce=resources_pb2.Broadcast.CLEARED,
        authorize_time=stamp(),
    ),
    rulings=[
        Record.Ruled(
            decide_time=stamp(),
            occasion=Record.Ruled.AUTHORIZE,
            ruling=resources_pb2.CONTINUE,
            commerce=resources_pb2.Broadcast.CLEARED,
            reason=identity_pb2.Decision.VERIFIED,
            legal_basis="Art. 23(3)(e)",
            personal_id_time=stamp(),
            personal_id_source="eid/vneid",
        )
    ],
    declarations=[
        Record.Declared(
            declaration=resources_pb2.Declaration(kind=resources_pb2.Declaration.PRICE, product_id="shirt-1"),
            declare_time=stamp(),
        )
    ],
)


def test_the_broadcasts_of_an_account_are_listed_page_after_page(command):
    pages = [pb2.ListBroadcastRecordsResponse(records=[RECORD], next_page_token=token) for token in ("show-1", "")]
    command.admin.answer("ListBroadcastRecords", *pages)

    ran = command("livestream", "list", "forum", "--account", "an")

    asked = [(call.request.parent, call.request.page_token, call.request.view) for call in command.admin.received]
    basic = pb2.ListBroadcastRecordsRequest.BASIC
    assert asked == [("platforms/forum/accounts/an", each, basic) for each in ("", "show-1")]
    assert ran.out.count("LIVE") == 2


def test_one_is_shown_and_its_evidence_says_who_confirmed_what_and_by_which_article(command):
    command.admin.answer("GetBroadcastRecord", RECORD, RECORD, RECORD)

    shown = command("livestream", "show", *SHOW)
    evidence, as_json = command("livestream", "evidence", *SHOW), command("livestream", "evidence", *SHOW, "--json")

    assert {call.request.name for call in command.admin.received} == {"platforms/forum/broadcasts/show-1"}
    assert "accounts/an" in shown.out
    for told in ("AUTHORIZE", "eid/vneid", "Art. 23(3)(e)", "PRICE shirt-1"):
        assert told in evidence.out
    assert as_json.json["rulings"][0]["personal_id_source"] == "eid/vneid"


def test_the_evidence_of_one_that_sold_much_is_gathered_from_its_pages(command):
    part = Record(next_page_token="show-1:1:1")
    part.MergeFrom(RECORD)
    command.admin.answer("GetBroadcastRecord", part, RECORD)

    ran = command("livestream", "evidence", *SHOW, "--json")

    assert [call.request.page_token for call in command.admin.received] == ["", "show-1:1:1"]
    assert [len(ran.json[several]) for several in ("rulings", "declarations")] == [2, 2]


def test_one_that_is_not_on_record_is_told(command):
    command.admin.answer(
        "GetBroadcastRecord", errors.NotFound(Reason.BROADCAST_NOT_FOUND, "nothing is on record of it")
    )

    ran = command("livestream", "show", *SHOW)

    assert "nothing is on record" in ran.err
    assert ran.status != 0


def test_an_export_is_written_whole_for_nobody_else_to_read_and_never_over_a_file(command, tmp_path):
    page, out = pb2.ExportBroadcastRecordsResponse(basis="12/CV-A05", records=[RECORD]), tmp_path / "export.json"
    other = Record(broadcast=resources_pb2.Broadcast(name="broadcasts/show-0"))
    first = pb2.ExportBroadcastRecordsResponse(records=[other, RECORD], next_page_token="show-1:1:1")
    command.admin.answer("ExportBroadcastRecords", first, page)

    ran = command("livestream", "export", "approvals/a1", "--out", str(out), "--json")
    again = command("livestream", "export", "approvals/a1", "--out", str(out))

    asked = [call.request for call in command.admin.received]
    written = json.loads(out.read_text("utf-8"))
    assert [each.page_token for each in asked] == ["", "show-1:1:1"]
    assert len({each.request_id for each in asked}) == 1
    assert asked[0].request_id in ran.err
    assert [(each["broadcast"]["name"], len(each["declarations"])) for each in written["records"]] == [
        ("broadcasts/show-0", 0),
        ("broadcasts/show-1", 2),
    ]
    assert (ran.json, out.stat().st_mode & 0o777) == ({"file": str(out)}, 0o600)
    assert "is there already" in again.err
