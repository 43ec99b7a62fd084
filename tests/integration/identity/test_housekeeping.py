"""What is forgotten once its time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.tables import SCHEMA, jobs, number_moves, outbox
from xacthuc.identity.domain.retention import plan
from xacthuc.sql.outbox import Event
from xacthuc.sql.relay import Relay


async def test_attempts_and_moves_are_forgotten_when_nobody_needs_them_any_more(bench, engine):
    now = bench.clock.now()
    ages = (timedelta(days=29), timedelta(days=31))
    async with engine.begin() as connection:
        for number, age in enumerate(ages):
            attempt = {"job_id": number, "number": 1, "kind": "PURGE", "start_time": now - age, "end_time": now - age}
            move = {"platform": "forum", "number_index": bytes(17), "move_time": now - age, "account": f"u{number}"}
            await connection.execute(insert(jobs.attempts).values(**attempt, outcome="DONE"))
            await connection.execute(insert(number_moves).values(**move))

    await destroy(engine, plan(bench.identity.policy), now)

    async with engine.connect() as connection:
        assert (await connection.scalars(select(jobs.attempts.c.job_id))).all() == [0]
        assert (await connection.scalars(select(number_moves.c.account))).all() == ["u0"]


async def test_events_are_forgotten_from_the_front_after_the_days_of_the_policy(bench, engine):
    now, kept = bench.clock.now(), bench.identity.policy.events.kept_days
    ages = [timedelta(days=kept, hours=1), timedelta(days=kept, hours=-1)]
    async with engine.begin() as connection:
        told = [Event(platform="forum", subject="u1", kind="PHONE_VERIFIED", time=now - age, detail={}) for age in ages]
        await outbox.append(connection, told)
    await Relay(engine, SCHEMA, interval=timedelta(seconds=1), on_lag=lambda _age: None).place()

    await destroy(engine, plan(bench.identity.policy), now)

    async with engine.connect() as connection:
        assert await outbox.ends(connection) == (2, 1)
        assert [one.position for one in await outbox.read(connection, after=0, limit=10)] == [2]
