"""An export of an account holds every table that names accounts, or says why it does not (R51)."""

from __future__ import annotations

import pytest

from xacthuc.identity.adapters import key_tables, schema
from xacthuc.identity.adapters.retention.filling import READ_FROM
from xacthuc.identity.adapters.retention.sections import LEFT_OUT, SECTIONS
from xacthuc.shares.words import COLUMNS

pytestmark = pytest.mark.rule("R51")
NAMING = {"account", "accounts", "child", "subject"}
OF_STAFF = {"operators"}
"""Whose `subject` is how a provider calls an operator."""


def read(section):
    return {column for name in section.columns for column in READ_FROM.get(name, (name,))}


def test_every_table_that_names_accounts_is_a_section_or_left_out_with_a_reason():
    naming = {
        table.name
        for of in (schema, key_tables)
        for table in of.metadata.sorted_tables
        if NAMING & {column.name for column in table.columns}
    }

    assert naming - OF_STAFF == {section.table.name for section in SECTIONS} | set(LEFT_OUT)


def test_a_section_tells_every_column_but_keys_ids_and_hashes():
    silent = {
        "platform",
        "account",
        "child",
        "subject",
        "id",
        "complete",
        "version",
        "request_id",
        "trace_id",
        "detail",
    }
    silent |= {
        "lock_id",
        "approval",
        "transition_approval",
        "check_id",
        "evidence_id",
        "compared",
        "next_time",
        "state_index",
        "flow",
        "used_by",
        "proof_id",
    }
    silent |= {"fingerprint", "answer", "begin_time", "destroyed", "request", "run"}
    untold = {
        (section.table.name, column.name)
        for section in SECTIONS
        for column in section.table.columns
        if not column.name.endswith("_index") and column.name not in silent
        if all(column.name not in read(other) for other in SECTIONS if other.table is section.table)
    }

    assert untold == set()


def test_every_column_has_a_name_in_both_languages():
    told = {name for section in SECTIONS for name in section.columns}

    assert told <= set(COLUMNS)
