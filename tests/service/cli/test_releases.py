"""`xacthuc retention releases`: what is asked of the service, and what is written where."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from xacthuc.api.identity.v1 import approval_admin_pb2
from xacthuc.api.identity.v1 import release_admin_pb2 as pb2
from xacthuc.cli.commands.releases import Field
from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason

pytestmark = pytest.mark.rule("R44")
NAME = "platforms/forum/releases/6f9619ff-8b86-4011-b42d-00c04fc964ff"
ORDERED = ("--authority", "A05", "--legal-basis", "Law 116/2025 Art. 25", "--reference", "12/CV")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_fields_of_the_command_line_are_those_of_the_contract():
    assert {field.name for field in Field} == set(pb2.Release.Field.keys()) - {"FIELD_UNSPECIFIED"}


def test_a_request_is_recorded_as_of_the_time_it_came(command):
    command.admin.answer("RecordRelease", pb2.Release(name=NAME))

    ran = command(
        *("retention", "releases", "record", "forum", "--account", "an", "--account", "binh", *ORDERED),
        *("--field", "full-name", "--field", "sessions", "--received", "2026-11-28T09:00+07:00", "--emergency"),
    )

    request = command.admin.received[0].request
    assert (request.parent, list(request.accounts)) == ("platforms/forum", ["accounts/an", "accounts/binh"])
    assert (list(request.fields), request.emergency) == ([pb2.Release.FULL_NAME, pb2.Release.SESSIONS], True)
    assert (request.demand_time.ToJsonString(), request.reference) == ("2026-11-28T02:00:00Z", "12/CV")
    assert f"propose {NAME}" in ran.err


def test_all_that_was_asked_for_is_proposed_unless_less_is_named(command):
    asked = pb2.Release(name=NAME, requested_fields=[pb2.Release.FULL_NAME, pb2.Release.LOCKS])
    command.admin.answer("GetRelease", asked)
    command.admin.answer("CreateApproval", approval_admin_pb2.Approval(name="approvals/abcdefghijkl"))

    command("retention", "releases", "propose", NAME, "--reason", "read 12/CV")
    command("retention", "releases", "propose", NAME, "--reason", "read 12/CV", "--field", "locks")

    made = [call.request for call in command.admin.received if call.method.endswith("CreateApproval")]
    assert [each.platform for each in made] == ["platforms/forum"] * 2
    assert [list(each.act.authority_release.fields) for each in made] == [
        [pb2.Release.FULL_NAME, pb2.Release.LOCKS],
        [pb2.Release.LOCKS],
    ]


def test_what_is_due_is_listed_over_all_pages_shown_and_closed(command):
    first = pb2.ListReleasesResponse(releases=[pb2.Release(name=NAME)], next_page_token="t")
    command.admin.answer("ListReleases", first, pb2.ListReleasesResponse())
    command.admin.answer("GetRelease", pb2.Release(name=NAME, authority="A05"))
    command.admin.answer("CloseRelease", pb2.Release(name=NAME, close_reason="13/CV"))

    listed = command("retention", "releases", "list", "forum", "--json")
    shown = command("retention", "releases", "show", NAME)
    closed = command("retention", "releases", "close", NAME, "--reason", "13/CV", "--json")

    requests = [call.request for call in command.admin.received]
    assert [(each.open_only, each.page_token) for each in requests[:2]] == [(True, ""), (True, "t")]
    assert ([each["name"] for each in listed.json], "A05" in shown.out) == ([NAME], True)
    assert closed.json["close_reason"] == "13/CV"


def test_the_document_is_written_for_nobody_else_to_read_and_the_way_to_repeat_is_told_before(command, tmp_path):
    command.admin.answer("FetchRelease", pb2.FetchReleaseResponse(json='{"họ": "Nguyễn"}'))
    out = tmp_path / "an.json"

    ran = command("retention", "releases", "fetch", NAME, "--out", str(out), "--json")

    request = command.admin.received[0].request
    assert f"--request-id {UUID(request.request_id)}" in ran.err
    assert (json.loads(out.read_text("utf-8")), out.stat().st_mode & 0o077) == ({"họ": "Nguyễn"}, 0)
    assert "Nguyễn" not in ran.out + ran.err


def test_a_fetch_that_broke_off_is_repeated_with_its_id_into_the_same_file_which_nobody_else_reads_from_then_on(
    command, place
):
    command.admin.answer("FetchRelease", pb2.FetchReleaseResponse(json="{}"))
    out, wanted = place / "an.json", str(uuid4())
    out.touch(mode=0o644)

    ran = command("retention", "releases", "fetch", NAME, "--out", str(out), "--request-id", wanted)

    assert (ran.status, command.admin.received[0].request.request_id) == (0, wanted)
    assert (out.read_text("utf-8"), out.stat().st_mode & 0o077, list(place.iterdir())) == ("{}\n", 0, [out])


REFUSAL = FailedPrecondition(Reason.RELEASE_STATE, "there is no document", metadata={"bar": "NOT_MADE"})


def test_a_fetch_that_is_refused_leaves_no_file(command, place):
    command.admin.answer("FetchRelease", REFUSAL)

    ran = command("retention", "releases", "fetch", NAME, "--out", str(place / "an.json"))

    assert (ran.status, list(place.iterdir())) == (1, [])


def test_a_repetition_that_is_refused_leaves_the_document_that_was_fetched(command, place):
    command.admin.answer("FetchRelease", pb2.FetchReleaseResponse(json="{}"), REFUSAL)
    out, wanted = place / "an.json", str(uuid4())
    repeated = ("retention", "releases", "fetch", NAME, "--out", str(out), "--request-id", wanted)

    ran = [command(*repeated).status for _ in range(2)]

    assert (ran, out.read_text("utf-8"), list(place.iterdir())) == ([0, 1], "{}\n", [out])


def test_nothing_is_fetched_that_cannot_be_kept(command, tmp_path):
    (tmp_path / "an.json").write_text("something else")

    taken = command("retention", "releases", "fetch", NAME, "--out", str(tmp_path / "an.json"))
    nowhere = command("retention", "releases", "fetch", NAME, "--out", str(tmp_path / "no" / "an.json"))

    assert (taken.status, nowhere.status, command.admin.received) == (2, 2, [])
    assert (tmp_path / "an.json").read_text() == "something else"
