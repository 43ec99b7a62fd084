"""What is forgotten once its time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from xacthuc.identity.adapters.housekeeping import Housekeeping
from xacthuc.identity.adapters.tables import jobs, number_moves


async def test_attempts_and_moves_are_forgotten_when_nobody_needs_them_any_more(bench, engine):
    now = bench.clock.now()
    ages = (timedelta(days=29), timedelta(days=31))
    async with engine.begin() as connection:
        for number, age in enumerate(ages):
            attempt = {"job_id": number, "number": 1, "kind": "PURGE", "start_time": now - age, "end_time": now - age}
            move = {"platform": "forum", "number_index": bytes(17), "move_time": now - age, "account": f"u{number}"}
            await connection.execute(insert(jobs.attempts).values(**attempt, outcome="DONE"))
            await connection.execute(insert(number_moves).values(**move))

    await Housekeeping(engine, bench.clock, timedelta(days=30), timedelta(days=30)).forget()

    async with engine.connect() as connection:
        assert (await connection.scalars(select(jobs.attempts.c.job_id))).all() == [0]
        assert (await connection.scalars(select(number_moves.c.account))).all() == ["u0"]
