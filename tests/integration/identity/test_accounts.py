"""Registration and verification on PostgreSQL: what is kept, what is not, and who wins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from xacthuc.grpckit.errors import AlreadyExists, InvalidRequest, RequestIdReused
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.tables import metadata
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.retention import plan
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import Action, NextStep
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


async def rows(engine, table):
    async with transaction(engine) as connection:
        return (await connection.execute(select(metadata.tables[f"identity.{table}"]))).all()


async def test_a_registered_account_is_unverified_and_told_what_to_do(bench):
    answer = await bench.register("u1")

    assert (answer.state, answer.next_step) == (State.UNVERIFIED, NextStep.VERIFY_PHONE)


async def test_the_same_request_gets_the_same_answer(bench):
    order = bench.order("u1", "RegisterAccount")
    first = await bench.register("u1", order=order)
    bench.clock.advance(timedelta(days=1))
    await bench.verify("u1")

    assert first == await bench.register("u1", order=order)


async def test_the_same_request_twice_at_once_registers_once(bench, engine):
    order = bench.order("u1", "RegisterAccount")

    first, second = await asyncio.gather(bench.register("u1", order=order), bench.register("u1", order=order))

    assert first == second
    assert len(await rows(engine, "audit")) == 1


async def test_a_request_id_with_another_payload_is_refused(bench):
    request_id = "8c3f3c58-3a17-4a6c-9d1c-6a0f1f1d2b11"
    await bench.register("u1", order=bench.order("u1", "RegisterAccount", request_id))

    with pytest.raises(RequestIdReused):
        await bench.register("u2", order=bench.order("u2", "RegisterAccount", request_id))


async def test_an_id_that_is_taken_is_refused_and_burns_no_request_id(bench, engine):
    await bench.register("u1")

    with pytest.raises(AlreadyExists):
        await bench.register("u1")
    assert len(await rows(engine, "requests")) == 1


async def test_every_faulty_field_is_named(bench):
    with pytest.raises(InvalidRequest) as refused:
        await bench.register("u1", born=(2001, 2, 29))

    assert [fault.field for fault in refused.value.field_faults] == ["birth_date.day"]


@pytest.mark.rule("R15")
async def test_who_is_under_sixteen_today_waits_for_a_guardian(bench):
    child, grown = await bench.register("child", (2010, 11, 24)), await bench.register("grown", (2010, 11, 23))

    assert (child.state, child.next_step) == (State.PENDING_GUARDIAN, NextStep.LINK_GUARDIAN)
    assert child.is_child
    assert State.UNVERIFIED is grown.state


@pytest.mark.rule("R15")
async def test_a_child_becomes_an_ordinary_holder_on_the_birthday_in_vietnam(bench):
    await bench.register("child", (2010, 11, 24))
    bench.clock.advance(timedelta(hours=13, minutes=59, seconds=59))
    assert (await get_account(bench.identity, PLATFORM, "child")).is_child

    bench.clock.advance(timedelta(seconds=1))

    assert not (await get_account(bench.identity, PLATFORM, "child")).is_child


async def test_a_proven_number_verifies_the_account(bench):
    await bench.register("u1")

    answer = await bench.verify("u1")

    assert State.VERIFIED is answer.state
    assert answer.masked_number == "+84 91 *** **78"
    assert (await bench.check("u1", Action.POST)).allowed


@pytest.mark.rule("R12")
async def test_nothing_personal_can_be_read_in_any_table(bench, engine):
    await bench.register("u1", (1990, 7, 19))
    await bench.verify("u1")

    await bench.register("child", (2014, 5, 17))
    await bench.check("child", Action.POST)

    for table in metadata.tables.values():
        content = repr([tuple(row) for row in await rows(engine, table.name)])
        # The 16th birthday tells the birth date; a day begins at 17:00 UTC in Vietnam.
        for personal in ("Nguy", "912345678", "1990-07", "1990, 7", "2014-05", "2014, 5", "2030-05", "2030, 5"):
            assert personal not in content, table.name


@pytest.mark.rule("R13")
async def test_the_consent_is_on_record_with_its_version_and_times(bench, engine):
    await bench.register("u1")

    (consent,) = await rows(engine, "consents")

    assert ("u1", "1", bench.clock.now()) == (consent.account, consent.text_version, consent.accept_time)


async def test_requests_are_forgotten_after_their_time(bench, engine):
    await bench.register("u1")
    bench.clock.advance(timedelta(days=30))
    await bench.register("u2")

    await destroy(engine, plan(bench.identity.policy), bench.clock.now())

    assert len(await rows(engine, "requests")) == 1
