from __future__ import annotations

import json
from pathlib import Path

import pytest

from xacthuc.up.layout import Layout, Ports
from xacthuc.up.main import Options, parse
from xacthuc.up.plan import default_plan
from xacthuc.up.report import Running, announce

RUNNING = Running(
    otp="127.0.0.1:7411",
    identity="127.0.0.1:7421",
    guardian="127.0.0.1:7431",
    livestream="127.0.0.1:7441",
    edge="http://127.0.0.1:7419",
    otp_internal="127.0.0.1:7412",
    identity_internal="127.0.0.1:7422",
    guardian_internal="127.0.0.1:7432",
    livestream_internal="127.0.0.1:7442",
    backfill_internal="127.0.0.1:7452",
    metrics=("127.0.0.1:7413",),
    platform="platforms/demo",
    key="xt_dev_secret",
    inbox="var/inbox.jsonl",
    tls="var/tls",
    logs="var/log",
    ready_seconds=1.5,
)


def test_without_options_everything_is_kept_in_var() -> None:
    assert parse([]) == Options(data=Path("var"), port_base=7411, as_json=False, die_with_parent=False)


@pytest.mark.parametrize("text", ["0", "-1", "65494", "http", "7411.0"])
def test_a_port_base_that_leaves_no_room_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--port-base", text])

    assert "a port between 1 and 65493" in capsys.readouterr().err or text.startswith("-")


def test_all_ports_follow_the_base() -> None:
    ports = Ports(9000)

    assert [ports.otp_public, ports.otp_internal] == ["127.0.0.1:9000", "127.0.0.1:9001"]
    assert [ports.identity_public, ports.identity_internal] == ["127.0.0.1:9010", "127.0.0.1:9011"]
    assert [ports.guardian_public, ports.guardian_internal] == ["127.0.0.1:9020", "127.0.0.1:9021"]
    assert [ports.livestream_public, ports.livestream_internal] == ["127.0.0.1:9030", "127.0.0.1:9031"]
    assert [ports.backfill_internal, ports.backfill_metrics] == ["127.0.0.1:9041", "127.0.0.1:9042"]
    assert [ports.edge_public, ports.edge_metrics] == ["127.0.0.1:9008", "127.0.0.1:9009"]


def test_only_what_needs_the_database_is_told_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XACTHUC_DATABASE_URL", raising=False)
    plan = default_plan(Layout(tmp_path), Ports(), state_url="unix:///s", database_url="postgresql://d")

    told = {program.name for program in plan.services if "XACTHUC_DATABASE_URL" in program.environment}
    assert told == {program.name for program in plan.services if program.needs_database}


def test_every_service_runs_in_the_development_environment(tmp_path: Path) -> None:
    plan = default_plan(Layout(tmp_path), Ports(), state_url="unix:///s", database_url="postgresql://d")

    assert {program.environment["XACTHUC_ENVIRONMENT"] for program in plan.services} == {"development"}


def test_a_program_reads_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    announce(RUNNING, as_json=True)

    assert json.loads(capsys.readouterr().out)["key"] == "xt_dev_secret"


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    announce(RUNNING, as_json=False)

    printed = capsys.readouterr().out
    assert "127.0.0.1:7421" in printed
    assert "\x1b" not in printed


def test_the_key_stays_out_of_the_endpoints_file_and_of_the_repr() -> None:
    assert "xt_dev_secret" not in RUNNING.as_json(with_key=False) + repr(RUNNING)


def test_an_erasure_waits_for_every_other_service_that_keeps_accounts(tmp_path: Path) -> None:
    plan = default_plan(Layout(tmp_path), Ports(), state_url="unix:///s", database_url="postgresql://d")
    keeps = {program.name: program for program in plan.services if program.needs_database}

    waits = json.loads(keeps.pop("identity").environment["XACTHUC_ERASURE_ACKNOWLEDGERS"])

    assert set(waits) == set(keeps)
