"""Streams of imports on a real PostgreSQL: repeated batches, streams beside each other, and streams that end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest
from import_world import ACCEPTED, batch, phone, row, run, verdicts

from xacthuc.grpckit.errors import RequestIdReused
from xacthuc.grpckit.streams import Streams
from xacthuc.identity.adapters import import_statements as statements
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.domain.importing import Outcome
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.usecases.imports import import_accounts
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


async def test_a_repeated_batch_answers_the_same_and_does_nothing(bench, look):
    rows, batch_id = [row("a"), row("b", born=(2999, 1, 1))], batch(PLATFORM, []).order.request_id
    first = await run(bench.identity, batch(PLATFORM, rows, batch_id))
    bench.clock.advance(timedelta(days=1))
    again = await run(bench.identity, batch(PLATFORM, rows, batch_id))

    assert [verdicts(answer) for answer in again] == [verdicts(answer) for answer in first]
    assert await look("SELECT count(*) FROM identity.audit") == [(1,)]


async def test_a_batch_repeated_behind_a_new_one_answers_the_same_and_does_nothing(bench, look):
    """Nobody asks for it before it is sealed: the merge has to find it."""
    rows, batch_id = [row("a"), row("b", born=(2999, 1, 1))], batch(PLATFORM, []).order.request_id
    first = await run(bench.identity, batch(PLATFORM, rows, batch_id))
    _, again = await run(bench.identity, batch(PLATFORM, [row("c")]), batch(PLATFORM, rows, batch_id))

    assert verdicts(again) == verdicts(first[0])
    assert await look("SELECT count(*) FROM identity.audit") == [(2,)]


async def test_a_batch_id_with_other_rows_is_refused_after_the_answers_before_it(bench, look):
    batch_id = batch(PLATFORM, []).order.request_id
    await run(bench.identity, batch(PLATFORM, [row("a")], batch_id))

    with pytest.raises(RequestIdReused):
        await run(bench.identity, batch(PLATFORM, [row("b")]), batch(PLATFORM, [row("c")], batch_id))

    assert await look("SELECT account FROM identity.accounts ORDER BY account") == [("a",), ("b",)]


async def test_a_batch_is_known_for_as_long_as_answers_are_kept(bench, engine):
    sent = [row("a")]
    batch_id = batch(PLATFORM, []).order.request_id
    await run(bench.identity, batch(PLATFORM, sent, batch_id))
    bench.clock.advance(timedelta(days=30))

    await destroy(engine, plan(bench.identity.policy), bench.clock.now() - timedelta(days=1))
    (kept,) = await run(bench.identity, batch(PLATFORM, sent, batch_id))
    await destroy(engine, plan(bench.identity.policy), bench.clock.now())
    (answer,) = await run(bench.identity, batch(PLATFORM, sent, batch_id))
    outcomes = [verdicts(one)[0].outcome for one in (kept, answer)]
    assert outcomes == [Outcome.IMPORTED, Outcome.UNCHANGED]


async def test_streams_with_the_same_accounts_numbers_and_batches_end_without_a_deadlock(accepting, look):
    """Each stream has them in another order, and shares half its batches with the others."""
    rows = [row(f"u{turn}", phone=phone(f"+849123{turn % 40:05d}", ACCEPTED + timedelta(turn))) for turn in range(120)]
    shared = [batch(PLATFORM, []).order.request_id for _ in range(3)]

    async def stream(turn):
        mixed = rows[turn * 30 :] + rows[: turn * 30]
        mixed = mixed if turn % 2 else mixed[::-1]
        own = [batch(PLATFORM, mixed[start : start + 40]) for start in range(0, 120, 40)]
        common = [batch(PLATFORM, rows[start * 40 : start * 40 + 40], shared[start]) for start in range(3)]
        return await run(accepting, *(one for pair in zip(own, common, strict=True) for one in pair))

    answers = await asyncio.gather(*(stream(turn) for turn in range(4)))

    outcomes = [verdict.outcome for stream_ in answers for answer in stream_ for verdict in verdicts(answer)]
    assert set(outcomes) <= {Outcome.IMPORTED, Outcome.UNCHANGED}
    assert await look("SELECT count(*) FROM identity.accounts") == [(120,)]
    assert await look("SELECT count(*), count(DISTINCT account) FROM identity.consents") == [(120, 120)]


async def test_one_batch_at_most_is_made_ready_ahead_of_who_reads_the_answers(bench, eventually):
    taken = []

    async def endless():
        while True:
            taken.append(f"u{len(taken)}")
            yield batch(PLATFORM, [row(taken[-1])])

    async with aclosing(import_accounts(bench.identity, endless())) as answers:
        for read in range(1, 6):
            await anext(answers)
            await eventually(lambda read=read: len(taken) == read + 1)
            for _ in range(1_000):  # whatever else may be taken is taken now
                await asyncio.sleep(0)
            assert len(taken) == read + 1


async def test_the_end_of_a_streams_life_loses_no_batch_and_leaves_nothing_behind(bench, engine, look):
    """The merge under way is carried through, though nobody is left to hear of it; sent again, it is answered."""
    ids = [str(UUID(int=place)) for place in range(3)]  # each in a slot of its own
    before = asyncio.all_tasks()

    def sent():
        return [batch(PLATFORM, [row(f"u{place}")], batch_id) for place, batch_id in enumerate(ids)]

    async def client():
        for one in sent():
            yield one
        await asyncio.Event().wait()  # it has not said that this was all

    answered = []
    async with transaction(engine) as other:
        await other.execute(statements.WAIT, {"slot": 1})
        with Streams().lasting(0.5):
            async with aclosing(import_accounts(bench.identity, client())) as answers:
                async for answer in answers:
                    answered += [answer.batch_id]
    await bench.identity.shield.drain()

    assert answered in ([], ids[:1])
    assert asyncio.all_tasks() == before
    again = await run(bench.identity, *sent())
    assert [(one.batch_id, verdicts(one)[0].outcome) for one in again] == [(one, Outcome.IMPORTED) for one in ids]
    assert await look("SELECT subject FROM identity.audit ORDER BY subject") == [(one,) for one in ids]
