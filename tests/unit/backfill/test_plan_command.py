"""Planning a campaign by the command: whether the deadline is met, what it costs, and what to change if it is not."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from xacthuc.cli.main import run

PLAN = """\
[budget]
vnd_per_day = {vnd}
person_notices = 3
person_gap_days = 7
[[providers]]
name = "zns"
channel = "ZALO_ZNS"
cost_vnd = 300
per_second = 10
[[providers]]
name = "sms"
channel = "SMS"
cost_vnd = 800
per_second = 5
weight = 50
"""
GROWN, CHILDREN, NOBODY = 300, 40, 60
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    rows = [f"u{n},Nguyễn Văn An,02/01/1990,09123{n:05}" for n in range(GROWN)]
    rows += [f"c{n},Trần Bình,02/01/2015,09124{n:05}" for n in range(CHILDREN)]
    rows += [f"n{n},Lê Chi,02/01/1991," for n in range(NOBODY)]
    path = tmp_path / "export.csv"
    path.write_text("Mã tài khoản,Họ và tên,Ngày sinh,SĐT\n" + "\n".join(rows), encoding="utf-8")
    return path


def planned(capsys: Capture, export: Path, *options: str, vnd: int = 1_000_000) -> tuple[int, dict[str, Any]]:
    """Runs `xacthuc backfill plan` over a term of ninety days."""
    plan = export.with_name("campaign.toml")
    plan.write_text(PLAN.format(vnd=vnd), encoding="utf-8")
    days = ("--start", "2026-11-30", "--begin", "2026-12-01", *options)
    capsys.readouterr()
    status = run(["backfill", "plan", str(export), "--plan", str(plan), *days, "--json"])
    out = capsys.readouterr().out
    return status, json.loads(out) if out else {}


@pytest.mark.rule("R9")
def test_a_plan_says_what_it_costs_and_that_the_cautious_deadline_is_met(capsys: Capture, export: Path) -> None:
    status, told = planned(capsys, export)

    assert status == 0
    assert told["deadline_met"] is True
    assert (told["cautious_last_day"], told["last_day"]) == ("2027-02-27", "2027-02-28")
    assert told["asked_accounts"] == GROWN + CHILDREN + NOBODY
    notices = {each["provider"]: each["notices"] for each in told["providers"]}
    assert GROWN < sum(notices.values()) <= 3 * GROWN, "children and accounts without a number get none"
    assert told["cost_vnd"] == notices["zns"] * 300 + notices["sms"] * 800
    assert told["changes"] == []


@pytest.mark.rule("R9")
def test_a_deadline_that_is_missed_is_told_with_numbers_that_meet_it(capsys: Capture, export: Path) -> None:
    status, told = planned(capsys, export, vnd=2_000)

    assert (status, told["deadline_met"]) == (4, False)
    needed = {each["lever"]: each["needed"] for each in told["changes"]}
    assert planned(capsys, export, vnd=needed["VND_PER_DAY"])[0] == 0
    assert any(f"{needed['VND_PER_DAY']:,}".replace(",", "\N{NO-BREAK SPACE}") in line for line in told["advice"])


class Seen(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in {"src", "href"} or name.startswith("on")]


def test_the_page_needs_nothing_beside_it_and_names_nobody(capsys: Capture, export: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.html"
    status, told = planned(capsys, export, "--out", str(out))
    page, seen = out.read_text(encoding="utf-8"), Seen()
    seen.feed(page)

    assert status == 0
    assert seen.tags.count("svg") == 2
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    assert not seen.addresses
    assert "url(" not in page
    assert told["verdict"] in page
    assert "Nguyễn" not in page


def test_the_table_has_a_row_for_each_day_that_adds_up(capsys: Capture, export: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    _, told = planned(capsys, export, "--out", str(out))
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))

    assert len(rows) == told["days_needed"]
    assert sum(int(row["cost_vnd"]) for row in rows) == told["cost_vnd"]
    assert {int(row["verified"]) + int(row["asked_in_vain"]) + int(row["open"]) for row in rows} == {
        told["asked_accounts"]
    }
    assert rows[-1]["open"] == "0"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--begin", "2027-03-01"), "before anybody would be asked"),
        (("--begin", "someday"), "a day, such as"),
        (("--out", "plan.txt"), "End it in .html"),
    ],
    ids=["begins too late", "no day", "an ending nobody knows"],
)
def test_what_cannot_be_planned_is_said(capsys: Capture, export: Path, options: tuple[str, ...], says: str) -> None:
    plan = export.with_name("campaign.toml")
    plan.write_text(PLAN.format(vnd=1), encoding="utf-8")

    assert run(["backfill", "plan", str(export), "--plan", str(plan), "--start", "2026-11-30", *options]) == 2
    assert says in capsys.readouterr().err
