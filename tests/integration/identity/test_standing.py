"""Facts from cache and database: fresh, never wrong for long, and there when one of the two is not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from counted_facts import Counted

from xacthuc.grpckit.admission import RETRY_AFTER_SHED
from xacthuc.grpckit.errors import LimitExceeded, Unavailable
from xacthuc.grpckit.reasons import Reason as Refusal
from xacthuc.identity.adapters.sql_accounts import SqlFacts
from xacthuc.identity.commands import LockAccount
from xacthuc.identity.domain.facts import NOT_REGISTERED, EvidenceKind, Facts
from xacthuc.identity.ports.standing import Standing
from xacthuc.identity.usecases import locks
from xacthuc.identity.usecases.breaker import SILENCE
from xacthuc.identity.usecases.standing import CLOCK_TOLERANCE, SOFT_LIFE, Standings
from xacthuc.policy import Action, Reason
from xacthuc.sql.engine import make_engine, transaction

pytestmark = pytest.mark.store

PLATFORM = "forum"
HARD_LIMIT = timedelta(minutes=10)
VERIFIED = Facts(registered=True, evidence=frozenset({EvidenceKind.PHONE}), lapsed=False, child_until_ms=0)


@pytest.fixture
def source(bench):
    return Counted(bench.facts)


@pytest.fixture
def standings(bench, source):
    return Standings(bench.cache, source, bench.clock, hard_limit=timedelta(minutes=10), most_reads=4)


async def test_facts_near_the_end_of_their_life_serve_at_once_and_are_read_anew_meanwhile(bench, source, eventually):
    standings = Standings(bench.cache, source, bench.clock, hard_limit=HARD_LIMIT, most_reads=4, chance=lambda: 0.5)
    await standings.facts(PLATFORM, "an")
    bench.clock.advance(timedelta(seconds=24))
    await standings.facts(PLATFORM, "an")
    untouched = source.asked
    bench.clock.advance(timedelta(seconds=2))
    source.may_answer.clear()
    served = await standings.facts(PLATFORM, "an")
    source.may_answer.set()
    await eventually(lambda: source.told == 2)
    assert (untouched, served.registered) == (1, False)


@pytest.fixture
async def no_database(bench):
    """Standings over a database that nobody runs."""
    engine = make_engine(
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        application_name="test",
        pool_size=1,
        wait=timedelta(seconds=1),
        statement_timeout=timedelta(seconds=1),
    )
    yield Standings(
        bench.cache,
        SqlFacts(engine, bench.keys, bench.rows),
        bench.clock,
        hard_limit=timedelta(minutes=10),
        most_reads=4,
    )
    await engine.dispose()


@pytest.fixture
async def one_connection(migrated_url):
    """An engine that a single transaction exhausts."""
    engine = make_engine(
        migrated_url,
        application_name="test",
        pool_size=1,
        wait=timedelta(milliseconds=500),
        statement_timeout=timedelta(seconds=1),
    )
    yield engine
    await engine.dispose()


@pytest.fixture
def busy(bench, one_connection):
    """Standings whose connection is taken as long as a test holds it."""
    return Standings(
        bench.cache, SqlFacts(one_connection, bench.keys, bench.rows), bench.clock, hard_limit=HARD_LIMIT, most_reads=4
    )


async def keep(bench, account_id, read_ms):
    """Puts facts into the cache that the database does not confirm."""
    lease = (await bench.cache.lease(PLATFORM, [account_id]))[account_id]
    await bench.cache.fill(PLATFORM, account_id, lease, Standing(VERIFIED, read_ms), 600_000)


async def is_shed(standings, account_id):
    try:
        await standings.facts(PLATFORM, account_id)
    except (Unavailable, LimitExceeded):
        return True
    return False


async def test_a_repeated_request_tells_whom_a_killed_process_did_not(bench):
    await bench.register("an")
    order = bench.order("lock", "LockAccount")
    command = LockAccount(order=order, account_id="an", basis="order", expire_time=None)
    await locks.lock_account(bench.identity, command)
    await keep(bench, "an", bench.clock.now_ms())
    assert (await bench.check("an", Action.POST)).allowed

    await locks.lock_account(bench.identity, command)

    assert (await bench.check("an", Action.POST)).reason is Reason.LOCKED


async def test_the_database_is_asked_once_and_then_the_cache(bench, standings, source):
    await bench.register("u1")

    for _ in range(5):
        assert (await standings.facts(PLATFORM, "u1")).registered
    assert source.asked == 1


async def test_an_unknown_account_is_remembered_too(standings, source):
    for _ in range(3):
        assert await standings.facts(PLATFORM, "nobody") == NOT_REGISTERED
    assert source.asked == 1


async def test_many_at_once_ask_the_database_once(bench, standings, source):
    await bench.register("u1")

    await asyncio.gather(*(standings.facts(PLATFORM, "u1") for _ in range(50)))

    assert source.asked == 1


async def test_facts_are_read_anew_after_their_soft_life(bench, standings, source):
    await standings.facts(PLATFORM, "u1")
    bench.clock.advance(SOFT_LIFE)
    await standings.facts(PLATFORM, "u1")

    assert source.asked == 2


async def test_a_change_is_seen_at_once(bench):
    await bench.register("u1")
    assert Reason.NOT_VERIFIED is (await bench.check("u1", Action.POST)).reason
    await bench.verify("u1")

    assert (await bench.check("u1", Action.POST)).allowed


async def test_a_reader_with_old_facts_cannot_put_them_back_after_a_write(bench, standings, source, eventually):
    await bench.register("u1")
    source.may_answer.clear()
    slow = asyncio.create_task(standings.facts(PLATFORM, "u1"))
    await eventually(lambda: source.told == 1)
    await bench.verify("u1")
    source.may_answer.set()
    await slow

    assert (await bench.check("u1", Action.POST)).allowed


async def test_a_lease_is_given_to_one_and_taken_away_by_a_write(bench):
    lease = (await bench.cache.lease(PLATFORM, ["u1"]))["u1"]
    assert await bench.cache.lease(PLATFORM, ["u1"]) == {}
    await bench.cache.drop(PLATFORM, ["u1"])
    await bench.cache.fill(PLATFORM, "u1", lease, Standing(NOT_REGISTERED, bench.clock.now_ms()), 30_000)

    assert await bench.cache.read(PLATFORM, "u1") is None


async def test_without_the_database_known_facts_serve_up_to_the_hard_limit(bench, standings, no_database):
    await bench.register("u1")
    known = await standings.facts(PLATFORM, "u1")
    bench.clock.advance(timedelta(minutes=9, seconds=59))

    assert known == await no_database.facts(PLATFORM, "u1")


async def test_without_the_database_facts_beyond_the_hard_limit_are_not_trusted(bench, standings, no_database):
    await standings.facts(PLATFORM, "u1")
    bench.clock.advance(timedelta(minutes=10))

    with pytest.raises(Unavailable):
        await no_database.facts(PLATFORM, "u1")


async def test_without_the_database_an_unread_account_is_unavailable_and_says_when_to_ask_again(no_database):
    with pytest.raises(Unavailable) as refused:
        await no_database.facts(PLATFORM, "u1")

    assert refused.value.retry_after


async def test_without_the_cache_the_database_answers(bench, standings, source):
    await bench.register("u1")
    await bench.store.close()

    assert (await standings.facts(PLATFORM, "u1")).registered
    assert source.asked == 1


async def test_without_the_cache_what_the_database_cannot_take_is_shed(bench, standings, source, eventually):
    await bench.store.close()
    source.may_answer.clear()
    waiting = [asyncio.create_task(standings.facts(PLATFORM, f"u{number}")) for number in range(4)]
    await eventually(lambda: source.asked == 4)

    with pytest.raises(LimitExceeded) as refused:
        await standings.facts(PLATFORM, "one-more")
    source.may_answer.set()
    await asyncio.gather(*waiting)
    assert (refused.value.reason, refused.value.retry_after) == (Refusal.OVERLOADED, RETRY_AFTER_SHED)


async def test_old_facts_are_not_believed_because_the_database_has_too_much_to_do(bench, standings, source, eventually):
    await keep(bench, "revoked", bench.clock.now_ms())
    bench.clock.advance(SOFT_LIFE)
    source.may_answer.clear()
    waiting = [asyncio.create_task(standings.facts(PLATFORM, f"u{number}")) for number in range(4)]
    await eventually(lambda: source.asked == 4)

    assert await is_shed(standings, "revoked")
    source.may_answer.set()
    await asyncio.gather(*waiting)
    assert await standings.facts(PLATFORM, "revoked") == NOT_REGISTERED


async def test_a_question_that_finds_no_connection_makes_nobodys_old_facts_believed(bench, busy, one_connection):
    await keep(bench, "revoked", bench.clock.now_ms())
    bench.clock.advance(SOFT_LIFE)
    async with transaction(one_connection):
        assert await is_shed(busy, "u1")
        assert await is_shed(busy, "revoked")

    assert await busy.facts(PLATFORM, "revoked") == NOT_REGISTERED


async def test_a_database_that_answers_nobody_any_more_is_taken_for_down(bench, busy, one_connection):
    await keep(bench, "known", bench.clock.now_ms())
    bench.clock.advance(SOFT_LIFE)
    async with transaction(one_connection):
        assert await is_shed(busy, "known")
        bench.clock.advance(SILENCE)

        assert await busy.facts(PLATFORM, "known") == VERIFIED


async def test_the_first_answer_after_an_outage_ends_it_for_everybody(bench, busy, one_connection):
    for name in ("one", "two"):
        await keep(bench, name, bench.clock.now_ms())
    bench.clock.advance(SOFT_LIFE)
    async with transaction(one_connection):
        assert await is_shed(busy, "one")
        bench.clock.advance(SILENCE)
        assert await busy.facts(PLATFORM, "one") == VERIFIED
    assert await busy.facts(PLATFORM, "two") == VERIFIED, "it is left alone for a moment"

    await busy.facts(PLATFORM, "somebody")

    assert await busy.facts(PLATFORM, "two") == NOT_REGISTERED


@pytest.mark.parametrize(("ahead", "asked"), [(CLOCK_TOLERANCE, 0), (CLOCK_TOLERANCE + timedelta(milliseconds=1), 1)])
async def test_facts_from_a_clock_that_is_too_far_ahead_are_read_anew(bench, standings, source, ahead, asked):
    await keep(bench, "u1", bench.clock.now_ms() + ahead // timedelta(milliseconds=1))

    await standings.facts(PLATFORM, "u1")

    assert source.asked == asked


async def test_ids_that_nobody_registered_are_kept_for_seconds_and_accounts_to_the_hard_limit(bench, standings):
    await bench.register("u1")

    left = {}
    for name in ("u1", "random"):
        await standings.facts(PLATFORM, name)
        key = f"s:{{{bench.personal.standing.of(PLATFORM, [name])[0]}}}"
        left[name] = timedelta(milliseconds=await bench.store.execute("PTTL", key))

    assert SOFT_LIFE < left["u1"] <= HARD_LIMIT
    assert timedelta(0) < left["random"] <= SOFT_LIFE


async def test_a_reader_that_gives_up_does_not_take_the_answer_from_others(bench, standings, source, eventually):
    source.may_answer.clear()
    first = asyncio.create_task(standings.facts(PLATFORM, "u1"))
    second = asyncio.create_task(standings.facts(PLATFORM, "u1"))
    await eventually(lambda: source.asked == 1)
    first.cancel()
    source.may_answer.set()

    assert await second == NOT_REGISTERED


async def test_keys_of_the_cache_show_no_account(bench, standings):
    await standings.facts(PLATFORM, "a-very-visible-id")

    kept = await bench.store.execute("KEYS", "*")

    assert len(kept) == 1
    assert b"visible" not in kept[0]
