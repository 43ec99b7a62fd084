"""`xacthuc inbox` over the file of the console provider."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from xacthuc.cli.main import run


def message(to: str, code: str, challenge: str = "c1") -> str:
    fields = {
        "time": "2026-11-23T03:00:00.000+00:00",
        "to": to,
        "channel": "SMS",
        "text": f"{code} la ma",
        "code": code,
    }
    return json.dumps({**fields, "challenge": challenge}) + "\n"


LINES = message("+84912345678", "111111") + message("+84992000000", "222222", "c2") + message("+84912345678", "333333")


@pytest.fixture
def inbox(tmp_path, capsys):
    (tmp_path / "inbox.jsonl").write_text(LINES)

    def read(*arguments: str):
        status = run(["--data", str(tmp_path), "inbox", "--json", *arguments])
        out = capsys.readouterr().out
        return status, json.loads(out) if out else None

    return read


def codes(answer) -> list[str]:
    return [each["code"] for each in answer[1]]


def test_all_messages_are_one_list(inbox):
    assert codes(inbox()) == ["111111", "222222", "333333"]


@pytest.mark.parametrize("number", ["0912345678", "+84 912 345 678", "84.912.345.678"])
def test_a_number_is_found_in_any_spelling(inbox, number):
    assert codes(inbox("--number", number)) == ["111111", "333333"]


@pytest.mark.parametrize("name", ["c2", "challenges/c2"])
def test_a_challenge_s_messages_are_found(inbox, name):
    assert codes(inbox("--challenge", name)) == ["222222"]


def test_the_last_message_is_one_object(inbox):
    assert inbox("--last", "--number", "0912345678")[1]["code"] == "333333"


def test_no_such_message_is_status_1(inbox):
    assert inbox("--last", "--challenge", "c9")[0] == 1


def test_what_is_not_a_number_is_wrong_usage(inbox):
    assert inbox("--number", "abc")[0] == 2


def test_a_line_that_is_still_being_written_is_left_for_later(inbox, tmp_path):
    with (tmp_path / "inbox.jsonl").open("a") as file:
        file.write('{"time": "2026')

    assert codes(inbox()) == ["111111", "222222", "333333"]


def test_an_inbox_nobody_wrote_to_is_empty(tmp_path, capsys):
    assert run(["--data", str(tmp_path), "inbox", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_following_prints_each_message_as_it_comes_and_ends_well_on_ctrl_c(tmp_path):
    path = tmp_path / "inbox.jsonl"
    path.write_text(message("+84912345678", "111111"))
    # Whoever runs tests in the background of a shell has them begin with Ctrl-C ignored, and a child inherits that.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "xacthuc.cli.main", "--data", str(tmp_path)]
    command += ["inbox", "--follow", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        first = follower.stdout.readline()
        with path.open("a") as file:
            file.write(message("+84912345678", "222222"))
        second = follower.stdout.readline()
        follower.send_signal(2)

        assert [json.loads(line)["code"] for line in (first, second)] == ["111111", "222222"]
        assert follower.wait(10) == 0
