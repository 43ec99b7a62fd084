"""What is destroyed when its time has come, and what a killed run leaves to the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.purge import Purge, destruction_job, purge_job
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.tables import accounts, consents, evidence, jobs, locks, number_claims, outbox, requests
from xacthuc.identity.commands import EndAccount, LockAccount
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.numbers import NumberRefusal
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import lifecycle
from xacthuc.identity.usecases.locks import lock_account
from xacthuc.jobs.job import RetryAt
from xacthuc.policy.dates import months_after
from xacthuc.sealing import UnsealError

NUMBER, PLATFORM = "+84912345678", "forum"
MONTH, MONTHS = timedelta(days=31), timedelta(days=740)


@pytest.fixture
def purge(bench, engine):
    return Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)


@pytest.fixture
def rows(engine):
    async def of(table):
        async with engine.connect() as connection:
            return (await connection.execute(select(table))).all()

    return of


async def end(bench, verb, account_id):
    return await verb(bench.identity, EndAccount(order=bench.order(verb.__name__), account_id=account_id))


async def due(rows):
    return {(row.kind, row.due_time) for row in await rows(jobs.jobs)}


@pytest.mark.rule("R15")
async def test_a_registration_that_no_guardian_takes_up_leaves_nothing(bench, purge, rows):
    await bench.register("child", (2020, 1, 2))
    bench.clock.advance(timedelta(days=31))

    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert [await rows(table) for table in (accounts, consents)] == [[], []]
    assert await bench.keys.get(PLATFORM, "child") is NoKey.NEVER_MADE
    assert (await rows(outbox.events))[-1].kind == "ACCOUNT_ERASED"
    assert await bench.register("child", (2020, 1, 2))


async def test_a_registration_is_not_dropped_before_its_time(bench, purge, rows):
    await bench.register("child", (2020, 1, 2))
    ((kind, due_time),) = await due(rows)

    later = await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert (kind, later) == ("PURGE", RetryAt(due_time, "NOT_YET"))
    assert len(await rows(accounts)) == 1


@pytest.mark.rule("R49")
async def test_an_erased_account_is_kept_under_another_key_until_its_time(bench, purge, rows):
    await bench.register("an")
    await bench.verify("an")
    own = await bench.keys.get(PLATFORM, "an")
    await end(bench, lifecycle.erase_account, "an")
    kept = await bench.keys.get(PLATFORM, hold_of("an"))

    await purge.destroy_key(destruction_job(PLATFORM, "an"))

    (account,), (proven,) = await rows(accounts), await rows(evidence)
    assert kept.person(account.person).full_name
    assert kept.number(proven.number) == NUMBER
    assert (account.person_index, proven.number_index, await rows(number_claims)) == (None, None, [])
    assert await bench.keys.get(PLATFORM, "an") is NoKey.DESTROYED
    with pytest.raises(UnsealError):
        own.person(account.person)


@pytest.mark.rule("R49")
@pytest.mark.parametrize("verb", [lifecycle.erase_account, lifecycle.close_account])
async def test_when_the_time_has_come_nothing_personal_is_left(bench, purge, rows, verb):
    await bench.register("an")
    await bench.verify("an")
    await end(bench, verb, "an")
    bench.clock.advance(MONTHS)

    for _ in range(2):  # a killed run is done again
        await purge.purge(purge_job(PLATFORM, "an", bench.clock.now()))

    (account,), (proven,) = await rows(accounts), await rows(evidence)
    assert (account.life, bytes(account.person), account.purge_time) == (Life.ERASED, b"", None)
    assert (proven.number, proven.number_index, await rows(consents)) == (None, None, [])
    assert [row.kind for row in await rows(outbox.events)].count("ACCOUNT_ERASED") == 1
    for name in ("an", hold_of("an")):
        assert await bench.keys.get(PLATFORM, name) is NoKey.DESTROYED


async def test_an_account_that_is_gone_gives_up_its_key_to_a_run_after_a_kill(bench, purge):
    """The rows of a dropped registration are deleted first; a key without rows is what a kill in between leaves."""
    await bench.keys.make(PLATFORM, "child", bench.clock.now())
    bench.clock.advance(MONTH)

    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert await bench.keys.get(PLATFORM, "child") is NoKey.NEVER_MADE


async def test_a_key_that_somebody_is_about_to_seal_with_is_not_taken_away(bench, purge):
    """A registration has its key before its rows: whoever looks in between sees an account that is gone."""
    await bench.keys.make(PLATFORM, "child", bench.clock.now())
    bench.clock.advance(MONTH)
    mine = await bench.keys.make(PLATFORM, "child", bench.clock.now())

    later = await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert isinstance(later, RetryAt)
    sealed = mine.seal("number", b"+84912345678")
    assert (await bench.keys.get(PLATFORM, "child")).open("number", sealed) == b"+84912345678"


@pytest.mark.rule("R15")
async def test_who_turns_out_to_be_grown_up_is_not_dropped_for_want_of_a_guardian(bench, purge, rows):
    await bench.register("an", (2020, 1, 2))
    corrected = await bench.correct("an", full_name="Nguyễn Văn An", birth_date=CalendarDate(1990, 1, 2))
    bench.clock.advance(MONTH)

    await purge.purge(purge_job(PLATFORM, "an", bench.clock.now()))

    assert corrected.purge_time is None
    assert len(await rows(accounts)) == 1


@pytest.mark.rule("R15")
async def test_who_turns_out_to_be_a_child_is_dropped_unless_a_guardian_takes_it_up(bench, purge, rows):
    await bench.register("an")
    corrected = await bench.correct("an", birth_date=CalendarDate(2020, 1, 2))
    assert await due(rows) == {("PURGE", corrected.purge_time)}
    bench.clock.advance(MONTH)

    await purge.purge(purge_job(PLATFORM, "an", bench.clock.now()))

    assert await rows(accounts) == []


@pytest.mark.rule("R15")
@pytest.mark.parametrize("verb", [lifecycle.erase_account, lifecycle.close_account])
async def test_a_child_that_nobody_took_up_is_kept_no_longer_for_having_ended(bench, purge, rows, verb):
    waiting = await bench.register("child", (2020, 1, 2))
    bench.clock.advance(timedelta(days=1))

    ended = await end(bench, verb, "child")
    bench.clock.advance(MONTH)
    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert ended.purge_time == waiting.purge_time
    assert [bytes(row.person) for row in await rows(accounts)] == [b""]


@pytest.mark.rule("R49")
async def test_what_is_closed_and_then_erased_is_kept_no_longer_for_it(bench):
    await bench.register("an")
    closed = await end(bench, lifecycle.close_account, "an")
    bench.clock.advance(MONTH)

    erased = await end(bench, lifecycle.erase_account, "an")

    assert closed.purge_time == erased.purge_time


@pytest.mark.rule("R49")
async def test_who_proved_something_since_a_16th_birthday_is_kept_for_the_statutory_time(bench):
    await bench.register("an", (2010, 11, 30))
    bench.clock.advance(timedelta(days=10))
    await bench.correct("an", full_name="Nguyễn Văn An", birth_date=CalendarDate(2010, 11, 30))
    await bench.verify("an")

    ended = await end(bench, lifecycle.close_account, "an")

    assert ended.purge_time == months_after(bench.clock.now(), bench.identity.policy.retention.account_data_months)


@pytest.mark.rule("R15")
async def test_what_was_proven_since_a_16th_birthday_keeps_the_account(bench, purge, rows):
    await bench.register("an", (2010, 11, 30))
    bench.clock.advance(timedelta(days=10))
    nameless = await bench.verify("an")
    await bench.correct("an", full_name="Nguyễn Văn An", birth_date=CalendarDate(2010, 11, 30))
    await bench.verify("an")
    bench.clock.advance(MONTH)

    await purge.purge(purge_job(PLATFORM, "an", bench.clock.now()))

    assert nameless is NumberRefusal.DETAILS_REQUIRED  # R10: a child's name was not kept
    assert len(await rows(accounts)) == 1


async def test_the_next_account_under_an_id_inherits_nothing(bench, purge, rows):
    await bench.register("child", (2020, 1, 2))
    locked = LockAccount(order=bench.order("lock"), account_id="child", basis="order", expire_time=None)
    await lock_account(bench.identity, locked)
    bench.clock.advance(MONTH)

    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert (await bench.register("child")).state is State.UNVERIFIED
    assert await rows(locks) == []


@pytest.mark.rule("R49")
async def test_what_was_answered_about_an_account_goes_with_its_erasure_but_for_that_answer(bench, purge, rows):
    await bench.register("an")
    await bench.register("other")
    await bench.verify("an")
    order = bench.order("erase")
    erased = await lifecycle.erase_account(bench.identity, EndAccount(order=order, account_id="an"))
    bench.clock.advance(timedelta(days=29))

    repeated = await lifecycle.erase_account(bench.identity, EndAccount(order=order, account_id="an"))

    assert repeated == erased
    assert (erased.masked_number, erased.evidence) == ("", ())
    kept = {(row.account, row.method) for row in await rows(requests)}
    assert kept == {("an", order.method), ("other", "RegisterAccount")}


async def test_a_verification_that_is_repeated_after_an_erasure_is_refused(bench):
    await bench.register("an")
    order = bench.order("an", "VerifyPhone")
    await bench.verify("an", order=order)
    await end(bench, lifecycle.erase_account, "an")

    assert await bench.verify("an", order=order) is NumberRefusal.CLOSED


@pytest.mark.rule("R49")
async def test_what_was_answered_about_a_closed_account_goes_with_its_purge(bench, purge, rows):
    await bench.register("child", (2020, 1, 2))
    bench.clock.advance(timedelta(days=20))
    await end(bench, lifecycle.close_account, "child")
    bench.clock.advance(timedelta(days=11))

    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert await rows(requests) == []


async def test_who_repeats_an_erasure_after_the_purge_is_answered(bench, purge):
    await bench.register("child", (2020, 1, 2))
    bench.clock.advance(timedelta(days=20))
    command = EndAccount(order=bench.order("erase"), account_id="child")
    erased = await lifecycle.erase_account(bench.identity, command)
    bench.clock.advance(timedelta(days=11))
    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))

    assert await lifecycle.erase_account(bench.identity, command) == erased


async def test_who_was_never_registered_leaves_no_key_when_erased(bench):
    with pytest.raises(NotFound):
        await end(bench, lifecycle.erase_account, "nobody")

    assert await bench.keys.get(PLATFORM, hold_of("nobody")) is NoKey.NEVER_MADE


@pytest.mark.parametrize("before", [None, "close"])
async def test_what_is_asked_of_an_account_before_its_key_is_destroyed_is_refused(bench, before):
    await bench.register("an")
    if before:
        await end(bench, lifecycle.close_account, "an")
    await end(bench, lifecycle.erase_account, "an")

    with pytest.raises(FailedPrecondition):
        await bench.correct("an", full_name="Trần Thị B")
