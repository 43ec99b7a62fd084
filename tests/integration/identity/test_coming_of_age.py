"""The 16th birthday at 00:00 in Vietnam: from then on the holder answers alone, whatever the guardian service does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from family import ALL, family_of

from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import accounts
from xacthuc.policy import Action, Policy, Reason
from xacthuc.policy.dates import birthday, start_of_day

pytestmark = pytest.mark.rule("R22")
PLATFORM = "forum"
SECOND = timedelta(seconds=1)


@pytest.fixture
def family_under(new_server, engine, new_ring):
    """Makes a family whose child was born on a day, under a policy with some days of grace."""

    async def make(born, *, days=0):
        policy = Policy.load()
        rules = replace(policy.guardianship, independence_grace_days=days)
        family = await family_of(new_server(engine, new_ring(), new_ring(), policy=replace(policy, guardianship=rules)))
        await family.bench.correct("child", birth_date=CalendarDate(*born))
        await family.put(1, "mother")
        await family.bench.correct("child", full_name="Nguyễn Văn Con")
        return family

    return make


def travel(family, to):
    family.bench.clock.advance(to - family.bench.clock.now())


async def child(family):
    return await accounts.get_account(family.bench.identity, PLATFORM, "child")


@pytest.mark.parametrize("born", [(2011, 2, 28), (2012, 2, 29), (2011, 12, 31)])
async def test_the_guardian_counts_until_midnight_of_that_birthday_and_no_second_longer(family_under, born):
    family = await family_under(born)
    midnight = start_of_day(birthday(date(*born), 16))

    travel(family, midnight - SECOND)
    assert await family.may_post() is Reason.VERIFIED
    travel(family, midnight)

    assert await family.may_post() is Reason.NOT_VERIFIED
    await family.bench.verify("child", family.bench.proof("child", "+84912345679"))
    assert await family.may_post() is Reason.VERIFIED


async def test_who_is_born_on_29_february_is_16_at_midnight_in_vietnam_of_the_next_such_day(family_under):
    family = await family_under((2012, 2, 29))

    travel(family, datetime(2028, 2, 28, 16, 59, 59, tzinfo=UTC))
    assert await family.may_post() is Reason.VERIFIED
    travel(family, datetime(2028, 2, 28, 17, 0, tzinfo=UTC))

    assert await family.may_post() is Reason.NOT_VERIFIED


async def test_the_end_of_the_link_is_told_and_starts_no_clock_of_erasure(family_under, look):
    family = await family_under((2011, 2, 28))
    travel(family, start_of_day(date(2027, 2, 28)) + timedelta(hours=1))

    await family.put(2)

    (told,) = await look("SELECT detail FROM identity.outbox WHERE kind = 'GUARDIAN_ENDED'")
    assert told.detail["came_of_age"] is True
    assert (await child(family)).purge_time is None


async def test_the_end_of_a_link_to_a_child_starts_that_clock(family_under, look):
    family = await family_under((2015, 1, 2))

    await family.put(2)

    (told,) = await look("SELECT detail FROM identity.outbox WHERE kind = 'GUARDIAN_ENDED'")
    assert told.detail["came_of_age"] is False
    assert (await child(family)).purge_time is not None


async def test_a_policy_may_grant_days_to_whom_a_guardian_answered_for(family_under):
    family = await family_under((2011, 2, 28), days=30)
    midnight = start_of_day(date(2027, 2, 28))
    travel(family, midnight)
    assert await family.may_post() is Reason.NOT_VERIFIED  # a job that is late opens nothing

    await family.put(2)

    assert await family.may_post() is Reason.TRANSITION
    assert (await child(family)).transition_until == midnight + timedelta(days=30)
    travel(family, midnight + timedelta(days=30))
    assert await family.may_post() is Reason.NOT_VERIFIED


@pytest.mark.parametrize("lost", ["suspended", "locked", "corrected"])
async def test_no_grace_opens_what_was_shut(family_under, lost):
    family = await family_under((2011, 2, 28), days=30)
    if lost == "suspended":
        await family.put(2, "mother", supervision=ALL._replace(suspended=True))
    elif lost == "locked":
        await family.lock("mother")
    else:
        await family.bench.correct("child", birth_date=CalendarDate(1990, 1, 2))
    travel(family, start_of_day(date(2027, 2, 28)))

    await family.put(3)

    assert await family.may_post() is Reason.NOT_VERIFIED


async def test_a_sibling_who_is_a_child_still_goes_on(family_under):
    family = await family_under((2011, 2, 28))
    await family.bench.register("sibling", born=(2015, 1, 2))
    await family.put(1, "mother", child="sibling")
    travel(family, start_of_day(date(2027, 2, 28)))

    assert (await family.bench.check("sibling", Action.POST)).reason is Reason.VERIFIED
