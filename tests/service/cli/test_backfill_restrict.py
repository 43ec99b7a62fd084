"""`xacthuc backfill restrict` and `undo`: what is asked of which service, and what officers are told."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.api.identity.v1 import approval_admin_pb2
from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason

NAME = "platforms/demo/campaigns/spring"
APPROVAL = "approvals/abcdefghijkl"
AT = Timestamp(seconds=1_796_000_000, nanos=123_456_000)
Preview, Restriction, Figures = (
    resources_pb2.RestrictionPreview,
    resources_pb2.Restriction,
    resources_pb2.CampaignFigures,
)
PROPOSED = ("--basis", "order 12/2026", "--reason", "the term is over")
ABOUT = ("demo", "spring")


def counted(accounts: int) -> Preview:
    phone, asked = resources_pb2.NEEDS_PHONE, Figures.Standing.ASKED
    groups = [Preview.Group(account_class=phone, state=asked, account_count=accounts, unasked_count=1)]
    return Preview(campaign=NAME, as_of_time=AT, account_count=accounts, groups=groups if accounts else [])


def test_without_options_it_is_counted_and_nothing_is_changed(command):
    command.admin.answer("PreviewRestriction", counted(41), counted(41))

    told = command("backfill", "restrict", *ABOUT)
    assert told.status == 0
    assert "NEEDS_PHONE" in told.out
    assert "Nothing was changed" in told.err
    assert command("backfill", "restrict", *ABOUT, *PROPOSED, "--json").json["account_count"] == "41"
    assert [call.method for call in command.admin.received] == ["PreviewRestriction"] * 2


@pytest.mark.parametrize(
    ("graces", "said"),
    [
        ({}, "identity did not say in time"),
        ({"grace_count": 0}, "None of them has a grace that ends later"),
        ({"grace_count": 30, "last_grace_time": AT}, "30 of them have a grace that ends later, the last one on 2026-"),
    ],
    ids=["unknown", "none", "some"],
)
def test_it_is_told_how_many_have_anything_to_lose(command, graces, said):
    preview = counted(41)
    preview.MergeFrom(Preview(**graces))
    command.admin.answer("PreviewRestriction", preview)

    told = command("backfill", "restrict", *ABOUT)
    assert said in " ".join(told.err.split())


def test_just_what_was_counted_is_proposed(command):
    command.admin.answer("PreviewRestriction", counted(41))
    command.admin.answer("CreateApproval", approval_admin_pb2.Approval(name=APPROVAL))

    ran = command("backfill", "restrict", *ABOUT, *PROPOSED, "--yes")

    made = command.admin.received[-1].request
    act = made.act.transition_end
    assert (act.campaign, act.account_count, act.as_of_time, act.basis) == (NAME, 41, AT, "order 12/2026")
    assert (made.platform, made.reason) == ("platforms/demo", "the term is over")
    assert f"--approval {APPROVAL} --yes" in ran.err


def test_nothing_is_proposed_where_nobody_is_left_which_ends_with_4(command):
    command.admin.answer("PreviewRestriction", counted(0), counted(0))

    for more in ((), ("--yes",)):
        assert command("backfill", "restrict", *ABOUT, *PROPOSED, *more).status == 4


def test_what_was_granted_is_done_and_undone_only_with_yes(command):
    command.admin.answer("PreviewRestriction", counted(41))
    command.admin.answer("RestrictCampaign", Restriction(approval=APPROVAL, state=Restriction.RUNNING))
    command.admin.answer("GetCampaign", Figures(restrictions=[Restriction(approval=APPROVAL, ended_count=40)]))
    command.admin.answer("UndoRestriction", Restriction(approval=APPROVAL, state=Restriction.UNDOING))
    undo = ("backfill", "undo", *ABOUT, "--approval", APPROVAL, "--reason", "wrong list")

    assert "Nothing was changed" in command("backfill", "restrict", *ABOUT, "--approval", APPROVAL).err
    done = command("backfill", "restrict", *ABOUT, "--approval", "abcdefghijkl", "--yes", "--json")
    assert "40" in command(*undo).out
    assert command(*undo, "--yes", "--json").json["state"] == "UNDOING"
    assert done.json["approval"] == APPROVAL
    sent = {call.method: call.request for call in command.admin.received}
    assert (sent["RestrictCampaign"].name, sent["RestrictCampaign"].approval) == (NAME, APPROVAL)
    assert (sent["UndoRestriction"].approval, sent["UndoRestriction"].reason) == (APPROVAL, "wrong list")


@pytest.mark.parametrize(
    "said",
    [("--basis", "x"), (*PROPOSED, "--approval", APPROVAL), ("--yes",)],
    ids=["no reason", "both", "neither"],
)
def test_what_says_neither_to_propose_nor_to_do_is_a_usage_error(command, said):
    assert command("backfill", "restrict", *ABOUT, *said).status == 2
    assert command.admin.received == []


def test_what_was_not_granted_is_told_with_what_to_do(command):
    command.admin.answer("RestrictCampaign", FailedPrecondition(Reason.APPROVAL_STATE, "nobody has granted it"))

    ran = command("backfill", "restrict", *ABOUT, "--approval", APPROVAL, "--yes")
    assert (ran.status, "nobody has granted it" in ran.err) == (1, True)
