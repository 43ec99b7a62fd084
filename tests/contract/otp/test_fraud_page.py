"""docs/fraud.md is what an operator decides by: its numbers are those of the policy and of the replay."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

from xacthuc.otp.domain.guard import GuardRules
from xacthuc.otp.simulate.demo import demonstration
from xacthuc.otp.simulate.replay import Replay
from xacthuc.policy import Policy
from xacthuc.policy.sending import GuardThresholds

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "fraud.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)


def test_every_threshold_of_the_page_is_that_of_the_policy():
    guard = Policy.load().guard
    stated = {name: tuple(map(float, numbers)) for name, *numbers in ROW.findall(PAGE)}

    assert stated == {
        field.name: tuple(float(getattr(kind, field.name)) for kind in (guard.operator, guard.prefix, guard.provider))
        for field in fields(GuardThresholds)
    }


def test_the_mode_and_the_days_of_the_page_are_those_of_the_policy():
    guard = Policy.load().guard

    assert f'`guard.mode = "{guard.mode.value}"`' in PAGE
    assert f"`guard.record_days = {guard.record_days}`" in PAGE


def test_the_example_of_the_page_is_what_the_replay_says():
    rules = replace(GuardRules.of(Policy.load().guard), enforced=True, record_ms=0)

    report = Replay(rules, life=1).run(demonstration())

    told = {report.messages, report.people_asked, report.by_subject["prefix:sim-farm"]}
    assert [number for number in told if f"{number:,}".replace(",", " ") not in PAGE] == []
