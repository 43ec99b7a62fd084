"""Does the jobs of webhooks: carries one event to one of them, and puts old events on their way again.

A delivery that fails is a failed job, so that the waits between attempts, and the end of them, are the job's. A webhook
that fails again and again is left alone for a moment without counting that against its events, and one that hangs takes
a part of the process's slots, never all.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, update

from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.remote.circuit import Circuit
from xacthuc.identity.adapters.tables import jobs, outbox, trail
from xacthuc.identity.adapters.webhooks import sql_deliveries
from xacthuc.identity.adapters.webhooks.sql_deliveries import event_of, of_delivery, webhook_of
from xacthuc.identity.adapters.webhooks.tables import webhook_deliveries, webhooks
from xacthuc.identity.domain.webhooks import DeliveryState, Outcome, WebhookState, body_of, headers_of
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.webhooks.secrets import WebhookSecrets
    from xacthuc.identity.domain.events import AccountEvent
    from xacthuc.identity.ports.webhooks import Attempt, Post, Webhook
    from xacthuc.watching.tail import Tail

SLOTS: Final = 12
"""Requests at once in this process."""
_SLOTS_OF_ONE: Final = 8
"""Of them to one webhook."""
_SECONDS: Final = 10.0
_BUSY_SECONDS: Final = (1.0, 5.0)
_POSITIONS_AT_ONCE: Final = 200
_EVENTS_AT_ONCE: Final = 500


class DeliveryFailedError(Exception):
    """An attempt failed; what came of it stands with the delivery."""


class _Load(NamedTuple):
    """What is to be carried, and to whom."""

    webhook: Webhook
    event: AccountEvent
    secrets: list[bytes]


class Deliverer:
    """Carries events to webhooks."""

    def __init__(
        self,
        engine: AsyncEngine,
        secrets: WebhookSecrets,
        post: Post,
        tail: Tail[AccountEvent],
        clock: Clock,
        *,
        disable_after: timedelta,
        count: Callable[[Outcome], None],
        disabled: Callable[[], None],
    ) -> None:
        """`disable_after` is how long nothing but failures may come of a webhook; the last two tell metrics."""
        self._engine = engine
        self._secrets = secrets
        self._post = post
        self._tail = tail
        self._clock = clock
        self._disable_after = disable_after
        self._count = count
        self._disabled = disabled
        self._circuits: dict[tuple[str, str], Circuit] = {}
        self._under_way = Counter[tuple[str, str]]()

    async def deliver(self, job: Job) -> Done | RetryAt:
        """Makes one attempt at one delivery; DeliveryFailedError when it fails."""
        platform, webhook_id, event_id = key = _key(job)
        receiver = platform, webhook_id
        if wait := self._wait(receiver):
            return RetryAt(self._clock.now() + wait, "HELD_BACK")
        with self._sending(receiver):
            load = await self._load(*key)
            if isinstance(load, Done):
                return load
            now, body = self._clock.now(), body_of(load.event)
            headers = headers_of(event_id, body, load.secrets, now)
            attempt = await self._post.send(load.webhook.address, headers, body, _SECONDS)
        self._judge(receiver, attempt)
        await self._settle(key, attempt)
        if attempt.outcome is not Outcome.ACCEPTED:
            raise DeliveryFailedError
        return Done("DELIVERED")

    async def replay(self, job: Job) -> Done:
        """Puts some old events on their way, and asks for itself again while there are more."""
        platform, webhook_id = job.key.split("/")
        after, until, places = int(job.payload["after"] or 0), int(job.payload["until"] or 0), await self._tail.places()
        async with transaction(self._engine) as connection:
            webhook = await self._webhook(connection, platform, webhook_id)
            if webhook is None or webhook.state is not WebhookState.ACTIVE:
                return Done("GONE")
            ends = await outbox.ends(connection)
            after = max(after, ends.forgotten)  # what was forgotten meanwhile cannot be told any more
            upto = min(after + _POSITIONS_AT_ONCE, until)
            _, rows = await outbox.span(connection, after=after, until=upto, platform=platform)
            last, events = next(self._tail.chunks(rows, places, upto, _EVENTS_AT_ONCE))
            await sql_deliveries.give(connection, [webhook], events, self._clock.now(), again=True)
            if last < until:
                await jobs.enqueue(connection, [Job(JobKind.WEBHOOK_REPLAY, job.key, {"after": last, "until": until})])
        return Done("REPLAYED")

    def _wait(self, receiver: tuple[str, str]) -> timedelta:
        """Returns for how long a webhook is to be left alone."""
        if self._under_way[receiver] >= _SLOTS_OF_ONE:
            return timedelta(seconds=random.uniform(*_BUSY_SECONDS))
        circuit = self._circuits.setdefault(receiver, Circuit())
        return timedelta(milliseconds=circuit.enter(self._clock.now_ms()))

    @contextmanager
    def _sending(self, receiver: tuple[str, str]) -> Iterator[None]:
        self._under_way[receiver] += 1
        try:
            yield
        finally:
            self._under_way[receiver] -= 1
            if not self._under_way[receiver]:
                del self._under_way[receiver]

    def _judge(self, receiver: tuple[str, str], attempt: Attempt) -> None:
        self._count(attempt.outcome)
        circuit = self._circuits.setdefault(receiver, Circuit())
        if attempt.outcome is Outcome.ACCEPTED:
            del self._circuits[receiver]
        else:
            circuit.failed(self._clock.now_ms())

    async def _load(self, platform: str, webhook_id: str, event_id: str) -> _Load | Done:
        async with transaction(self._engine) as connection:
            webhook = await self._webhook(connection, platform, webhook_id)
            found = select(webhook_deliveries).where(*of_delivery(platform, webhook_id, event_id))
            row = (await connection.execute(found)).one_or_none()
            if row is None:
                return Done("GONE")
            if webhook is None or webhook.state is not WebhookState.ACTIVE:
                await connection.execute(
                    update(webhook_deliveries)
                    .where(*of_delivery(platform, webhook_id, event_id))
                    .values(state=DeliveryState.DROPPED)
                )
                return Done("DROPPED")
            secrets = await self._secrets.read(connection, platform, webhook_id, self._clock.now())
        return _Load(webhook, event_of(row), secrets)

    async def _settle(self, key: tuple[str, str, str], attempt: Attempt) -> None:
        """Keeps what came of an attempt, and disables a webhook of which nothing but failures came for too long."""
        of, deliveries, now = webhooks.c, webhook_deliveries.c, self._clock.now()
        mine = of.platform == key[0], of.webhook == key[1]
        accepted, disabled = attempt.outcome is Outcome.ACCEPTED, False
        state = DeliveryState.DELIVERED if accepted else DeliveryState.PENDING
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(webhook_deliveries)
                .where(*of_delivery(*key))
                .values(
                    state=state,
                    attempts=deliveries.attempts + 1,
                    last_outcome=attempt.outcome,
                    last_status=attempt.status,
                    last_time=now,
                )
            )
            if accepted:
                await connection.execute(
                    update(webhooks).where(*mine, of.failing_since.is_not(None)).values(failing_since=None)
                )
            else:
                await connection.execute(
                    update(webhooks).where(*mine, of.failing_since.is_(None)).values(failing_since=now)
                )
                disabled = await self._disable(connection, key[0], key[1], now)
        if disabled:
            self._disabled()

    async def _disable(self, connection: AsyncConnection, platform: str, webhook_id: str, now: datetime) -> bool:
        of = webhooks.c
        changed = await connection.execute(
            update(webhooks)
            .where(of.platform == platform, of.webhook == webhook_id)
            .where(of.state == WebhookState.ACTIVE, of.failing_since <= now - self._disable_after)
            .values(state=WebhookState.DISABLED)
        )
        if not changed.rowcount:
            return False
        entry = Entry(
            tag=Tag.WEBHOOK_DISABLED,
            time=now,
            platform=platform,
            subject=webhook_id,
            actor="peer:identity",
            request_id="",
            trace_id="",
            detail={},
        )
        await trail.write(connection, [entry])
        return True

    async def _webhook(self, connection: AsyncConnection, platform: str, webhook_id: str) -> Webhook | None:
        query = select(webhooks).where(webhooks.c.platform == platform, webhooks.c.webhook == webhook_id)
        row = (await connection.execute(query)).one_or_none()
        return None if row is None else webhook_of(row)


def _key(job: Job) -> tuple[str, str, str]:
    platform, webhook_id, event_id = job.key.split("/")
    return platform, webhook_id, event_id
