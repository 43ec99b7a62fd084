"""The tables of runs and of what they found."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Index, Integer, Table, Text, text

from xacthuc.identity.adapters.tables import metadata
from xacthuc.identity.domain.reconciliation import NOBODY_SAYS
from xacthuc.sql.columns import facts, flag, instant, number, word

reconciliations = Table(
    "reconciliations",
    metadata,
    # The request that started it.
    word("run", primary_key=True),
    # Empty: all of them.
    word("platform"),
    Column("sources", ARRAY(Text), nullable=False),
    flag("dry_run"),
    # Accounts in a second, at the most.
    Column("per_second", Integer, nullable=False),
    word("state"),
    word("actor"),
    # The name of the error that it failed with.
    word("failure", nullable=True),
    # The last account that was dealt with; everything up to it is committed. Empty at the beginning.
    word("done_platform"),
    word("done_account"),
    number("account_count", nullable=True),
    # Of `domain.reconciliation.Tally`.
    facts("counts"),
    instant("create_time"),
    instant("update_time"),
    instant("end_time", nullable=True),
    Index("reconciliations_running", "create_time", postgresql_where=text("state = 'RUNNING'")),
)

# A row stays as it was written: what follows from a finding follows once.
reconciliation_findings = Table(
    "reconciliation_findings",
    metadata,
    word("run", primary_key=True),
    word("platform", primary_key=True),
    word("account", primary_key=True),
    word("kind", primary_key=True),
    # Who told it.
    word("source", primary_key=True),
    instant("observe_time"),
    # What the sides say together, detail by detail.
    word("full_name_match"),
    word("birth_date_match"),
    word("personal_id_match"),
    # And each of them.
    *(word(f"{side}_{name}_match") for side, said in NOBODY_SAYS.each() for name, _ in said.each()),
    word("action"),
    # Whether something of the account stands no longer because of it.
    flag("applied"),
    instant("create_time"),
    Index("reconciliation_findings_account", "platform", "account"),
    Index("reconciliation_findings_age", "create_time"),
)
