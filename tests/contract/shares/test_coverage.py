"""A document of what is held tells every table, column and key that is about an account, or says why it does not (R51)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xacthuc.backfill.adapters import sections as backfill_sections
from xacthuc.backfill.adapters import tables as backfill
from xacthuc.backfill.adapters.numbers import Numbers
from xacthuc.guardian.adapters import sections as guardian_sections
from xacthuc.guardian.adapters import tables as guardian
from xacthuc.livestream.adapters import sections as livestream_sections
from xacthuc.livestream.adapters import tables as livestream
from xacthuc.policy import Policy
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.shares.passing import KEYS, NOBODYS, PASSING
from xacthuc.shares.share import Kept
from xacthuc.shares.words import COLUMNS, VALUES

pytestmark = pytest.mark.rule("R51")

KEY = re.compile(r"^\| `([^`]+)` \| (?:hash|string|stream|set|sorted set) \|", re.MULTILINE)
STORE = Path(__file__).resolve().parents[3] / "services/xacthuc/otp/adapters/scripts/README.md"
RING = KeyRing(keys={0: bytes(32)}, current=0)
SERVICES = {
    "guardian": (guardian, guardian_sections.SECTIONS),
    "livestream": (livestream, livestream_sections.SECTIONS),
    "backfill": (backfill, backfill_sections.sections(Numbers(Sealer(RING), RING))),
}
KEYS_AND_IDS = {
    "platform",
    "account",
    "child",
    "id",
    "number",
    "version",
    "subject",
    "request_id",
    "trace_id",
    "detail",
}
SILENT = {
    # What it rests on is said by other columns, or it is how the service finds, orders and repeats.
    "guardian": {
        "disputes.dispute",
        "requests.fingerprint",
        "requests.answer",
    },
    "livestream": {
        "broadcasts.decisions",
        "broadcasts.declarations",
        "requests.fingerprint",
        "requests.answer",
    },
    # Who is at a row at the moment, what a campaign is drawn and paid by, and what it is as a whole.
    "backfill": {
        *(f"targets.{name}" for name in ("spot", "person", "doing_wave", "doing", "parked", "review_time")),
        *(f"asks.{name}" for name in ("pay_day", "vnd", "notice")),
        *(f"campaigns.{name}" for name in ("plan", "erased", "pace_time", "trace")),
        *(f"restrictions.{name}" for name in ("approval", "accounts", "as_of_time", "taken", "ended", "restored")),
        "requests.fingerprint",
        "requests.answer",
    },
}

services = pytest.mark.parametrize("service", SERVICES)


@services
def test_every_table_is_told_or_left_out_with_a_reason_or_about_nobody(service):
    tables, sections = SERVICES[service]
    told = {section.table.name for section in sections.told}
    left_out = {name for name in sections.left_out if "." not in name}

    assert {table.name for table in tables.metadata.sorted_tables} == told | left_out | set(sections.nobodys)
    assert not told & left_out
    assert not set(sections.nobodys) & (told | left_out)


@services
def test_a_table_about_nobody_names_no_account(service):
    tables, sections = SERVICES[service]
    naming = {"account", "child", "guardian", "invited_account", "subject", "link", "broadcast"}

    for table in tables.metadata.sorted_tables:
        if table.name in sections.nobodys:
            assert not naming & set(table.c.keys()), table.name


@services
def test_every_column_is_told_or_is_a_key_or_left_out_with_a_reason(service):
    _, sections = SERVICES[service]
    reads = {}
    for section in sections.told:
        reads.setdefault(section.table, set()).update(section.reads)
    untold = {
        f"{table.name}.{column.name}"
        for table, read in reads.items()
        for column in table.columns
        if column.name not in read and column.name not in KEYS_AND_IDS
    }

    assert untold == SILENT[service] | {name for name in sections.left_out if "." in name}


@services
def test_everything_has_a_name_in_both_languages(service):
    _, sections = SERVICES[service]
    told = {column.name for section in sections.told for column in section.columns}

    assert told <= set(COLUMNS)
    assert set(sections.kept) <= set(VALUES)
    assert len({section.name for section in sections.told}) == len(sections.told)


@services
def test_how_long_it_is_kept_is_a_figure_of_the_policy_with_its_citation(service):
    policy = Policy.load()

    for data, figure in SERVICES[service][1].kept.items():
        kept = Kept.by(policy, data, figure)
        assert re.fullmatch(r"\d+ (days|months)", kept.kept)
        assert kept.legal_basis


def test_every_key_of_the_one_time_codes_is_said_to_pass_or_is_about_nobody():
    keys = KEY.findall(STORE.read_text("utf-8"))

    assert sorted(keys) == sorted([*KEYS, *NOBODYS])
    assert set(KEYS.values()) == set(PASSING)
    assert all("gone" in why for why in PASSING.values())
