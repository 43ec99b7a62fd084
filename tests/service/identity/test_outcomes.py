"""What the one-time-code service tells of messages, and what follows for accounts."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest
from identity_service import NUMBER
from otp_peer import Purpose

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.sql.migrations import dsn

Account, Decision = resources_pb2.Account, resources_pb2.Decision
OTHER = "+84987654321"


async def verified(api, platform, account="u1", number=NUMBER, **how):
    await platform.register(account)
    return await platform.verify(account, api.otp.prove(number, account, **how))


async def lapses(platform, account="u1"):
    return (await platform.get(account)).state == Account.REVERIFICATION_REQUIRED


@pytest.mark.rule("R31")
async def test_an_account_whose_number_is_out_of_use_has_to_prove_one_again(api, platform, eventually):
    await verified(api, platform)
    assert (await platform.check("u1")).allowed

    api.otp.number_is_out_of_use(platform.name, "u1", NUMBER)
    await eventually(lambda: lapses(platform))

    assert (await platform.check("u1")).reason == Decision.REVERIFICATION_REQUIRED
    assert (await platform.verify("u1", api.otp.prove(OTHER, "u1"))).state == Account.VERIFIED


@pytest.mark.rule("R31")
async def test_only_the_number_an_account_stands_on_counts_and_only_if_it_was_proven_before(api, platform, eventually):
    numbers = {name: f"+8491234567{digit}" for digit, name in enumerate(("changed", "again", "other", "last"))}
    for name, number in numbers.items():
        await verified(api, platform, name, number, ago=timedelta(minutes=3))
    await platform.change("changed", api.otp.prove(OTHER, "changed", Purpose.NUMBER_CHANGE))
    await platform.verify("again", api.otp.prove(numbers["again"], "again"))

    api.otp.number_is_out_of_use(platform.name, "changed", numbers["changed"])
    api.otp.number_is_out_of_use(platform.name, "again", numbers["again"], ago=timedelta(minutes=1))
    api.otp.number_is_out_of_use(platform.name, "other", "+84912345679")
    api.otp.number_is_out_of_use("another", "other", numbers["other"])
    api.otp.number_is_out_of_use(platform.name, "nobody", numbers["other"])
    api.otp.number_is_out_of_use(platform.name, "last", numbers["last"])
    await eventually(lambda: lapses(platform, "last"))

    states = [(await platform.get(name)).state for name in ("changed", "again", "other")]
    assert states == [Account.VERIFIED] * 3


async def test_nothing_is_asked_for_that_nothing_follows_from(api, platform, eventually):
    await verified(api, platform)
    api.otp.number_is_out_of_use(platform.name, "u1", NUMBER)
    await eventually(lambda: lapses(platform))

    kinds = internal_pb2.Outcome
    assert api.otp.kinds == {kinds.FAILED, kinds.ADMINISTERED, kinds.EXHAUSTED, kinds.UNREQUESTED}


async def test_outcomes_that_are_no_longer_kept_are_passed_over_and_said_to_be_lost(
    api, platform, deployment, eventually
):
    await verified(api, platform)
    await verified(api, platform, "u2", OTHER)
    api.otp.number_is_out_of_use(platform.name, "u2", OTHER)
    await eventually(lambda: lapses(platform, "u2"))
    lost = deployment.log.read_text().count("outcomes_lost")

    api.otp.number_is_out_of_use("another", "nobody", OTHER)
    api.otp.forget_outcomes()
    api.otp.number_is_out_of_use(platform.name, "u1", NUMBER)

    await eventually(lambda: lapses(platform))
    assert deployment.log.read_text().count("outcomes_lost") >= lost
    assert NUMBER.removeprefix("+") not in deployment.log.read_text()


async def test_one_process_at_a_time_follows(api, platform, deployment, eventually):
    await verified(api, platform)
    api.otp.number_is_out_of_use(platform.name, "u1", NUMBER)
    await eventually(lambda: lapses(platform))

    connection = await asyncpg.connect(dsn(deployment.environment["XACTHUC_DATABASE_URL"]))
    free = await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended('identity.otp.outcomes', 0))")
    await connection.close()

    assert not free
