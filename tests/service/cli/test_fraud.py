"""`xacthuc fraud`: what the guard watches, exemptions, and trying rules on a file."""

from __future__ import annotations

import sys

import pytest

from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.cli.main import run
from xacthuc.otp.simulate.generate import Attack, Days, traffic
from xacthuc.otp.simulate.traffic import write

DECISION = internal_pb2.GuardDecision(
    verdict=internal_pb2.GuardDecision.RECORDED,
    subject="prefix:4fQx",
    unverified_hour_count=11,
    unverified_hour_limit=10,
    unverified_day_count=12,
    unverified_day_limit=30,
)
SUBJECT = otp.GuardSubject(subject="prefix:4fQx", decision=DECISION)


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "traffic.jsonl"
    attack = Attack(start_ms=3_600_000, lasting_ms=3_600_000, per_minute=2)
    write(path, traffic(1, Days(start_ms=0, messages_per_day=300), [attack]))
    return path


def test_subjects_are_shown_with_what_they_count_and_may(command):
    command.admin.answer("ListGuardSubjects", otp.ListGuardSubjectsResponse(subjects=[SUBJECT]))

    ran = command("fraud", "status", "--exceeding")

    assert ran.out.splitlines()[1].split()[:4] == ["prefix:4fQx", "RECORDED", "11/10", "12/30"]
    assert command.admin.received[0].request.only_exceeding


def test_status_as_json_is_the_contract_s_own(command):
    command.admin.answer("ListGuardSubjects", otp.ListGuardSubjectsResponse(subjects=[SUBJECT]))

    assert command("fraud", "status", "--json").json[0]["decision"]["unverified_hour_count"] == 11


def test_a_subject_is_exempted_for_a_while(command):
    command.admin.answer("ExemptGuardSubject", SUBJECT)

    ran = command("fraud", "exempt", "prefix:4fQx", "--for", "2d", "--reason", "a factory")

    request = command.admin.received[0].request
    assert (ran.status, request.subject, request.duration.seconds) == (0, "prefix:4fQx", 2 * 86400)


def test_rules_are_tried_on_recorded_traffic(command, recorded):
    ran = command("fraud", "simulate", str(recorded), "--json")

    assert (ran.status, ran.json["people_asked"]) == (0, 0)
    assert ran.json["subjects"][0]["subject"] == "prefix:sim-farm"
    assert ran.json["saved_vnd"] == 800 * ran.json["refused"]


def test_other_rules_are_those_of_a_policy_file(command, recorded, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('version = "try-1"\n[guard.prefix]\nday_floor = 1000\nhour_floor = 1000\n')

    ran = command("fraud", "simulate", str(recorded), "--rules", str(rules), "--json")

    assert ran.json["refused"] == 0


def test_while_it_learns_the_guard_refuses_nothing(command, recorded):
    assert command("fraud", "simulate", str(recorded), "--learn", "14d", "--json").json["refused"] == 0


def test_people_get_a_table(command, recorded):
    ran = command("fraud", "simulate", str(recorded))

    assert "people asked for a CAPTCHA" in ran.out
    assert "prefix:sim-farm" in ran.out


@pytest.mark.parametrize("text", [None, "nonsense\n"], ids=["absent", "another"])
def test_a_file_that_is_no_traffic_is_wrong_usage(command, tmp_path, text):
    path = tmp_path / "other.jsonl"
    if text is not None:
        path.write_text(text)

    assert command("fraud", "simulate", str(path)).status == 2


def test_rules_that_cannot_be_used_name_the_key(command, recorded, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('version = "try-1"\n[guard]\nrecord_days = -1\n')

    ran = command("fraud", "simulate", str(recorded), "--rules", str(rules))

    assert (ran.status, "guard.record_days" in ran.err) == (2, True)


def test_a_picture_without_matplotlib_says_what_to_install(recorded, capsys, monkeypatch):
    for module in [name for name in sys.modules if name.startswith(("matplotlib", "xacthuc.otp.simulate.plot"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    status = run(["fraud", "simulate", str(recorded), "--plot", str(recorded.with_suffix(".png"))])

    assert (status, "xacthuc[plots]" in capsys.readouterr().err) == (1, True)
