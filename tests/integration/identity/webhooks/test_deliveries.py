"""Deliveries on PostgreSQL: how often they are tried, what becomes of what fails, and what is sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from webhook_world import DISABLE_AFTER, replayed

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.tables import SCHEMA, jobs, outbox
from xacthuc.identity.adapters.webhooks.tables import webhook_deliveries
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.domain.webhooks import WAITS, DeliveryState, Outcome, WebhookState
from xacthuc.identity.ports.webhooks import Changes, From, WebhookFault
from xacthuc.identity.usecases import webhooks as verbs
from xacthuc.jobs.job import Work
from xacthuc.jobs.worker import Worker
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay
from xacthuc.telemetry.metrics import Metrics
from xacthuc.telemetry.tracing import Tracer


async def test_a_failure_is_tried_again_after_the_waits_of_the_policy_and_is_dead_after_the_last(world, eventually):
    """Times are the database's: the test brings each next attempt forward, after having looked when it would have been."""
    name, _ = await world.create()
    world.receiver.behave("fail")
    metrics = Metrics(CollectorRegistry(), jobs=frozenset(JobKind))
    work = {JobKind.WEBHOOK_DELIVERY: Work(world.deliverer.deliver, WAITS)}
    await world.happen("an")
    worker = Worker(world.engine, jobs, work, metrics, Tracer(None, 0), slots=2, drain=timedelta(seconds=1))
    running = asyncio.create_task(worker.run())
    waits = []
    for attempt in range(1, len(WAITS) + 2):

        async def tried(attempt=attempt):
            row = (await world.sql("SELECT state, failures, due_time - now() AS wait FROM identity.jobs")).one()
            return row.failures == attempt and row.state != "RUNNING" and row

        await eventually(tried, within=timedelta(seconds=20))
        row = await tried()
        waits.append(row.wait)
        world.clock.advance(timedelta(minutes=2))  # a circuit that opened is closed again
        await world.sql("UPDATE identity.jobs SET due_time = now() WHERE state = 'WAITING'")
        worker.wake()
    (dead,) = await world.deliveries(name)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert (dead.state, dead.attempts, dead.last_outcome, dead.last_status) == (
        DeliveryState.DEAD,
        6,
        Outcome.FAILED,
        500,
    )
    for wait, wanted in zip(waits, WAITS, strict=False):
        assert wanted * 0.9 - timedelta(seconds=5) <= wait <= wanted * 1.21
    ids = {asked.headers["webhook-id"] for asked in world.receiver.received}
    assert (len(world.receiver.received), len(ids)) == (6, 1)

    world.receiver.behave("accept")
    await verbs.replay_webhook(world.desk, world.order("ReplayWebhook"), name, From(event_id=dead.event.event_id))
    assert await world.deliver() == ["DELIVERED"]
    (done,) = await world.deliveries(name)
    assert (done.state, done.attempts) == (DeliveryState.DELIVERED, 1)


async def test_a_receiver_that_fails_is_left_alone_without_that_counting_and_others_are_not(world):
    failing, _ = await world.create()
    world.receiver.behave("fail")
    await world.happen(*(f"u{number}" for number in range(8)))

    assert await world.deliver() == ["FAILED"] * 5 + ["HELD_BACK"] * 3
    attempts = [one.attempts for one in await world.deliveries(failing)]
    assert sorted(attempts) == [0] * 3 + [1] * 5
    world.clock.advance(timedelta(seconds=3))
    world.receiver.behave("accept")
    assert (await world.deliver()).count("DELIVERED") == 8


