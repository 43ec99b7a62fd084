"""The benchmark itself: it runs from an empty directory to a report, and says what is wrong with a command line."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import bench, flows
from benchmarks.measure import sort_of
from benchmarks.report import Figure, Report, percentile


@pytest.mark.engine
@pytest.mark.timeout(240)
def test_a_quick_run_measures_everything_and_writes_it_down(pytestconfig, tmp_path):
    result = tmp_path / "bench.json"
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench", "--quick", "--out", str(result)],
        cwd=pytestconfig.rootpath,
        env={name: value for name, value in os.environ.items() if not name.startswith("XACTHUC_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    sections = json.loads(result.read_text())["sections"]
    figures = {figure["name"]: figure for section in sections.values() for figure in section}
    trips = sections["Trips to the store"]
    assert {one["name"]: one["value"] for one in trips} == {
        "StartChallenge": 2,
        "StartChallenge, scripts": 4,
        "CheckCode": 1,
        "CheckCode, scripts": 1,
        "CheckAction": 1,
        "CheckAction, reads": 1,
    }
    assert figures["keys that outlive what they are for"]["value"] == 0
    assert {
        "a number, all spellings",
        "BatchCheckActions, decisions",
        "verifications by an edge, on one core",
        "longest",
    } <= figures.keys()
    assert {"CheckCode, wrong code", "CheckAction, allowed", "CheckCode, p99", "otp", "identity"} <= figures.keys()


@pytest.mark.parametrize("arguments", [["--verifications", "0"], ["--verifications", "many"], ["--fast"]])
def test_a_wrong_command_line_is_refused_with_advice(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        bench.parse(arguments)

    assert caught.value.code == 2
    assert "usage: python -m benchmarks.bench" in capsys.readouterr().err


def test_people_have_numbers_of_their_own():
    numbers = {flows.number(person) for person in range(100_000)}

    assert len(numbers) == 100_000


def test_a_key_that_nobody_knows_may_not_live_at_all():
    sort = sort_of("leaked:0912345678")

    assert sort.hours == 0
    assert "0912345678" not in sort.name


def test_a_missed_target_is_told_as_short():
    report = Report(command="x")
    report.add("CPU", Figure("met", 1.5, "x", at_most=1.7), Figure("missed", 1.8, "x", at_most=1.7))

    assert report.short == ["missed"]
    assert "ok" in report.text()


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], 50) in {2.0, 3.0}
    assert percentile(list(range(1, 101)), 99) == 99
