"""What a span says of a statement: what it does to which table, and nothing of its text."""

import pytest

from xacthuc.sql.steps import summary


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT a.person FROM identity.accounts AS a WHERE a.account = $1", "SELECT identity.accounts"),
        ("INSERT INTO identity.audit (tag) VALUES ($1)", "INSERT identity.audit"),
        ("update guardian.links SET state = $1", "UPDATE guardian.links"),
        ("DELETE FROM ONLY identity.jobs WHERE id = 5", "DELETE identity.jobs"),
        ("SELECT pg_advisory_xact_lock($1)", "SELECT"),
        ("\n  WITH unplaced AS (SELECT id FROM identity.outbox) UPDATE", "WITH identity.outbox"),
        ("SELECT 'lan@example.vn'", "SELECT"),
    ],
)
def test_a_statement_is_told_by_its_verb_and_its_table(statement, said):
    assert summary(statement) == said
