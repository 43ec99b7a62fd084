"""Webhooks on PostgreSQL: who is given what, once, and how they are kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select
from standardwebhooks import Webhook as Verifier

from xacthuc.api.identity.v1 import events_pb2
from xacthuc.cli.commands.webhooks import Kind
from xacthuc.identity.adapters.rotation.targets import of_webhooks
from xacthuc.identity.adapters.tables import SCHEMA, outbox
from xacthuc.identity.adapters.webhooks.dispatcher import Dispatcher
from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
from xacthuc.identity.adapters.webhooks.tables import webhook_secrets
from xacthuc.identity.domain.webhooks import Outcome, WebhookState, spelled_secret
from xacthuc.identity.ports.webhooks import Changes, From, WebhookFault
from xacthuc.identity.usecases import webhooks as verbs
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.sql.engine import transaction
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay


async def test_what_happens_is_sent_once_and_can_be_verified(world):
    _, secret = await world.create()
    await world.happen("an", "binh")

    assert await world.deliver() == ["DELIVERED", "DELIVERED"]
    assert await world.deliver() == []
    told = [asked.fields["data"]["account"] for asked in world.receiver.received]
    assert sorted(told) == ["accounts/an", "accounts/binh"]
    sent = world.receiver.received[0]
    # The clock of the test stands still, and the library's does not: what it would sign is compared.
    signature = Verifier(secret).sign(sent.headers["webhook-id"], world.clock.now(), sent.body.decode())
    assert int(sent.headers["webhook-timestamp"]) == int(world.clock.now().timestamp())
    assert sent.headers["webhook-signature"] == signature


async def test_each_webhook_hears_of_what_it_was_made_for_and_of_its_own_platform(world):
    closed, _ = await world.create("ACCOUNT_CLOSED")
    everything, _ = await world.create()
    imports, _ = await world.create("ACCOUNT_IMPORTED")
    await world.happen("an", kind="ACCOUNT_CLOSED")
    await world.happen("an")
    await world.happen("an", platform="other")
    await world.happen("batch", kind="ACCOUNTS_IMPORTED", detail={"accounts": "an binh"})

    kinds = {name: [one.event.kind for one in await world.deliveries(name)] for name in (closed, everything, imports)}

    assert kinds == {
        closed: ["ACCOUNT_CLOSED"],
        everything: ["PHONE_VERIFIED", "ACCOUNT_CLOSED"],
        imports: ["ACCOUNT_IMPORTED", "ACCOUNT_IMPORTED"],
    }


async def test_a_webhook_hears_of_nothing_that_happened_before_it_was_made(world):
    await world.happen("an")
    await world.create()
    await world.happen("binh")
    await world.deliver()

    assert [asked.fields["data"]["account"] for asked in world.receiver.received] == ["accounts/binh"]


async def test_two_dispatchers_give_each_event_once(world):
    name, _ = await world.create()
    now = world.clock.now()
    async with transaction(world.engine) as connection:
        events = [
            Event(platform="forum", subject=f"u{n}", kind="PHONE_VERIFIED", time=now, detail={}) for n in range(300)
        ]
        await outbox.append(connection, events)
    await Relay(world.engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None).place()
    others = [
        Dispatcher(world.engine, world.tail, world.clock, given=lambda: None, on_lag=lambda _age: None)
        for _ in range(3)
    ]

    while any(await asyncio.gather(*(each.give() for each in others))):
        pass
    while await world.dispatcher.give():
        pass

    found = await world.deliveries(name)
    assert [one.event.account_id for one in found] == [f"u{n}" for n in reversed(range(300))]


async def test_the_lag_is_how_long_the_oldest_delivery_waits_and_0_when_none_does(world, eventually):
    seen = []
    dispatcher = Dispatcher(world.engine, world.tail, world.clock, given=lambda: None, on_lag=seen.append)

    async def told(lag):
        seen.clear()
        working = asyncio.create_task(dispatcher.run())
        await eventually(lambda: seen)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return seen[-1] == lag

    await world.create()
    await world.happen("an")
    world.clock.advance(timedelta(seconds=60))
    await world.happen("binh")
    world.clock.advance(timedelta(seconds=30))

    assert await told(90.0)
    assert await world.deliver() == ["DELIVERED", "DELIVERED"]
    assert await told(0.0)


async def test_a_rotated_secret_signs_beside_the_old_one_until_that_ends(world):
    name, old = await world.create()
    made = await verbs.rotate_secret(world.desk, world.order("RotateWebhookSecret"), name, timedelta(hours=1))
    now = world.clock.now()

    during = await world.store.secrets("forum", name, now)
    afterwards = await world.store.secrets("forum", name, now + timedelta(hours=1))

    assert [spelled_secret(secret) for secret in during] in ([made.secret, old], [old, made.secret])
    assert [spelled_secret(secret) for secret in afterwards] == [made.secret]


async def test_a_third_secret_takes_the_place_of_the_first(world):
    name, first = await world.create()
    for _ in range(2):
        world.clock.advance(timedelta(minutes=1))
        await verbs.rotate_secret(world.desk, world.order("RotateWebhookSecret"), name, timedelta(days=1))

    kept = [spelled_secret(secret) for secret in await world.store.secrets("forum", name, world.clock.now())]

    assert len(kept) == 2
    assert first not in kept


async def test_secrets_lie_sealed_and_are_sealed_anew_when_the_ring_turns(world):
    name, secret = await world.create()
    newer = KeyRing(keys={0: bytes(32), 1: bytes(range(32))}, current=1)
    (target,) = of_webhooks(world.engine, WebhookSecrets(Sealer(newer)), newer)
    page = await target.rows.page(None, 100)

    assert await target.renew(None, page.last) == 1
    async with transaction(world.engine) as connection:
        row = (await connection.execute(select(webhook_secrets))).one()
        assert bytes(row.secret)[0] == 1
        found = await WebhookSecrets(Sealer(newer)).read(connection, "forum", name, world.clock.now())
    assert [spelled_secret(each) for each in found] == [secret]


async def test_what_was_deleted_gets_nothing_more(world):
    name, _ = await world.create()
    await world.happen("an")
    await verbs.delete_webhook(world.desk, world.order("DeleteWebhook"), name)
    await world.happen("binh")

    assert await world.deliver() == ["DROPPED"]
    assert world.receiver.received == []


async def test_every_change_is_on_record_and_none_says_a_secret(world):
    name, secret = await world.create()
    await verbs.update_webhook(world.desk, world.order("UpdateWebhook"), name, Changes(state=WebhookState.PAUSED))
    await verbs.update_webhook(world.desk, world.order("UpdateWebhook"), name, Changes(state=WebhookState.ACTIVE))
    rotated = await verbs.rotate_secret(world.desk, world.order("RotateWebhookSecret"), name, timedelta())
    await verbs.test_webhook(world.desk, world.order("TestWebhook"), name)
    await verbs.replay_webhook(world.desk, world.order("ReplayWebhook"), name, From(time=world.clock.now()))
    await verbs.delete_webhook(world.desk, world.order("DeleteWebhook"), name)

    assert await world.tags() == ["created", "updated", "updated", "rotated", "tested", "replayed", "deleted"]
    audit = str((await world.sql("SELECT * FROM identity.audit")).all())
    for each in (secret, rotated.secret, "hooks?for"):
        assert each not in audit


async def test_a_repeated_test_is_answered_and_not_sent_again(world):
    name, _ = await world.create()
    order = world.order("TestWebhook")

    answers = [await verbs.test_webhook(world.desk, order, name) for _ in range(2)]

    assert answers[0] == answers[1] == (Outcome.ACCEPTED, 204)
    assert len(world.receiver.received) == 1


async def test_a_platform_has_ten_at_most(world):
    for _ in range(10):
        await world.create()
    refused = await world.store.create(
        world.order("CreateWebhook"), (await verbs.list_webhooks(world.desk, "forum"))[0], bytes(32)
    )

    assert refused is WebhookFault.TOO_MANY


def test_kinds_of_the_command_line_are_those_of_the_contract():
    assert {kind.name for kind in Kind} == set(events_pb2.AccountEvent.Kind.keys()) - {"KIND_UNSPECIFIED"}
