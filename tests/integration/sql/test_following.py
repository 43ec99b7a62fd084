"""Following goes on whatever became of the place where it stood."""

from __future__ import annotations

from datetime import timedelta

import pytest
from kept_spans import KeptSpans
from sqlalchemy import insert, select

from xacthuc.clock import SystemClock
from xacthuc.grpckit.errors import FieldFault, InvalidRequest, OutOfRange
from xacthuc.grpckit.reasons import Reason
from xacthuc.livestream.adapters.tables import cursors
from xacthuc.sql.following import Following, Stream, Told
from xacthuc.telemetry.tracing import Tracer, carried

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STREAM = Stream("test", "tests")
REFUSALS = {
    "not ours": InvalidRequest(FieldFault("cursor", "must be one that this service gave", "NOT_OURS")),
    "expired": OutOfRange(Reason.CURSOR_EXPIRED, "no longer kept"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_place_that_the_peer_refuses_is_left_and_made_up_for(engine, refusal):
    async with engine.begin() as connection:
        now = SystemClock().now()
        await connection.execute(insert(cursors).values(stream=STREAM.name, position=b"old", update_time=now))
    seen, spans = [], KeptSpans()

    async def watch(cursor):
        if cursor == b"old":
            raise REFUSALS[refusal]
        yield Told(b"new", "told", [TRACE])

    async def deal(_connection, told, _now):
        seen.append(told)
        assert carried()[3:35] == TRACE[3:35]  # what is asked for by it goes on with the trace

    async def dealt(_result):
        seen.append("dealt")

    following = Following(
        engine,
        cursors,
        STREAM,
        SystemClock(),
        tracer=Tracer(spans, 0.0),
        watch=watch,
        deal=deal,
        dealt=dealt,
        gap=lambda: seen.append("gap"),
        longest_pause=timedelta(seconds=1),
    )

    assert await following.follow()
    async with engine.begin() as connection:
        kept = await connection.scalar(select(cursors.c.position).where(cursors.c.stream == STREAM.name))
    assert [(step.context.trace_id_hex, step.context.parent_id) for step in spans.named("follow test")] == [
        (TRACE[3:35], int(TRACE[36:52], 16))
    ]
    assert (seen, kept) == (["gap", "told", "dealt"], b"new")
