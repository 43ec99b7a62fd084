"""`xacthuc audit` and `xacthuc accounts`: what is verified is computed here, from whatever the service says."""

from __future__ import annotations

import io
import json

import pytest
from client_messages import stamp
from trails import Made, made, signer

from xacthuc.api.identity.v1 import admin_pb2, audit_admin_pb2
from xacthuc.audit import messages
from xacthuc.audit.checkpoints import written_keys
from xacthuc.audit.reading import Part
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

LOST = errors.Unavailable(Reason.SHUTTING_DOWN, "draining")


def parts(trail: Made):
    """The trail as the service streams it."""
    told = [
        Part(seal=seal, lines=[trail.lines[each] for each in seal.ids if each in trail.lines]) for seal in trail.seals
    ]
    return [messages.part(part) for part in [*told, Part()]]


@pytest.fixture
def trail(command):
    """Three seals, whose checkpoints are where `xacthuc up` keeps them; the key is in a file."""
    trail = made([2, 1, 2])
    directory = command.data / "audit"
    directory.mkdir()
    (directory / "checkpoints.jsonl").write_text("".join(each.line() + "\n" for each in trail.outside))
    (command.data / "key.pem").write_text(written_keys(signer().public_keys))
    return trail


def key(command):
    return ("--public-key", str(command.data / "key.pem"))


@pytest.mark.rule("R50")
def test_an_intact_trail_ends_with_0(command, trail):
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify", *key(command), "--json")

    assert ran.status == 0
    assert ran.json == {
        "intact": True,
        "seals": 3,
        "entries": 5,
        "waiting": 0,
        "checkpoints": 3,
        "confirmed_seal": 3,
        "breaks": 0,
        "notes": 0,
        "findings": [],
    }
    assert ran.err == ""


@pytest.mark.rule("R50")
@pytest.mark.parametrize("service", ["guardian", "livestream", "backfill"])
def test_each_service_has_a_trail_and_checkpoints_of_its_own(command, trail, service):
    (command.data / "audit").rename(command.data / f"audit-{service}")
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify", "--of", service, *key(command), "--json")

    assert (ran.status, ran.json["checkpoints"], ran.json["confirmed_seal"]) == (0, 3, 3)


@pytest.mark.rule("R50")
def test_a_broken_trail_ends_with_1_and_says_what_where_and_what_to_do(command, trail):
    trail.edit(3, actor="key:other")
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify", *key(command))

    assert ran.status == 1
    assert ["ENTRY_EDITED", "2", "3"] == next(
        line.split()[:3] for line in ran.out.splitlines() if line.startswith("ENTRY")
    )
    assert "ENTRY_EDITED: Compare the entry" in ran.err


@pytest.mark.rule("R50")
def test_a_trail_that_was_sealed_anew_is_broken_by_the_checkpoints_at_hand(command, trail):
    trail.edit(1, actor="key:other")
    trail.rechain()
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify", "--json")

    assert ran.status == 1
    assert {each["kind"] for each in ran.json["findings"]} == {"HISTORY_REWRITTEN"}
    assert "Without --public-key" in ran.err


def test_nobody_there_is_neither_intact_nor_broken(command, trail):
    command.admin.answer("ExportTrail", [*parts(trail)[:2], LOST])

    assert command("audit", "verify").status == 3


def test_a_stream_that_ended_early_is_gone_on_with(command, trail):
    whole = parts(trail)
    command.admin.answer("ExportTrail", whole[:2], whole[2:])

    ran = command("audit", "verify", "--json")

    assert ran.json["intact"]
    asked = [call.request for call in command.admin.received]
    assert [(each.after_seal, each.HasField("after_entry"), each.after_entry) for each in asked] == [
        (0, False, 0),
        (2, True, 3),
    ]


def test_an_exported_file_is_verified_without_the_service(command, trail):
    command.admin.answer("ExportTrail", parts(trail))
    out = command.data / "trail.jsonl"

    assert command("audit", "export", "--out", str(out)).status == 0
    assert command("audit", "export", "--out", str(out)).status == 2
    other = str(command.data / "again.jsonl")
    assert command("audit", "export", "--out", other, "--json").json == {"file": other}
    assert command("audit", "verify", "--trail", str(out), *key(command)).status == 0

    lines = out.read_text("utf-8").splitlines(keepends=True)
    out.write_text("".join(lines).replace("key:k", "key:x", 1))
    assert command("audit", "verify", "--trail", str(out), *key(command)).status == 1
    for spoilt in (lines[:-1], ["nothing\n"], ["[]\n"]):
        out.write_text("".join(spoilt))
        assert command("audit", "verify", "--trail", str(out), *key(command)).status == 2


