"""Many decisions at once: what each alone would be, from one trip and one question."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from counted_facts import Counted

from xacthuc.grpckit.errors import Unavailable
from xacthuc.identity.adapters.sql_accounts import SqlFacts
from xacthuc.identity.domain.facts import NOT_REGISTERED
from xacthuc.identity.ports.standing import Standing
from xacthuc.identity.usecases import decisions
from xacthuc.identity.usecases.standing import MOST_TOGETHER, SOFT_LIFE, Standings
from xacthuc.policy import Action, Reason
from xacthuc.sql.engine import make_engine

PLATFORM = "forum"
HARD_LIMIT = timedelta(minutes=10)


@pytest.fixture
def source(bench):
    return Counted(bench.facts)


@pytest.fixture
def standings(bench, source):
    return Standings(bench.cache, source, bench.clock, hard_limit=HARD_LIMIT, most_reads=8)


@pytest.mark.rule("R7")
async def test_a_batch_decides_what_each_call_alone_would(bench):
    await bench.register("grown")
    await bench.verify("grown")
    await bench.register("child", born=(2015, 1, 2))
    await bench.register("new")
    asked = [(account, action) for account in ("grown", "child", "new", "nobody") for action in Action]

    together = await decisions.batch_check_actions(bench.identity, PLATFORM, *zip(*asked, strict=True))

    assert together == [await bench.check(account, action) for account, action in asked]


async def test_decisions_are_counted_by_action_and_reason(bench):
    await bench.register("new")
    counted = Counter()
    identity = replace(bench.identity, decided=lambda action, reason, by: counted.update({(action, reason): by}))

    await decisions.check_action(identity, PLATFORM, "new", Action.READ)
    await decisions.batch_check_actions(identity, PLATFORM, ["new", "new", "nobody"], [Action.POST] * 3)

    assert counted == {
        (Action.READ, Reason.ACTION_NOT_GATED): 1,
        (Action.POST, Reason.NOT_VERIFIED): 2,
        (Action.POST, Reason.NOT_REGISTERED): 1,
    }


@pytest.mark.rule("R6")
async def test_what_is_not_gated_is_decided_without_facts(bench):
    await bench.store.close()

    (decision,) = await decisions.batch_check_actions(bench.identity, PLATFORM, ["u1"], [Action.READ])

    assert decision.allowed


async def test_misses_are_read_in_one_question_and_kept(standings, source):
    names = [f"u{number}" for number in range(50)]

    for _ in range(2):
        assert await standings.facts_of(PLATFORM, names) == dict.fromkeys(names, NOT_REGISTERED)

    assert source.questions == [tuple(names)]


async def test_more_than_a_question_may_hold_are_read_in_several(standings, source):
    names = [f"u{number}" for number in range(MOST_TOGETHER + 1)]

    assert len(await standings.facts_of(PLATFORM, names)) == len(names)

    assert [len(question) for question in source.questions] == [MOST_TOGETHER, 1]


async def test_an_account_somebody_is_asking_about_is_not_asked_about_again(standings, source, eventually):
    source.may_answer.clear()
    alone = asyncio.create_task(standings.facts(PLATFORM, "u1"))
    await eventually(lambda: source.asked == 1)
    together = asyncio.create_task(standings.facts_of(PLATFORM, ["u1", "u2"]))
    await eventually(lambda: source.asked == 2)
    source.may_answer.set()

    assert await alone == (await together)["u1"]
    assert source.questions == [("u1",), ("u2",)]


async def test_only_what_is_missing_or_too_old_is_read(bench, standings, source):
    await standings.facts_of(PLATFORM, ["old", "fresh"])
    bench.clock.advance(SOFT_LIFE)
    await standings.facts(PLATFORM, "fresh")

    await standings.facts_of(PLATFORM, ["old", "fresh", "new"])

    assert source.questions[2:] == [("old", "new")]


async def test_a_write_takes_away_what_a_batch_would_put_back(bench, standings, source, eventually):
    await bench.register("u1")
    source.may_answer.clear()
    slow = asyncio.create_task(standings.facts_of(PLATFORM, ["u1", "u2"]))
    await eventually(lambda: source.told == 1)
    await bench.verify("u1")
    source.may_answer.set()
    await slow

    assert (await bench.check("u1", Action.POST)).allowed


async def test_facts_near_the_end_of_their_life_are_read_anew_together(bench, source, eventually):
    standings = Standings(bench.cache, source, bench.clock, hard_limit=HARD_LIMIT, most_reads=8, chance=lambda: 0.0)
    await standings.facts_of(PLATFORM, ["u1", "u2"])
    bench.clock.advance(timedelta(seconds=25))

    await standings.facts_of(PLATFORM, ["u1", "u2"])

    await eventually(lambda: source.told == 2)
    assert source.questions == [("u1", "u2")] * 2


async def test_without_the_cache_the_database_answers_for_all(bench, standings, source):
    await bench.store.close()

    assert len(await standings.facts_of(PLATFORM, ["u1", "u2"])) == 2
    assert source.asked == 1


@pytest.fixture
async def no_database(bench):
    engine = make_engine(
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        application_name="test",
        pool_size=1,
        wait=timedelta(seconds=1),
        statement_timeout=timedelta(seconds=1),
    )
    facts = SqlFacts(engine, bench.keys, bench.rows)
    yield Standings(bench.cache, facts, bench.clock, hard_limit=HARD_LIMIT, most_reads=8)
    await engine.dispose()


async def test_without_the_database_known_facts_serve_and_one_unknown_account_fails_the_batch(
    bench, standings, no_database
):
    known = await standings.facts_of(PLATFORM, ["u1", "u2"])
    bench.clock.advance(timedelta(minutes=9))

    assert await no_database.facts_of(PLATFORM, ["u1", "u2"]) == known
    with pytest.raises(Unavailable):
        await no_database.facts_of(PLATFORM, ["u1", "u2", "unread"])


async def test_a_lease_of_another_process_leaves_its_account_alone(bench, standings):
    lease = await bench.cache.lease(PLATFORM, ["taken"])
    await standings.facts_of(PLATFORM, ["taken", "free"])

    assert lease.keys() == {"taken"}
    assert await bench.cache.read(PLATFORM, "taken") is None
    assert await bench.cache.read(PLATFORM, "free") == Standing(NOT_REGISTERED, bench.clock.now_ms())
