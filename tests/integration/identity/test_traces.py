"""Batches of an import are traces of their own, and what follows from them belongs there."""

from __future__ import annotations

import pytest
from import_world import batch, row, run
from kept_spans import KeptSpans

from xacthuc.telemetry.tracing import Tracer


@pytest.fixture
def spans():
    return KeptSpans()


async def test_every_batch_of_an_import_is_a_trace_linked_to_its_stream_and_carried_by_its_event(bench, spans, look):
    with Tracer(spans, 1.0).job("stream") as stream:
        await run(bench.identity, batch("forum", [row("a")]), batch("forum", [row("b")]))

    batches, merges = spans.named("identity.import_batch"), spans.named("identity.import_merge")
    assert [spans.path(merge) for merge in merges] == [["identity.import_batch", "identity.import_merge"]] * 2
    assert [each.context.linked.span_id for each in batches] == [stream.context.span_id] * 2
    assert len({each.context.trace_id for each in (stream, *batches)}) == 3
    assert "postgresql" in spans.below(merges[0])
    events = [trace for (trace,) in await look("SELECT trace FROM identity.outbox ORDER BY id")]
    assert [trace[3:35] for trace in events] == [each.context.trace_id_hex for each in batches]


async def test_an_import_that_nobody_traces_writes_no_trace(bench, look):
    await run(bench.identity, batch("forum", [row("a")]))

    assert await look("SELECT trace FROM identity.outbox") == [(None,)]
