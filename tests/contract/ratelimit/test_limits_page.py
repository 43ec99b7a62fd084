"""docs/limits.md is what platforms plan with: it lists every limit, and its numbers are those of the policy."""

import re
from pathlib import Path

from xacthuc.identity.domain.keys import MOST_ACTIVE
from xacthuc.identity.settings import IdentitySettings
from xacthuc.otp.domain.rules import Rules
from xacthuc.policy import Policy
from xacthuc.ratelimit.limits import FACTS, Limit
from xacthuc.settings import Settings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "limits.md").read_text("utf-8")
LIMIT_ROW = re.compile(r"^\| `([A-Z_]+)` \| .+ \| (closed|open) \| (\S.*) \|$", re.MULTILINE)
FIGURE = re.compile(r"`otp\.(\w+)`(?: \||,? =) ([0-9][0-9.]*(?:, [0-9]+)*)")
BUDGET = re.compile(r"^\| `(spend|bulk)\.(\w+)` \| ([0-9:-]+) \|", re.MULTILINE)
NOT_A_REFUSAL = {
    "code_digits",
    "other_channels_from_send",
    "request_id_hours",
    "receipt_wait_seconds",
    "fallback_channels",
}


def figures():
    return dict(FIGURE.findall(PAGE))


def spelled(value):
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def test_every_limit_is_listed_with_how_it_fails_and_how_a_person_gets_past_it():
    listed = {name: mode for name, mode, _ in LIMIT_ROW.findall(PAGE)}

    assert listed == {limit.name: FACTS[limit].fail_mode.value for limit in Limit}


def test_every_figure_of_the_page_is_that_of_the_policy():
    otp = Policy.load().otp

    assert figures() == {name: spelled(getattr(otp, name)) for name in figures()}


def test_every_figure_of_the_policy_that_can_refuse_is_on_the_page():
    otp = Policy.load().otp

    assert set(figures()) == set(otp.__dataclass_fields__) - NOT_A_REFUSAL


def test_every_figure_of_money_and_notices_is_on_the_page_as_the_policy_has_it():
    policy = Policy.load()
    sections = {"spend": policy.spend, "bulk": policy.bulk}
    stated = {(name, key): value for name, key, value in BUDGET.findall(PAGE)}

    assert stated == {
        (name, key): str(getattr(section, key))
        for name, section in sections.items()
        for key in section.__dataclass_fields__
    }


def test_figures_of_the_code_stand_there_as_well():
    rules = Rules.of(Policy.load().otp)

    assert f"| {rules.reports_per_day} per reporter, {rules.reports_per_number} in all |" in PAGE
    assert f"| {MOST_ACTIVE} | `identity/domain/keys.py`" in PAGE


def test_defaults_of_the_settings_stand_there_as_well():
    assert f"| {Settings.model_fields['maximum_concurrent_rpcs'].default} | `XACTHUC_MAXIMUM_CONCURRENT_RPCS`" in PAGE
    assert f"| {IdentitySettings.model_fields['read_backlog'].default} | `XACTHUC_READ_BACKLOG`" in PAGE
