"""`xacthuc blocks`: lists in, rejects out, and what is told when it stops half-way."""

from __future__ import annotations

import json

import pytest
from google.protobuf.empty_pb2 import Empty

from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

REFUSED = otp.ImportBlockListResponse.Rejected(index=1, refusal=resources_pb2.NumberInfo.FIXED_LINE)
FAULTY = otp.ImportBlockListResponse(blocked_count=2, rejected=[REFUSED])


@pytest.fixture
def block_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("phone\n0912345678\n02438251234\n0987654321\n")
    return path


def test_a_list_is_blocked_and_what_is_not_is_written_down_with_its_line(command, block_list):
    command.admin.answer("ImportBlockList", FAULTY)

    ran = command("blocks", "import", str(block_list), "--source", "07/CV-A05", "--days", "90")

    request = command.admin.received[0].request
    assert (list(request.phone_numbers), request.source) == (["0912345678", "02438251234", "0987654321"], "07/CV-A05")
    assert request.duration.seconds == 90 * 86400
    assert (ran.status, "2 numbers are blocked." in ran.err) == (1, True)
    written = block_list.with_name("list.csv.rejects.csv").read_text("utf-8-sig")
    assert written.splitlines() == ["line,number,reason", "3,02438251234,FIXED_LINE"]


def test_a_list_without_faults_ends_well_and_writes_nothing(command, block_list):
    command.admin.answer("ImportBlockList", otp.ImportBlockListResponse(blocked_count=3))

    ran = command("blocks", "import", str(block_list), "--source", "s", "--days", "1", "--json")

    assert (ran.status, ran.json) == (0, {"blocked": 3, "rejected": 0, "rejects": ""})
    assert not block_list.with_name("list.csv.rejects.csv").exists()


def test_a_long_list_goes_in_thousands_and_tells_how_far_it_is(command, tmp_path):
    command.admin.answer("ImportBlockList", otp.ImportBlockListResponse(blocked_count=1000))
    (tmp_path / "long.txt").write_text("".join(f"09{number:08d}\n" for number in range(2500)))

    ran = command("blocks", "import", str(tmp_path / "long.txt"), "--source", "s", "--days", "1")

    assert [len(call.request.phone_numbers) for call in command.admin.received] == [1000, 1000, 500]
    assert "2000 of 2500" in ran.err


def test_an_import_that_stops_says_how_far_it_came_and_that_it_may_be_repeated(command, tmp_path):
    away = errors.Unavailable(Reason.STORE_UNAVAILABLE, "the store is away")
    command.admin.answer("ImportBlockList", otp.ImportBlockListResponse(blocked_count=1000), away)
    (tmp_path / "long.txt").write_text("".join(f"09{number:08d}\n" for number in range(2500)))

    ran = command("blocks", "import", str(tmp_path / "long.txt"), "--source", "s", "--days", "1", "--json")

    error = json.loads(ran.err)["error"]
    assert (ran.status, error["rows_done"], error["rows"]) == (3, 1000, 2500)


@pytest.mark.parametrize(("span", "seconds"), [("7d", 7 * 86400), ("", None)])
def test_a_block_is_lifted_for_now_or_for_a_while(command, span, seconds):
    command.admin.answer("UnblockNumber", Empty())

    ran = command("blocks", "lift", "0912345678", "--reason", "a person", *(["--pass-for", span] if span else []))

    request = command.admin.received[0].request
    assert (ran.status, request.reason) == (0, "a person")
    assert (request.pass_duration.seconds if request.HasField("pass_duration") else None) == seconds


def test_the_platform_whose_bars_are_lifted_travels_in_the_metadata(command):
    command.admin.answer("UnblockNumber", Empty())

    command("blocks", "lift", "0912345678", "--reason", "a person", "--platform", "forum")

    assert command.admin.received[0].metadata["x-xacthuc-platform"] == "forum"
