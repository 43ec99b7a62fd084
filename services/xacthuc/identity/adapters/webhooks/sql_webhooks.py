"""Webhooks and their secrets in PostgreSQL: the port `Webhooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import jobs, outbox, platforms, trail
from xacthuc.identity.adapters.webhooks import sql_deliveries
from xacthuc.identity.adapters.webhooks.sql_deliveries import webhook_of
from xacthuc.identity.adapters.webhooks.tables import webhook_secrets, webhooks
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.webhooks import MOST_WEBHOOKS, Outcome, WebhookState
from xacthuc.identity.ports.webhooks import Attempt, Webhook, WebhookFault
from xacthuc.ids import encode, random_bytes
from xacthuc.jobs.job import Job
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.ports.webhooks import Changes, Delivery, From
    from xacthuc.watching.tail import Tail

_SECRET_ID_BYTES: Final = 9


class SqlWebhooks:
    """The port `Webhooks`."""

    def __init__(
        self, engine: AsyncEngine, requests: SqlRequests, secrets: WebhookSecrets, tail: Tail[AccountEvent]
    ) -> None:
        """Takes the pool for writes, what recognises repetitions, what seals secrets, and how events are spelled."""
        self._engine = engine
        self._requests = requests
        self._secrets = secrets
        self._tail = tail

    async def create(self, order: Order, webhook: Webhook, secret: bytes) -> Webhook | WebhookFault:
        """Counts under the platform's lock, so that two calls cannot both take the last place."""
        now = webhook.create_time
        async with transaction(self._engine) as connection:
            of_platform = platforms.c.platform == order.platform
            locked = await connection.execute(select(platforms.c.platform).where(of_platform).with_for_update())
            if locked.one_or_none() is None:
                return WebhookFault.NO_PLATFORM
            if await self._requests.find(connection, order) is not None:
                return WebhookFault.REPEATED
            of_webhooks = webhooks.c.platform == order.platform
            count = await connection.scalar(select(func.count()).select_from(webhooks).where(of_webhooks))
            if (count or 0) >= MOST_WEBHOOKS:
                return WebhookFault.TOO_MANY
            await connection.execute(
                insert(webhooks).values(
                    platform=webhook.platform,
                    webhook=webhook.webhook_id,
                    address=webhook.address,
                    kinds=sorted(webhook.kinds),
                    state=webhook.state,
                    create_time=now,
                )
            )
            await self._add_secret(connection, webhook.platform, webhook.webhook_id, secret, now)
            kinds = " ".join(sorted(webhook.kinds))
            await self._keep(connection, order, Tag.WEBHOOK_CREATED, webhook.webhook_id, now, kinds=kinds)
        return webhook

    async def get(self, platform: str, webhook_id: str) -> Webhook | None:
        """Reads a webhook."""
        async with transaction(self._engine) as connection:
            return await self._find(connection, platform, webhook_id)

    async def of(self, platform: str) -> Sequence[Webhook] | None:
        """Reads a platform's webhooks."""
        query = select(webhooks).where(webhooks.c.platform == platform)
        async with transaction(self._engine) as connection:
            known = await connection.scalar(select(platforms.c.platform).where(platforms.c.platform == platform))
            if known is None:
                return None
            rows = await connection.execute(query.order_by(webhooks.c.create_time, webhooks.c.webhook))
            return [webhook_of(row) for row in rows]

    async def update(self, order: Order, webhook_id: str, changes: Changes, now: datetime) -> Webhook | WebhookFault:
        """Changes what is given; a webhook that is resumed has failed at nothing yet."""
        values: dict[str, Any] = {}
        if changes.address is not None:
            values["address"] = changes.address
        if changes.kinds is not None:
            values["kinds"] = sorted(changes.kinds)
        if changes.state is not None:
            values |= {"state": changes.state, "failing_since": None}
        async with transaction(self._engine) as connection:
            found = await self._find(connection, order.platform, webhook_id, lock=True)
            if found is None:
                return WebhookFault.NO_WEBHOOK
            if await self._requests.find(connection, order) is not None:
                return found
            if values:
                await connection.execute(update(webhooks).where(*_is(webhooks, order, webhook_id)).values(values))
            # The address may hold a secret of the platform's in its path: only that it changed is told.
            changed = " ".join(name for name in ("address", "kinds", "state") if name in values)
            await self._keep(connection, order, Tag.WEBHOOK_UPDATED, webhook_id, now, changed=changed)
            return await self._find(connection, order.platform, webhook_id) or WebhookFault.NO_WEBHOOK

    async def delete(self, order: Order, webhook_id: str, now: datetime) -> WebhookFault | None:
        """Removes it; what is on its way finds nobody and ends."""
        async with transaction(self._engine) as connection:
            if await self._find(connection, order.platform, webhook_id, lock=True) is None:
                seen = await self._requests.find(connection, order)
                return None if seen is not None else WebhookFault.NO_WEBHOOK
            for table in (webhook_secrets, webhooks):
                await connection.execute(delete(table).where(*_is(table, order, webhook_id)))
            await self._keep(connection, order, Tag.WEBHOOK_DELETED, webhook_id, now)
        return None

    async def rotate(
        self, order: Order, webhook_id: str, secret: bytes, until: datetime, now: datetime
    ) -> Webhook | WebhookFault:
        """Leaves two secrets at most: the new one, and the newest before it until its end."""
        of = webhook_secrets.c
        async with transaction(self._engine) as connection:
            found = await self._find(connection, order.platform, webhook_id, lock=True)
            if found is None:
                return WebhookFault.NO_WEBHOOK
            if await self._requests.find(connection, order) is not None:
                return WebhookFault.REPEATED
            newest = (
                select(of.secret_id)
                .where(*_is(webhook_secrets, order, webhook_id))
                .order_by(of.create_time.desc())
                .limit(1)
                .scalar_subquery()
            )
            mine = _is(webhook_secrets, order, webhook_id)
            await connection.execute(delete(webhook_secrets).where(*mine, of.secret_id != newest))
            await connection.execute(update(webhook_secrets).where(*mine).values(expire_time=until))
            await self._add_secret(connection, order.platform, webhook_id, secret, now)
            until_ms = round(until.timestamp() * 1000)
            await self._keep(connection, order, Tag.WEBHOOK_ROTATED, webhook_id, now, expire_ms=until_ms)
        return found

    async def replay(self, order: Order, webhook_id: str, what: From, now: datetime) -> Webhook | WebhookFault:
        """Puts one event on its way, or asks for a job that puts many."""
        async with transaction(self._engine) as connection:
            found = await self._find(connection, order.platform, webhook_id, lock=True)
            if found is None:
                return WebhookFault.NO_WEBHOOK
            if await self._requests.find(connection, order) is not None:
                return found
            if found.state is not WebhookState.ACTIVE:
                return WebhookFault.INACTIVE
            again = self._one if what.event_id else self._many
            fault = await again(connection, found, what, now)
            if fault is None:
                begin = what.event_id or what.cursor or str(what.time)
                await self._keep(connection, order, Tag.WEBHOOK_REPLAYED, webhook_id, now, begin=begin)
        return fault or found

    async def deliveries(self, platform: str, webhook_id: str, token: str, limit: int) -> Sequence[Delivery] | None:
        """Reads deliveries with their jobs."""
        before = (await self._tail.places()).event(token) if token else None
        if token and before is None:
            return None
        async with transaction(self._engine) as connection:
            return await sql_deliveries.page(connection, platform, webhook_id, before, limit)

    async def secrets(self, platform: str, webhook_id: str, now: datetime) -> Sequence[bytes]:
        """Opens the secrets that are good now."""
        async with transaction(self._engine) as connection:
            return await self._secrets.read(connection, platform, webhook_id, now)

    async def tested(self, order: Order) -> Attempt | None:
        """Opens what was kept of the same request."""
        async with transaction(self._engine) as connection:
            seen = await self._requests.find(connection, order)
        if seen is None or seen.answer is None:
            return None
        return Attempt(Outcome(seen.answer["outcome"]), seen.answer["status"])

    async def record_test(self, order: Order, webhook_id: str, attempt: Attempt, now: datetime) -> None:
        """Keeps the answer for a repetition."""
        answer = {"outcome": attempt.outcome, "status": attempt.status}
        async with transaction(self._engine) as connection:
            await self._keep(
                connection, order, Tag.WEBHOOK_TESTED, webhook_id, now, answer=answer, outcome=attempt.outcome
            )

    async def _find(
        self, connection: AsyncConnection, platform: str, webhook_id: str, *, lock: bool = False
    ) -> Webhook | None:
        query = select(webhooks).where(webhooks.c.platform == platform, webhooks.c.webhook == webhook_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
        return None if row is None else webhook_of(row)

    async def _one(
        self, connection: AsyncConnection, webhook: Webhook, what: From, now: datetime
    ) -> WebhookFault | None:
        places = await self._tail.places()
        place = places.event(what.event_id)
        if place is None:
            return WebhookFault.NO_EVENT
        position, number = place
        _, rows = await outbox.span(connection, after=position - 1, until=position, platform=webhook.platform)
        events = [event for row in rows for event in told(row.position, row.event, places.event_id)]
        if number >= len(events):
            return WebhookFault.NO_EVENT
        await sql_deliveries.give_one(connection, webhook, events[number], now)
        return None

    async def _many(
        self, connection: AsyncConnection, webhook: Webhook, what: From, _now: datetime
    ) -> WebhookFault | None:
        ends = await outbox.ends(connection)
        if what.time is not None:
            after: int | None = await outbox.position_before(connection, what.time)
        else:
            after = (await self._tail.places()).position(what.cursor)
        if after is None:
            return WebhookFault.UNKNOWN_CURSOR
        if after > ends.position:
            return WebhookFault.AHEAD
        if after < ends.forgotten:
            return WebhookFault.EXPIRED
        key, payload = f"{webhook.platform}/{webhook.webhook_id}", {"after": after, "until": ends.position}
        await jobs.enqueue(connection, [Job(JobKind.WEBHOOK_REPLAY, key, {**payload})])
        return None

    async def _add_secret(
        self, connection: AsyncConnection, platform: str, webhook_id: str, secret: bytes, now: datetime
    ) -> None:
        secret_id = encode(random_bytes(_SECRET_ID_BYTES))
        await connection.execute(
            insert(webhook_secrets).values(
                platform=platform,
                webhook=webhook_id,
                secret_id=secret_id,
                secret=self._secrets.seal(platform, webhook_id, secret_id, secret),
                create_time=now,
            )
        )

    async def _keep(
        self,
        connection: AsyncConnection,
        order: Order,
        tag: Tag,
        webhook_id: str,
        now: datetime,
        *,
        answer: object = None,
        **detail: str | int | None,
    ) -> None:
        await self._requests.record(connection, order, None, answer, now)
        entry = Entry(
            tag=tag,
            time=now,
            platform=order.platform,
            subject=webhook_id,
            actor=order.actor,
            request_id=order.request_id,
            trace_id=order.trace_id,
            detail={**detail},
        )
        await trail.write(connection, [entry])


def _is(table: Table, order: Order, webhook_id: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.platform == order.platform, table.c.webhook == webhook_id
