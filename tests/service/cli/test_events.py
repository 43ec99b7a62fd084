"""`xacthuc events`."""

from __future__ import annotations

import json

from client_messages import stamp

from xacthuc.api.identity.v1 import events_pb2, internal_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason


def event(platform="forum", account="an"):
    return events_pb2.AccountEvent(
        name="events/e1",
        kind=events_pb2.AccountEvent.ACCOUNT_CLOSED,
        account=f"accounts/{account}",
        occur_time=stamp(),
        platform=f"platforms/{platform}",
    )


def answer(cursor, *events):
    return internal_pb2.WatchAllAccountsResponse(events=events, cursor=cursor)


LOST = errors.Unavailable(Reason.SHUTTING_DOWN, "draining")


def test_the_tail_shows_the_newest_and_ends_where_nothing_more_happened(command):
    command.admin.answer("WatchAllAccounts", [answer("c1", event()), answer("c2", event(account="binh")), answer("c3")])

    ran = command("events", "tail", "-n", "2")

    assert ran.status == 0
    assert [line.split()[1:4] for line in ran.out.splitlines()] == [
        ["platforms/forum", "accounts/an", "ACCOUNT_CLOSED"],
        ["platforms/forum", "accounts/binh", "ACCOUNT_CLOSED"],
    ]
    assert command.admin.received[0].request.recent_changes == 2


def test_one_platform_may_be_picked_and_json_is_the_contract_s_own(command):
    command.admin.answer("WatchAllAccounts", [answer("c1", event("forum"), event("other")), answer("c2")])

    ran = command("events", "tail", "--platform", "forum", "--json")

    (told,) = ran.json["events"]
    assert (told["platform"], told["kind"], ran.json["cursor"]) == ("platforms/forum", "ACCOUNT_CLOSED", "c1")


def test_watching_goes_on_when_a_stream_ends_and_says_where_it_left_off_when_nobody_answers(command):
    command.admin.answer("WatchAllAccounts", [answer("c1", event())], [answer("c2", event()), LOST])

    ran = command("events", "watch", "--json")

    assert ran.status == 3
    assert [json.loads(line)["cursor"] for line in ran.out.splitlines()] == ["c1", "c2"]
    assert [call.request.cursor for call in command.admin.received] == ["", "c1"]
    assert "--cursor=c2" in ran.err


def test_a_cursor_that_is_gone_is_told_with_what_to_do(command):
    command.admin.answer("WatchAllAccounts", errors.OutOfRange(Reason.CURSOR_EXPIRED, "gone"))

    ran = command("events", "watch", "--cursor", "A" * 22)

    assert ran.status == 1
    assert "Begin without --cursor" in ran.err
