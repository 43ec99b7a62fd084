"""docs/retention.md and docs/privacy.md say what the plan of retention does, and the plan leaves no table out."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from xacthuc.identity.adapters import key_tables, schema
from xacthuc.identity.domain.retention import STAYS, plan
from xacthuc.policy import Policy

DOCS = Path(__file__).resolve().parents[3] / "docs"
ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([\w.]+)` \|$", re.MULTILINE)
COLUMN_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (?:clear|sealed|hash) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
RULES = plan(Policy.load())


@pytest.mark.rule("R49")
def test_the_page_tells_the_plan_rule_by_rule():
    told = ROW.findall((DOCS / "retention.md").read_text("utf-8"))

    assert told == [
        (rule.data, ", ".join(f"`{table}`" for table in rule.tables), rule.starts, str(rule.term), rule.figure)
        for rule in RULES
    ]


@pytest.mark.rule("R49")
def test_every_table_has_a_clock_or_a_reason_to_have_none():
    tables = {table.name for of in (schema, key_tables) for table in of.metadata.sorted_tables}
    clocked = {table for rule in RULES for table in rule.tables}

    assert tables - clocked - set(STAYS) == set()
    assert clocked | set(STAYS) == tables


@pytest.mark.rule("R49")
def test_what_the_privacy_page_says_of_a_table_names_the_figures_of_its_clocks():
    named = defaultdict(set)
    for table, gone in COLUMN_ROW.findall((DOCS / "privacy.md").read_text("utf-8")):
        named[table] |= set(re.findall(r"\(`([\w.]+_(?:months|days)|[\w.]+\.days)`\)", gone))
    of_itself = {(rule.tables[0], rule.figure) for rule in RULES}

    missing = {(table, figure) for table, figure in of_itself if figure not in named[table]}
    known = {(table, rule.figure) for rule in RULES for table in rule.tables}
    assert missing == set()
    assert {(table, figure) for table, figures in named.items() for figure in figures} <= known