async def test_a_webhook_of_which_nothing_but_failures_come_is_disabled_and_resumes_where_it_is_told_to(world):
    name, _ = await world.create()
    world.receiver.behave("redirect")
    await world.happen("an")
    assert await world.deliver() == ["FAILED"]
    world.clock.advance(DISABLE_AFTER - timedelta(seconds=1))
    await world.deliver()
    assert (await verbs.get_webhook(world.desk, "forum", name)).state is WebhookState.ACTIVE
    world.clock.advance(timedelta(seconds=2))
    await world.deliver()

    disabled = await verbs.get_webhook(world.desk, "forum", name)
    assert disabled.state is WebhookState.DISABLED
    assert (await world.tags())[-1] == "disabled"
    await world.happen("binh")
    assert await world.deliver() == ["DROPPED"]
    refused = await world.store.replay(
        world.order("ReplayWebhook"), name, From(time=world.clock.now()), world.clock.now()
    )
    assert refused is WebhookFault.INACTIVE

    world.receiver.behave("accept")
    resumed = Changes(state=WebhookState.ACTIVE)
    await verbs.update_webhook(world.desk, world.order("UpdateWebhook"), name, resumed)
    begin = world.clock.now() - timedelta(days=6)
    await verbs.replay_webhook(world.desk, world.order("ReplayWebhook"), name, From(time=begin))
    await replayed(world)
    await world.deliver()
    told = [asked.fields["data"]["account"] for asked in world.receiver.received[-2:]]
    assert sorted(told) == ["accounts/an", "accounts/binh"]


async def test_a_success_ends_the_count_of_days(world):
    name, _ = await world.create()
    world.receiver.behave("fail", times=1)
    await world.happen("an")
    await world.deliver()
    world.clock.advance(DISABLE_AFTER + timedelta(days=1))
    assert await world.deliver() == ["DELIVERED"]
    world.receiver.behave("fail", times=1)
    await world.happen("binh")
    await world.deliver()

    assert (await verbs.get_webhook(world.desk, "forum", name)).state is WebhookState.ACTIVE


async def test_a_replay_sends_everything_behind_a_cursor_with_the_same_ids(world):
    name, _ = await world.create()
    await world.happen(*(f"u{number}" for number in range(450)))
    places = await world.tail.places()
    first = {job.key for job in await world.waiting()}
    await world.sql("DELETE FROM identity.jobs")
    await world.sql("UPDATE identity.webhook_deliveries SET state = 'DELIVERED', attempts = 1")

    await verbs.replay_webhook(world.desk, world.order("ReplayWebhook"), name, From(cursor=places.cursor(10)))
    await replayed(world)

    again = {job.key for job in await world.waiting()}
    states = [(one.state, one.attempts) for one in await world.deliveries(name)]
    assert len(again) == 440
    assert again < first
    assert states == [(DeliveryState.PENDING, 0)] * 440 + [(DeliveryState.DELIVERED, 1)] * 10


@pytest.mark.parametrize(
    ("cursor", "fault"),
    [("A" * 22, WebhookFault.UNKNOWN_CURSOR), ("ahead", WebhookFault.AHEAD), ("expired", WebhookFault.EXPIRED)],
)
async def test_a_replay_from_nowhere_is_refused(world, cursor, fault):
    name, _ = await world.create()
    await world.happen("an", "binh")
    await world.sql("UPDATE identity.outbox_head SET forgotten_position = 1")
    places = await world.tail.places()
    spelled = {"ahead": places.cursor(99), "expired": places.cursor(0)}.get(cursor, cursor)

    found = await world.store.replay(world.order("ReplayWebhook"), name, From(cursor=spelled), world.clock.now())

    assert found is fault


async def test_an_event_of_another_platform_is_not_replayed(world):
    name, _ = await world.create()
    await world.happen("an", platform="other")
    event_id = (await world.tail.places()).event_id(1, 0)

    found = await world.store.replay(world.order("ReplayWebhook"), name, From(event_id=event_id), world.clock.now())

    assert found is WebhookFault.NO_EVENT


async def test_what_webhooks_were_not_given_is_not_forgotten_and_old_deliveries_are(world, bench):
    await world.create()
    await world.happen("an")
    await world.deliver()
    world.clock.advance(timedelta(days=31))
    async with transaction(world.engine) as connection:
        old = world.clock.now() - timedelta(days=31)
        await outbox.append(
            connection, [Event(platform="forum", subject="binh", kind="PHONE_VERIFIED", time=old, detail={})]
        )
    await Relay(world.engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None).place()

    await destroy(world.engine, plan(bench.identity.policy), world.clock.now())

    async with transaction(world.engine) as connection:
        assert [one.position for one in await outbox.read(connection, after=0, limit=9)] == [2]
        assert (await connection.execute(select(webhook_deliveries))).all() == []
    assert await world.dispatcher.give() is False
    assert len(await world.waiting()) == 1
