"""Webhooks as one deployment has them, on real engines, with a receiver and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from webhook_receiver import WebhookReceiver

from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.sql_requests import SqlRequests
from xacthuc.identity.adapters.tables import SCHEMA, jobs, outbox, platforms
from xacthuc.identity.adapters.webhooks.deliverer import Deliverer, DeliveryFailedError
from xacthuc.identity.adapters.webhooks.dispatcher import Dispatcher
from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
from xacthuc.identity.adapters.webhooks.sender import opened_sender
from xacthuc.identity.adapters.webhooks.sql_webhooks import SqlWebhooks
from xacthuc.identity.commands import Order
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.reach import Reach
from xacthuc.identity.domain.webhooks import Outcome
from xacthuc.identity.usecases import webhooks as verbs
from xacthuc.jobs.job import Done, Job
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay
from xacthuc.watching.outbox_source import tail_of
from xacthuc.watching.tail import Tail

DISABLE_AFTER = timedelta(days=5)


@dataclass
class World:
    """One deployment's webhooks and a receiver."""

    engine: Any
    clock: Any
    receiver: WebhookReceiver
    store: SqlWebhooks
    secrets: WebhookSecrets
    deliverer: Deliverer
    dispatcher: Dispatcher
    desk: verbs.WebhookDesk
    tail: Tail
    outcomes: list[Outcome]

    def order(self, method, request_id=""):
        return Order(
            platform="forum",
            method=method,
            request_id=request_id or str(uuid4()),
            payload="",
            actor="peer:cli",
            trace_id="",
        )

    async def create(self, *kinds):
        made = await verbs.create_webhook(self.desk, self.order("CreateWebhook"), self.receiver.address, kinds)
        return made.webhook.webhook_id, made.secret

    async def happen(self, *subjects, kind="PHONE_VERIFIED", platform="forum", detail=None):
        """Has something happen and gives it to the webhooks."""
        now = self.clock.now()
        async with transaction(self.engine) as connection:
            await outbox.append(
                connection,
                [Event(platform=platform, subject=one, kind=kind, time=now, detail=detail or {}) for one in subjects],
            )
        relay = Relay(self.engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None)
        while await relay.place():
            pass
        while await self.dispatcher.give():
            pass

    async def waiting(self):
        async with transaction(self.engine) as connection:
            query = select(jobs.jobs).where(jobs.jobs.c.kind == JobKind.WEBHOOK_DELIVERY).order_by(jobs.jobs.c.id)
            return [Job(row.kind, row.key) for row in await connection.execute(query)]

    async def deliver(self):
        """Makes one attempt at everything; returns what came of each."""
        found = []
        for job in await self.waiting():
            try:
                answer = await self.deliverer.deliver(job)
                found.append(answer.outcome)
                if isinstance(answer, Done):
                    await self.sql(f"DELETE FROM identity.jobs WHERE key = '{job.key}'")
            except DeliveryFailedError:
                found.append("FAILED")
        return found

    async def deliveries(self, webhook_id):
        page, _ = await verbs.list_deliveries(self.desk, "forum", webhook_id, "", 1000)
        return page

    async def sql(self, statement):
        async with transaction(self.engine) as connection:
            return await connection.execute(text(statement))

    async def tags(self):
        async with transaction(self.engine) as connection:
            found = await connection.execute(text("SELECT tag FROM identity.audit ORDER BY id"))
            return [row.tag.removeprefix("identity:webhook:") for row in found]


@pytest.fixture
async def receiver():
    made = WebhookReceiver()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def world(engine, bench, receiver):
    async with transaction(engine) as connection:
        await connection.execute(
            insert(platforms),
            [
                {"platform": name, "display_name": "Forum", "create_time": bench.clock.now()}
                for name in ("forum", "other")
            ],
        )
    sealer = Sealer(KeyRing(keys={0: bytes(32)}, current=0))
    secrets, tail, outcomes = WebhookSecrets(sealer), tail_of(engine, outbox, told), []
    async with opened_sender(Reach(loopback=True), ca_file=None, concurrency=8) as post:
        store = SqlWebhooks(engine, SqlRequests(bench.personal), secrets, tail)
        made = World(
            engine=engine,
            clock=bench.clock,
            receiver=receiver,
            store=store,
            secrets=secrets,
            deliverer=Deliverer(
                *(engine, secrets, post, tail, bench.clock),
                disable_after=DISABLE_AFTER,
                count=outcomes.append,
                disabled=lambda: None,
            ),
            dispatcher=Dispatcher(engine, tail, bench.clock, given=lambda: None, on_lag=lambda _age: None),
            desk=verbs.WebhookDesk(
                clock=bench.clock,
                webhooks=store,
                post=post,
                ports={443},
                development=True,
                appended=lambda: None,
            ),
            tail=tail,
            outcomes=outcomes,
        )
        await made.dispatcher.give()  # the first time ever: what happened before is nobody's
        yield made


async def replayed(world):
    """Does the jobs of replays until none is left."""
    while True:
        async with transaction(world.engine) as connection:
            query = select(jobs.jobs).where(jobs.jobs.c.kind == JobKind.WEBHOOK_REPLAY)
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return
        await world.sql("DELETE FROM identity.jobs WHERE kind = 'WEBHOOK_REPLAY'")
        await world.deliverer.replay(Job(row.kind, row.key, row.payload))
