"""`xacthuc texts` over a directory, without any service."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from xacthuc.cli.main import run

GOOD = 'sender = "Forum"\nregistered_until = 2099-12-31\n[autofill]\ndomain = "forum.example.vn"\n'


@pytest.fixture
def texts(tmp_path, capsys):
    """Runs a command over a directory with one file; returns exit status, output and errors."""

    def command(name: str, file: str, *options: str):
        (tmp_path / "forum.toml").write_text(file)
        status = run(["texts", name, str(tmp_path), *options])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return command


def test_a_good_directory_is_status_0_and_shows_every_text_with_its_length(texts):
    status, out, _ = texts("check", GOOD, "--json")

    shown = {(row["key"], row["line"]): row for row in json.loads(out)["texts"]}
    row = shown["messages.ACCOUNT_VERIFICATION.vi", "web"]
    assert status == 0
    assert row["text"].endswith("\n@forum.example.vn #123456")
    assert (row["length"], row["room"], row["own"]) == (len(row["text"]), 160, False)
    assert {row["platform"] for row in shown.values()} == {"forum"}


def test_people_see_one_line_a_text(texts):
    _, out, _ = texts("check", GOOD)

    assert "118/160" in out
    assert all(line.startswith(("platform", "forum")) for line in out.splitlines())


def test_a_refused_file_is_status_1_and_every_fault_is_named(texts):
    status, _, err = texts("check", GOOD + "[messages.REVERIFICATION]\nvi = 'x'\nen = 'y'\n", "--json")

    faults = json.loads(err)["error"]["faults"]
    assert status == 1
    assert [fault.split(": ")[1] for fault in faults] == [
        "messages.REVERIFICATION.vi",
        "messages.REVERIFICATION.en",
    ]


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--strict",), 1)])
def test_what_wants_a_second_look_fails_only_when_asked_to(texts, options, status):
    found = texts("check", 'sender = "Forum"\nregistered_until = 2020-01-01\n', *options)

    assert found[0] == status
    assert "forum.toml: registered_until.all: the registration ended on 2020-01-01" in found[2]


def test_a_directory_that_is_not_there_is_status_1(tmp_path, capsys):
    assert run(["texts", "check", str(tmp_path / "missing")]) == 1
    assert "is not a directory" in capsys.readouterr().err


def test_a_policy_that_cannot_be_used_is_named(texts, tmp_path):
    policy = tmp_path / "policy"
    policy.write_text('version = "own"\n[ages]\nguardian_below = 0\n')

    status, _, err = texts("check", GOOD, "--policy", str(policy))

    assert status == 1
    assert "ages.assent_from, guardian_below" in err


def test_platforms_are_listed_with_the_end_of_their_registration(texts):
    file = 'sender = "Forum"\nregistered_until = {viettel = 2099-12-31, gtel = 2099-01-31}\n'

    [row] = json.loads(texts("list", file, "--json")[1])

    assert (row["platform"], row["sender"], row["operator"], row["registered_until"]) == (
        "forum",
        "Forum",
        "gtel",
        "2099-01-31",
    )
    assert row["days_left"] > 0


def test_nothing_that_talks_to_a_service_is_needed_to_check_texts(tmp_path):
    (tmp_path / "forum.toml").write_text(GOOD)
    program = (
        f"import sys; from xacthuc.cli.main import run; run(['texts', 'check', {str(tmp_path)!r}, '--json']);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr

    assert not {"grpc", "google", "redis", "structlog", "opentelemetry"} & set(loaded.split())
