"""`xacthuc guardians`: what is asked of the service, and what officers are told."""

from __future__ import annotations

import json

from client_messages import stamp
from client_peer import KEY

from xacthuc.api.guardian.v1 import admin_pb2, resources_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

BE = ("forum", "--account", "be")
DISPUTE = "platforms/forum/disputes/d1"
LINK = resources_pb2.Link(
    name="links/l1", state=resources_pb2.Link.ACTIVE, relation=resources_pb2.MOTHER, child="accounts/be"
)
CHANGES = [
    admin_pb2.LinkHistory.Change(change_time=stamp(), state=state, actor=actor)
    for state, actor in ((resources_pb2.Link.INVITED, "key:1"), (resources_pb2.Link.ACTIVE, "peer:guardian"))
]


def test_links_are_listed_page_after_page(command):
    history = admin_pb2.LinkHistory(link=LINK)
    pages = [admin_pb2.ListLinkHistoriesResponse(histories=[history], next_page_token=token) for token in ("7", "")]
    command.admin.answer("ListLinkHistories", *pages)

    ran = command("guardians", "list", *BE)

    asked = [call.request for call in command.admin.received]
    assert [(one.parent, one.page_token) for one in asked] == [
        ("platforms/forum/accounts/be", each) for each in ("", "7")
    ]
    assert ran.out.count("ACTIVE  MOTHER") == 2


def test_a_history_says_what_became_of_a_link_and_who_did_it(command):
    page = admin_pb2.ListLinkHistoriesResponse(histories=[admin_pb2.LinkHistory(link=LINK, changes=CHANGES)])
    command.admin.answer("ListLinkHistories", page, page)

    shown, as_json = command("guardians", "history", *BE), command("guardians", "history", *BE, "--json")

    lines = shown.out.splitlines()
    assert [line.split()[2:] for line in lines[1:]] == [["INVITED", "key:1"], ["ACTIVE", "peer:guardian"]]
    assert [change["actor"] for change in as_json.json[0]["changes"]] == ["key:1", "peer:guardian"]


def test_who_has_nothing_to_decide_is_told_how_to_see_what_was(command):
    command.admin.answer("ListDisputes", admin_pb2.ListDisputesResponse(), admin_pb2.ListDisputesResponse())

    assert "--all" in command("guardians", "disputes", "forum").err
    command("guardians", "disputes", "forum", "--all")

    assert [call.request.show_resolved for call in command.admin.received] == [False, True]


def test_a_link_is_contested_and_decided_on_a_basis(command):
    opened = admin_pb2.Dispute(name=DISPUTE, state=admin_pb2.Dispute.OPEN, cause=admin_pb2.Dispute.CONTESTED)
    command.admin.answer("OpenDispute", opened)
    command.admin.answer("GetDispute", opened)
    command.admin.answer("ResolveDispute", admin_pb2.Dispute(name=DISPUTE, state=admin_pb2.Dispute.REFUSED))

    contested = command("guardians", "contest", "forum", "links/l1", "--basis", "letter 3")
    shown = command("guardians", "show", DISPUTE)
    decided = command("guardians", "resolve", DISPUTE, "refuse", "--basis", "court 7/2026")

    asked, _, answer = (call.request for call in command.admin.received)
    assert (asked.link, asked.cause, asked.basis) == (
        "platforms/forum/links/l1",
        admin_pb2.Dispute.CONTESTED,
        "letter 3",
    )
    assert (answer.name, answer.decision, answer.basis) == (
        DISPUTE,
        admin_pb2.ResolveDisputeRequest.REFUSE,
        "court 7/2026",
    )
    assert asked.request_id != answer.request_id
    assert ("OPEN" in contested.out, "OPEN" in shown.out, "REFUSED" in decided.out) == (True, True, True)


def test_what_was_decided_before_is_not_decided_again(command):
    command.admin.answer("ResolveDispute", errors.FailedPrecondition(Reason.DISPUTE_STATE, "it was decided already"))

    ran = command("guardians", "resolve", DISPUTE, "allow", "--basis", "letter 3")

    assert ran.status != 0
    assert "it was decided already" in ran.err


def test_the_sandbox_s_families_are_listed_without_a_stack(command):
    (command.data / "up.json").unlink()

    ran = command("guardians", "sandbox")

    assert (ran.status, command.public.received) == (0, [])
    assert "recycled" in ran.out


def test_no_family_is_made_with_a_key_of_production(command):
    live = KEY.replace("xt_dev_", "xt_live_")
    (command.data / "demo.json").write_text(json.dumps({"name": "platforms/forum/keys/1", "secret": live}))

    ran = command("guardians", "sandbox", "consents")

    assert (ran.status, command.public.received) == (2, [])
    assert "not a development key" in ran.err


def test_a_family_that_there_is_not_is_named_beside_those_there_are(command):
    ran = command("guardians", "sandbox", "royal")

    assert ran.status == 2
    assert "consents" in ran.err
