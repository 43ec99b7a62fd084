"""What a webhook is told is a part of the trace of the call that made it happen."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from kept_spans import KeptSpans, is_below
from prometheus_client import CollectorRegistry

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs, outbox
from xacthuc.identity.domain.webhooks import WAITS
from xacthuc.identity.ports.webhooks import From
from xacthuc.identity.usecases import webhooks as verbs
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.tracing import Tracer


@pytest.fixture
def spans():
    return KeptSpans()


async def write(world, subject):
    """Has something happen that nobody is told of yet."""
    event = Event(platform="forum", subject=subject, kind="PHONE_VERIFIED", time=world.clock.now(), detail={})
    async with transaction(world.engine) as connection:
        await outbox.append(connection, [event])


@asynccontextmanager
async def delivering(world, spans, ratio=0.0):
    work = {JobKind.WEBHOOK_DELIVERY: Work(world.deliverer.deliver, WAITS)}
    metrics, tracer = Metrics(CollectorRegistry(), jobs=frozenset(JobKind)), Tracer(spans, ratio)
    worker = Worker(world.engine, jobs, work, metrics, tracer, slots=2, drain=timedelta(seconds=1))
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_webhook_is_told_within_the_trace_of_what_happened(world, spans, eventually):
    await world.create()
    with Tracer(spans, 1.0).job("call"):
        await write(world, "an")
    await world.happen()  # outside the call, as the relay and the dispatcher do
    async with delivering(world, spans):
        await eventually(lambda: spans.named("process WEBHOOK_DELIVERY"))

    delivery, post = spans.one("process WEBHOOK_DELIVERY"), spans.one("POST")
    assert spans.path(post) == ["call", "postgresql", "process WEBHOOK_DELIVERY", "POST"]
    assert delivery.attributes["outcome"] == "DELIVERED"
    told = {"http.request.method": "POST", "server.address": "127.0.0.1", "http.response.status_code": 204}
    assert post.attributes == told
    [asked] = world.receiver.received
    assert asked.headers["traceparent"] == post.traceparent()


async def test_a_delivery_that_fails_is_a_failed_step_and_its_next_attempt_is_beside_it(world, spans, eventually):
    await world.create()
    world.receiver.behave("fail", times=1)
    with Tracer(spans, 1.0).job("call"):
        await write(world, "an")
    await world.happen()
    async with delivering(world, spans):
        await eventually(lambda: spans.named("process WEBHOOK_DELIVERY"))
        await world.sql("UPDATE identity.jobs SET due_time = now() WHERE state = 'WAITING'")
        await eventually(lambda: len(spans.named("process WEBHOOK_DELIVERY")) == 2)

    first, second = spans.named("process WEBHOOK_DELIVERY")
    assert [post.failure for post in spans.named("POST")] == ["FAILED", ""]
    assert (first.failure, second.failure) == ("DeliveryFailedError", "")
    assert spans.path(first) == spans.path(second)


async def test_what_nobody_traced_takes_no_trace_along(world, spans, eventually):
    await world.create()
    await world.happen("an")
    async with delivering(world, spans):
        await eventually(lambda: world.receiver.received)

    [asked] = world.receiver.received
    assert "traceparent" not in asked.headers
    assert spans == []


async def test_what_is_sent_again_is_part_of_the_call_that_asked_for_it(world, spans):
    name, _ = await world.create()
    with Tracer(spans, 1.0).job("call") as call:
        await write(world, "an")
    await world.happen()
    [event] = [one.event for one in await world.deliveries(name)]
    with Tracer(spans, 1.0).job("replay") as replay:
        await verbs.replay_webhook(world.desk, world.order("ReplayWebhook"), name, From(event_id=event.event_id))

    row = (await world.sql("SELECT trace FROM identity.jobs WHERE kind = 'WEBHOOK_DELIVERY'")).one()
    assert row.trace[3:35] == replay.context.trace_id_hex != call.context.trace_id_hex
    assert not is_below(replay, call)