@pytest.mark.parametrize("name", ["--public-key", "--checkpoints", "--trail"])
def test_files_that_cannot_be_used_end_with_2(command, trail, name):
    command.admin.answer("ExportTrail", parts(trail))

    assert command("audit", "verify", name, str(command.data / "missing")).status == 2


def test_without_checkpoints_people_are_told_what_that_is_worth(command, trail):
    (command.data / "audit" / "checkpoints.jsonl").unlink()
    (command.data / "audit").rmdir()
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify")

    assert ran.status == 0
    assert "Without --checkpoints" in ran.err


def test_a_directory_that_was_emptied_is_worth_no_more(command, trail):
    (command.data / "audit" / "checkpoints.jsonl").write_text("")
    command.admin.answer("ExportTrail", parts(trail))

    ran = command("audit", "verify", *key(command), "--json")

    assert (ran.status, ran.json["checkpoints"], ran.json["confirmed_seal"]) == (0, 0, 0)
    assert "No checkpoint in" in ran.err


def test_entries_are_listed_over_pages_up_to_a_limit(command, trail):
    entries = [messages.entry(line) for line in trail.lines.values()]
    command.admin.answer(
        "ListEntries",
        audit_admin_pb2.ListEntriesResponse(entries=entries[:2], next_page_token="2"),
        audit_admin_pb2.ListEntriesResponse(entries=entries[2:]),
    )

    ran = command("audit", "list", "--platform", "forum", "--since", "2026-11-01", "--limit", "3", "--json")

    assert [each["subject"] for each in ran.json] == ["u1", "u2", "u3"]
    first, second = (call.request for call in command.admin.received)
    assert (first.platform, first.start_time.seconds, first.page_token) == (
        "platforms/forum",
        1_793_491_200 - 7 * 3600,
        "",
    )
    assert second.page_token == "2"


def test_keys_are_printed_as_verify_takes_them(command, trail):
    keys = [messages.signing_key(each) for each in signer().public_keys]
    command.admin.answer("ListSigningKeys", audit_admin_pb2.ListSigningKeysResponse(keys=keys))

    assert command("audit", "key").out == (command.data / "key.pem").read_text()


def test_checkpoints_are_printed_as_the_file_has_them(command, trail):
    told = [messages.checkpoint(each) for each in trail.outside]
    command.admin.answer("ListCheckpoints", audit_admin_pb2.ListCheckpointsResponse(checkpoints=told))

    ran = command("audit", "checkpoints")

    assert ran.out == (command.data / "audit" / "checkpoints.jsonl").read_text()
    asked = command("audit", "checkpoints", "--json")
    assert "".join(each["line"] + "\n" for each in asked.json) == ran.out


def test_accounts_of_a_number_are_shown_wherever_they_are(command):
    found = admin_pb2.FoundAccount(platform="platforms/forum", account="accounts/an", verify_time=stamp())
    command.admin.answer("SearchAccounts", admin_pb2.SearchAccountsResponse(accounts=[found]))

    ran = command("accounts", "search", "--phone", "0912345678")

    assert ran.out.split()[3:5] == ["platforms/forum", "accounts/an"]
    assert command.admin.received[0].request.parent == "platforms/-"


def test_whom_to_look_for_may_be_typed_where_nobody_else_sees_it(command, monkeypatch):
    command.admin.answer("SearchAccounts", admin_pb2.SearchAccountsResponse())
    monkeypatch.setattr("sys.stdin", io.StringIO("001099012345\n"))

    ran = command("accounts", "search", "--personal-id", "-", "--platform", "forum", "--json")

    assert json.loads(ran.out) == []
    request = command.admin.received[0].request
    assert (request.parent, request.personal_id) == ("platforms/forum", "001099012345")


@pytest.mark.parametrize("arguments", [[], ["--phone", "1", "--personal-id", "2"]])
def test_one_thing_is_looked_for_at_a_time(command, arguments):
    assert command("accounts", "search", *arguments).status == 2
