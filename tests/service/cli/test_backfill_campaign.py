"""`xacthuc backfill start` and what steers a campaign: what is asked of the service, and what officers are told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xacthuc.api.backfill.v1 import admin_pb2 as pb2
from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.backfill.adapters.journal import Journal
from xacthuc.backfill.adapters.work import Work
from xacthuc.backfill.domain.importing import Answer, RefusedRow
from xacthuc.cli.backfill_work import Order, split

NAME = "platforms/demo/campaigns/spring"
EXPORT = """uid,name,dob,phone,seller
an,An,02/01/1990,0912345678,
binh,Bình,02/01/1990,,
chi,Chi,02/01/2015,0912345679,
dung,Dung,02/01/1990,0912345670,
em,Em,02/01/1990,0912345671,x
an,An,02/01/1990,0912345678,
"""
PLAN = """
[budget]
vnd_per_day = 1_000_000
person_notices = 3
person_gap_days = 7

[[providers]]
name = "first"
channel = "SMS"
cost_vnd = 800
per_second = 20
"""
Figures = resources_pb2.CampaignFigures
State = resources_pb2.Campaign.State


def figures(state: State.ValueType = State.RUNNING, wave: int = Figures.WaveFigures.OPEN) -> Figures:
    return Figures(
        campaign=resources_pb2.Campaign(name=NAME, state=state),
        standings=[
            Figures.Standing(account_class=resources_pb2.NEEDS_PHONE, state=Figures.Standing.OPEN, account_count=2)
        ],
        waves=[Figures.WaveFigures(wave=1, state=wave, event_count=2, notice_count=1)],
        days=[Figures.Day(day="2026-11-29", notice_count=1, cost_vnd=800)],
        account_count=2,
    )


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """An import of which identity refused one account."""
    export = tmp_path / "accounts.csv"
    export.write_text(EXPORT)
    order = Order(
        exports=[str(export)],
        columns=None,
        encoding="",
        start="",
        days=None,
        legal_basis="",
        policy=None,
        numbering_plan=None,
        shards=2,
        shown=False,
    )
    made = split(order, tmp_path / "parts")
    for shard in range(2):
        records = list(made.records(shard))
        with Journal(made.journal(shard, "demo")) as journal:
            refused = [RefusedRow(each.file, each.place, "account_id", "X") for each in records if each.place == 5]
            journal.add(Answer(0, len(records), {}, {}, {}, 0, 0, refused))
    return made


@pytest.fixture
def start(command, work: Work, tmp_path: Path):
    plan = tmp_path / "campaign.toml"
    plan.write_text(PLAN)
    today = datetime.now(UTC).date().isoformat()
    said = ("--platform", "demo", "--campaign", "spring", "--plan", str(plan), "--start", today)
    return lambda *more: command("backfill", "start", str(work.path), *said, *more)


def test_without_a_yes_it_is_told_whom_it_would_ask_and_nobody_is_called(start, command):
    ran = start("--json")

    assert ran.status == 0
    assert ran.json == [
        {"lacks": "NEEDS_GUARDIAN", "accounts": 1, "reachable": 0},
        {"lacks": "NEEDS_PERSONAL_ID", "accounts": 1, "reachable": 1},
        {"lacks": "NEEDS_PHONE", "accounts": 1, "reachable": 1},
        {"lacks": "UNREACHABLE", "accounts": 1, "reachable": 0},
    ]
    assert command.admin.received == []


@pytest.mark.rule("R15")
def test_accounts_that_identity_has_are_added_once_and_asked_and_no_childs_number_is_sent(start, command):
    prepared = resources_pb2.Campaign(name=NAME, state=State.PREPARED)
    command.admin.answer("CreateCampaign", prepared)
    command.admin.answer("AddTargets", pb2.AddTargetsResponse(added_count=1))
    command.admin.answer("StartCampaign", figures())

    first, again = start("--yes"), start("--yes")

    assert (first.status, again.status) == (0, 0)
    calls = [call for call in command.admin.received if call.method == "AddTargets"]
    half = calls[: len(calls) // 2]
    targets = {each.account: each.phone_number for call in half for each in call.request.targets}
    assert targets == {
        "accounts/an": "+84912345678",
        "accounts/binh": "",
        "accounts/chi": "",
        "accounts/em": "+84912345671",
    }
    assert [list(call.request.targets) for call in half] == [list(call.request.targets) for call in calls[len(half) :]]
    made = [call.request for call in command.admin.received if call.method == "CreateCampaign"]
    assert made[0] == made[1]
    assert (made[0].plan.hours, len(made[0].plan.ladder), made[0].plan.budget.total_vnd) == ("08:00-20:00", 3, -1)


def test_a_campaign_that_runs_already_is_shown_and_left_alone(start, command):
    command.admin.answer("CreateCampaign", resources_pb2.Campaign(name=NAME, state=State.RUNNING))
    command.admin.answer("GetCampaign", figures())

    ran = start("--yes")

    assert "RUNNING" in ran.out
    assert [call.method for call in command.admin.received] == ["CreateCampaign", "GetCampaign"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("hours = '20:00-08:00'", "hours"),
        ("hours = 'always'", "hours"),
        ("colour = 'red'", "colour"),
        ("[canary]\npercent = 1", "canary.watch_hours"),
    ],
    ids=["closes first", "no hours", "unknown", "half"],
)
def test_what_is_wrong_with_a_plan_is_named(start, tmp_path: Path, line, named):
    (tmp_path / "campaign.toml").write_text(f"{line}\n{PLAN}")
    ran = start()

    assert ran.status == 2
    assert named in ran.err


def test_a_term_that_is_over_is_refused(command, work: Work, tmp_path: Path):
    (tmp_path / "campaign.toml").write_text(PLAN)
    said = ("--platform", "demo", "--campaign", "spring", "--plan", str(tmp_path / "campaign.toml"))
    ran = command("backfill", "start", str(work.path), *said, "--yes")

    assert ran.status == 1
    assert "the term is over" in ran.err


def test_nobody_is_to_be_asked_of_an_import_that_nobody_answered(command, work: Work, tmp_path: Path):
    (tmp_path / "campaign.toml").write_text(PLAN)
    said = ("--platform", "other", "--campaign", "spring", "--plan", str(tmp_path / "campaign.toml"))
    ran = command("backfill", "start", str(work.path), *said, "--start", datetime.now(UTC).date().isoformat())

    assert ran.status == 1
    assert "nobody is to be asked" in ran.err


def test_the_status_ends_with_4_while_a_wave_is_held(command):
    command.admin.answer("GetCampaign", figures(), figures(wave=Figures.WaveFigures.HELD))

    assert command("backfill", "status", "demo", "spring").status == 0
    held = command("backfill", "status", "demo", "spring", "--json")
    assert held.status == 4
    assert held.json["waves"][0]["state"] == "HELD"


def test_campaigns_are_listed(command):
    campaign = resources_pb2.Campaign(name=NAME, state=State.PAUSED, reason="the texts are wrong")
    command.admin.answer("ListCampaigns", pb2.ListCampaignsResponse(campaigns=[campaign]))

    assert "the texts are wrong" in command("backfill", "status", "demo").out


def test_stopping_takes_no_yes_and_going_on_and_ending_do(command):
    stopped, over = (resources_pb2.Campaign(name=NAME, state=state) for state in (State.PAUSED, State.KILLED))
    command.admin.answer("PauseCampaign", stopped)
    command.admin.answer("GetCampaign", figures())
    command.admin.answer("ResumeCampaign", resources_pb2.Campaign(name=NAME, state=State.RUNNING))
    command.admin.answer("KillCampaign", over)
    about = ("demo", "spring", "--reason", "texts")

    assert "PAUSED" in command("backfill", "pause", *about).out
    for verb, word in (("resume", "RUNNING"), ("kill", "KILLED")):
        assert "Nothing was changed" in command("backfill", verb, *about).err
        assert word in command("backfill", verb, *about, "--yes").out
    assert [call.method for call in command.admin.received] == [
        "PauseCampaign",
        *("GetCampaign", "ResumeCampaign", "GetCampaign", "KillCampaign"),
    ]
    assert {call.request.name for call in command.admin.received} == {NAME}
