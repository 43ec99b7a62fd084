"""Statements of a traced transaction are steps of it; one that is not traced has none."""

import pytest
from sqlalchemy import text

from xacthuc.sql.engine import transaction
from xacthuc.sql.errors import DatabaseRefused
from xacthuc.telemetry.tracing import Tracer, activate

pytestmark = pytest.mark.engine


class Collected(list):
    """A recorder that keeps spans."""

    record = list.append


async def test_a_traced_transaction_shows_its_statements(engine):
    spans = Collected()
    activate(Tracer(spans, 1.0).root())
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT relname FROM pg_catalog.pg_class WHERE relname = :name"), {"name": "lan"})

    [statement, around] = spans
    assert (statement.name, around.name) == ("SELECT pg_catalog.pg_class", "postgresql")
    assert statement.context.parent_id == around.context.span_id
    assert "lan" not in str(statement.attributes)


async def test_a_statement_that_fails_is_a_failed_step_and_the_next_transaction_has_none_of_it(engine):
    spans = Collected()
    tracer = Tracer(spans, 1.0)
    activate(tracer.root())
    with pytest.raises(DatabaseRefused):
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT nothing FROM nowhere"))
    failed, around = spans
    spans.clear()
    activate(Tracer(None, 0.0).root())
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))

    assert (failed.failure, around.failure) == ("failed", "ProgrammingError")
    assert spans == []
