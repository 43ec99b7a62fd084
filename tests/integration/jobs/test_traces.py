"""A job is part of the trace of the call that asked for it, on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from job_schema import KIND, SCHEMA, enqueue, queue, rows
from kept_spans import KeptSpans, is_below
from sqlalchemy import text

from xacthuc.jobs.job import Done, Job
from xacthuc.sql.engine import transaction
from xacthuc.telemetry.tracing import Tracer, current

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Refusing:
    """Fails once, then succeeds; keeps what it was called in."""

    def __init__(self):
        self.contexts = []

    async def __call__(self, _job):
        self.contexts.append(current())
        if len(self.contexts) == 1:
            raise LookupError
        return Done("CONFIRMED")


@pytest.fixture
def spans():
    return KeptSpans()


async def traces(engine):
    return [row.trace for row in await rows(engine, "trace", order="id")]


async def is_empty(engine):
    return await rows(engine) == []


async def test_every_attempt_at_a_job_is_a_step_of_the_call_that_asked_for_it(engine, work, spans, eventually):
    handler = Refusing()
    work(handler, spans=spans, waits=[timedelta(milliseconds=1)])
    with Tracer(spans, 1.0).job("call") as call:
        await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: len(spans.named(f"process {KIND}")) == 2)

    first, second = spans.named(f"process {KIND}")
    # The transaction that wrote it is what ordered it.
    assert spans.path(first) == spans.path(second) == ["call", "postgresql", f"process {KIND}"]
    assert {first.context.trace_id_hex, second.context.trace_id_hex} == {call.context.trace_id_hex}
    assert (first.failure, first.attributes["outcome"]) == ("LookupError", "LookupError")
    assert (second.failure, second.attributes["outcome"]) == ("", "CONFIRMED")
    assert [each.attributes["xacthuc.job.attempt"] for each in (first, second)] == [1, 2]
    assert [context.span_id for context in handler.contexts] == [first.context.span_id, second.context.span_id]
    assert "postgresql" in spans.below(second)  # what was written about its end


async def test_what_nobody_traced_is_written_without_a_trace_and_begins_one_of_its_own(engine, work, spans, eventually):
    handler = Refusing()
    with Tracer(spans, 0.0).resume("call", None):
        await enqueue(engine, Job(KIND, "1"))
    assert (await traces(engine), spans) == ([None], [])
    work(handler, spans=spans, waits=[timedelta(milliseconds=1)])
    await eventually(lambda: len(spans.named(f"process {KIND}")) == 2)

    first, second = spans.named(f"process {KIND}")
    assert first.context.parent_id == second.context.parent_id == 0
    assert first.context.trace_id != second.context.trace_id


async def test_a_job_that_nobody_records_has_a_trace_for_its_log_lines_and_for_who_it_calls(engine, work, eventually):
    handler = Refusing()
    work(handler, waits=[timedelta(milliseconds=1)])
    await enqueue(engine, Job(KIND, "1"))
    await eventually(lambda: is_empty(engine))

    assert [context.sampled for context in handler.contexts] == [False, False]


async def test_a_job_carries_the_trace_it_is_given_before_that_of_who_writes_it(engine, work, spans, eventually):
    work(Refusing(), spans=spans, waits=[timedelta(milliseconds=1)])
    with Tracer(spans, 1.0).job("dispatch") as dispatch:
        await enqueue(engine, Job(KIND, "1", trace=TRACE))
    await eventually(lambda: len(spans.named(f"process {KIND}")) == 2)

    first, _ = spans.named(f"process {KIND}")
    assert (first.context.trace_id_hex, first.context.parent_id) == (TRACE[3:35], 0xB7AD6B7169203331)
    assert first.context.remote_parent
    assert not is_below(first, dispatch)


async def test_what_is_to_be_done_much_later_begins_a_trace_of_its_own(engine):
    now = datetime.now(UTC)
    for number, wait in enumerate((timedelta(0), timedelta(minutes=30), timedelta(hours=2))):
        await enqueue(engine, Job(KIND, str(number), not_before=now + wait, trace=TRACE))

    assert await traces(engine) == [TRACE, TRACE, None]


async def test_a_job_that_is_asked_for_again_belongs_to_who_asked_last_and_was_recorded(engine):
    later = TRACE.replace("b7", "c8")
    await enqueue(engine, Job(KIND, "1", {"of": 1}, trace=TRACE))
    await enqueue(engine, Job(KIND, "1", {"of": 2}))
    assert await traces(engine) == [TRACE]
    await enqueue(engine, Job(KIND, "1", {"of": 3}, trace=later))

    assert await traces(engine) == [later]


async def test_a_held_job_that_an_operator_lets_go_is_part_of_what_the_operator_does(engine, spans):
    await enqueue(engine, Job(KIND, "1", trace=TRACE))
    async with transaction(engine) as connection:
        await connection.execute(text(f"UPDATE {SCHEMA}.jobs SET state = 'HELD'"))
    [row] = await rows(engine, "id")
    with Tracer(spans, 1.0).job("call") as call:
        async with transaction(engine) as connection:
            await queue.requeue(connection, row.id)

    [trace] = await traces(engine)
    assert trace[3:35] == call.context.trace_id_hex
