"""`xacthuc backfill report` and `verify`: everything is accounted for, and what was signed cannot be changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.timestamp_pb2 import Timestamp

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.audit.checkpoints import written_keys
from xacthuc.backfill.adapters.journal import Journal
from xacthuc.backfill.adapters.work import Work
from xacthuc.backfill.domain.importing import Answer

NAME = "platforms/demo/campaigns/spring"
Figures = resources_pb2.CampaignFigures
State = Figures.Standing


def figures(accounts: int = 6) -> Figures:
    needs = resources_pb2.NEEDS_PHONE
    plan = resources_pb2.CampaignPlan(end_time=Timestamp(seconds=1_772_211_600))
    return Figures(
        campaign=resources_pb2.Campaign(name=NAME, state=resources_pb2.Campaign.State.RUNNING, plan=plan),
        standings=[
            State(account_class=needs, state=State.OPEN, account_count=2),
            State(account_class=needs, state=State.VERIFIED, account_count=3),
        ],
        waves=[Figures.WaveFigures(wave=1, state=Figures.WaveFigures.OPEN, event_count=5, notice_count=4)],
        days=[
            Figures.Day(day="2026-11-29", notice_count=1, cost_vnd=800),
            Figures.Day(day="2026-12-01", notice_count=3, cost_vnd=2400, verified_count=2),
            Figures.Day(day="2026-12-03", verified_count=1),
        ],
        providers=[Figures.ProviderFigures(provider="first", notice_count=4, delivered_count=3, cost_vnd=3200)],
        account_count=accounts,
        erased_count=1,
    )


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """A key to sign with, and the key to believe."""
    secret, public = tmp_path / "report.pem", tmp_path / "report.pub"
    key = Ed25519PrivateKey.generate()
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_text(written_keys([key.public_key().public_bytes_raw()]))
    return secret, public


def test_every_account_is_accounted_for_and_the_page_says_so(command, tmp_path: Path):
    command.admin.answer("GetCampaign", figures())
    out = tmp_path / "report.html"
    ran = command("backfill", "report", "demo", "spring", "--out", str(out), "--json")

    assert ran.status == 0
    assert ran.json["accounts_balance"] is True
    assert sum(day["cost_vnd"] for day in ran.json["days"]) == 3200
    assert ran.json["providers"] == [{"provider": "first", "notice": 4, "delivered": 3, "failed": 0, "cost_vnd": 3200}]
    page = out.read_text()
    assert "3 of 6 accounts lack nothing any more" in page
    assert "<script" not in page
    assert page.count("<svg") == 2
    assert "NEEDS_PHONE" not in page  # words of people, in place of names for programs
    for words in ("a code to its number", "still being asked", "lacks nothing any more", "Its last day is 27/02/2026"):
        assert words in page


def test_the_table_tells_day_by_day_how_many_lack_nothing(command, tmp_path: Path):
    command.admin.answer("GetCampaign", figures())
    out = tmp_path / "report.csv"

    assert command("backfill", "report", "demo", "spring", "--out", str(out)).status == 0
    assert out.read_text(encoding="utf-8-sig").splitlines() == [
        "day,notices,cost_vnd,verified,verified_so_far",
        "2026-11-29,1,800,0,0",
        "2026-12-01,3,2400,2,2",
        "2026-12-03,0,0,1,3",
    ]


def test_reasons_of_rejected_rows_are_told_and_add_up(command, tmp_path: Path, keys: tuple[Path, Path]):
    export, parts = tmp_path / "export.csv", tmp_path / "parts"
    export.write_text("uid,dob,phone\na,02/01/1990,0912345678\na,,\nb,31/02/1990,\nc,31/02/1990,\n,,0912345679\n")
    assert command("backfill", "split", str(export), "--into", str(parts)).status == 4
    accepted = Answer(
        number=0,
        rows=1,
        outcomes={"IMPORTED": 1},
        phones={},
        states={"UNVERIFIED": 1},
        extended=0,
        displaced=0,
        refused=[],
    )
    shard = next(number for number, size in enumerate(Work(parts).manifest.sizes) if size)
    with Journal(Work(parts).journal(shard, "demo")) as kept:
        kept.add(accepted)
    command.admin.answer("GetCampaign", figures())
    report = ("backfill", "report", "demo", "spring", "--import", str(parts), "--out")

    table, page, signed = (tmp_path / f"report.{ending}" for ending in ("csv", "html", "json"))
    ran = command(*report, str(table), "--json")
    assert ran.json["rows_balance"]
    assert (tmp_path / "report.reasons.csv").read_text().splitlines() == [
        "found_by,field,reason,rows",
        "READING,birth_date,NOT_A_DATE,2",
        "READING,account_id,DUPLICATE,1",
        "READING,account_id,MISSING,1",
    ]
    assert sum(each["rows"] for each in ran.json["reasons"]) == 4
    assert command(*report, str(page)).status == 0
    assert "Why rows were rejected or repeated" in page.read_text()
    assert "NOT_A_DATE" in page.read_text()
    assert command(*report, str(signed), "--sign-key", str(keys[0])).status == 0
    verified = command("backfill", "verify", str(signed), "--public-key", str(keys[1]), "--json")
    assert verified.json["reasons"] == ran.json["reasons"]


def test_an_account_that_is_nowhere_is_told(command):
    command.admin.answer("GetCampaign", figures(accounts=7))
    ran = command("backfill", "report", "demo", "spring")

    assert ran.status == 1
    assert "do not balance" in ran.err


def test_a_signed_report_is_verified_and_a_changed_one_is_not(command, tmp_path: Path, keys: tuple[Path, Path]):
    secret, public = keys
    command.admin.answer("GetCampaign", figures())
    out = tmp_path / "report.json"
    made = command("backfill", "report", "demo", "spring", "--out", str(out), "--sign-key", str(secret))
    assert made.status == 0
    verify = ("backfill", "verify", str(out), "--public-key", str(public))
    assert command(*verify, "--json").json["campaign"] == NAME

    kept = json.loads(out.read_text())
    out.write_text(json.dumps(kept, sort_keys=True, separators=(",", ":")))
    assert command(*verify).status == 0, "another spelling says the same"
    kept["report"]["standings"][0]["accounts"] -= 1
    out.write_text(json.dumps(kept))
    changed = command(*verify)
    assert changed.status == 1
    assert "was changed" in changed.err


def test_a_report_that_another_key_signed_is_not_believed(command, tmp_path: Path, keys: tuple[Path, Path]):
    secret, public = keys
    command.admin.answer("GetCampaign", figures())
    out = tmp_path / "report.json"
    command("backfill", "report", "demo", "spring", "--out", str(out), "--sign-key", str(secret))
    public.write_text(written_keys([Ed25519PrivateKey.generate().public_key().public_bytes_raw()]))

    assert command("backfill", "verify", str(out), "--public-key", str(public)).status == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"report": {}, "signature": {"value": "?"}}'])
def test_what_is_no_signed_report_is_said(command, tmp_path: Path, keys: tuple[Path, Path], text: str):
    out = tmp_path / "report.json"
    out.write_text(text)
    ran = command("backfill", "verify", str(out), "--public-key", str(keys[1]))

    assert ran.status == 2
    assert "no signed report" in ran.err
