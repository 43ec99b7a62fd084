"""What was consented to of a child: by feature and side, taken back as easily, and on record."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from xacthuc.guardian.adapters.tables import outbox
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.ports.assents import Said
from xacthuc.guardian.usecases.assents import record_child_assent
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


@pytest.fixture
async def mother(family):
    await family.child("be")
    return await family.link("be", "me")


async def say(family, link="", *, child="be", feature="map", withdrawn=False, order=None):
    said = Said(
        child=child,
        feature=feature,
        guardian_link=link,
        text_version="3",
        accept_time=family.clock.now(),
        withdrawn=withdrawn,
    )
    order = order or family.order("RecordChildAssent", repr(said))

    def is_complete(standing):
        return standing.represented

    return await family.guardian.assents.record(order, said, is_complete, family.clock.now())


async def told(family):
    """Returns by which links something was said, as watchers are told."""
    of = outbox.events.c
    wanted = select(of.subject, of.detail["link"].as_string()).where(of.kind == "ASSENT_RECORDED").order_by(of.id)
    async with transaction(family.engine) as connection:
        return [tuple(row) for row in await connection.execute(wanted)]


@pytest.mark.rule("R20")
async def test_child_and_guardian_speak_for_themselves(family, mother):
    await say(family)
    both = await say(family, mother)

    assert (both.assent.child_accept_time, both.assent.guardian_accept_time) == (family.clock.now(),) * 2
    assert (both.assent.guardian_link, both.complete) == (mother, True)
    assert await family.tags("be") == ["guardian:child:assent_recorded"] * 2


@pytest.mark.rule("R20")
async def test_each_takes_back_their_own_alone(family, mother):
    await say(family)
    await say(family, mother)

    left = (await say(family, mother, withdrawn=True)).assent
    assert (left.guardian_accept_time, left.child_accept_time) == (None, family.clock.now())
    assert (await say(family, withdrawn=True)).assent.child_accept_time is None


async def test_both_at_once_lose_nothing(family, mother):
    await asyncio.gather(say(family), say(family, mother))

    (kept,) = await family.guardian.assents.page(PLATFORM, "be", "", 10)
    assert None not in (kept.assent.child_accept_time, kept.assent.guardian_accept_time)


@pytest.mark.parametrize("state", [State.INVITED, State.HELD, State.ENDED])
async def test_who_does_not_answer_for_the_child_consents_to_nothing(family, state):
    await family.child("be")
    link = await family.link("be", "la", state=state)

    assert await say(family, link) is None
    assert await family.tags("be") == []


async def test_a_guardian_of_another_child_consents_to_nothing(family, mother):
    await family.child("em")

    assert await say(family, await family.link("em", "co")) is None


async def test_a_consent_no_longer_counts_once_its_guardian_answers_no_more(family, mother):
    await say(family, mother)
    await family.end(mother)

    (kept,) = await family.guardian.assents.page(PLATFORM, "be", "", 10)
    assert (kept.assent.guardian_link, kept.represented) == (mother, False)


@pytest.mark.rule("R20")
async def test_another_guardians_consent_takes_no_place_of_one_that_stands(family, mother):
    father = await family.link("be", "cha", Relation.FATHER)
    await say(family, mother)

    assert (await say(family, father)).assent.guardian_link == mother
    await family.end(mother)
    after = await say(family, father)
    assert (after.assent.guardian_link, after.complete) == (father, True)


@pytest.mark.rule("R20")
async def test_either_guardian_takes_it_back(family, mother):
    father = await family.link("be", "cha", Relation.FATHER)
    await say(family, mother)

    assert (await say(family, father, withdrawn=True)).assent.guardian_accept_time is None


@pytest.mark.rule("R20")
async def test_whatever_is_said_is_told_with_who_said_it_and_what_changes_nothing_is_not(family, mother):
    father = await family.link("be", "cha", Relation.FATHER)
    order = family.order("RecordChildAssent", "yes")
    await say(family, mother, order=order)
    await say(family, mother, order=order)
    await say(family)
    await say(family, father)  # the mother's goes on counting
    await say(family, father, withdrawn=True)
    await say(family, withdrawn=True)

    assert await told(family) == [("be", mother), ("be", ""), ("be", father), ("be", "")]


@pytest.mark.parametrize("state", [State.INVITED, State.ENDED])
async def test_what_is_not_kept_is_not_told(family, state):
    await family.child("be")

    await say(family, await family.link("be", "la", state=state))

    assert await told(family) == []


async def test_a_repetition_says_nothing_anew_and_is_answered_as_the_first_time(family, mother):
    order = family.order("RecordChildAssent", "yes")
    first = await say(family, mother, order=order)
    await say(family, mother, withdrawn=True)
    await family.end(mother)

    assert await say(family, mother, order=order) == await family.guardian.assents.answered(order) == first
    said = [tag for tag in await family.tags("be") if tag == "guardian:child:assent_recorded"]
    assert len(said) == 2  # the consent, and that it was taken back


async def test_a_repetition_is_answered_before_anybody_is_asked(family, mother):
    order = family.order("RecordChildAssent", "yes")
    first = await say(family, mother, order=order)
    late = Said(
        child="be",
        feature="map",
        guardian_link=mother,
        text_version="3",
        accept_time=family.clock.now() + timedelta(days=1),
        withdrawn=False,
    )

    assert await record_child_assent(family.guardian, order, late) == (first.assent, first.complete)


@pytest.mark.parametrize("child", ["be", "em"])
async def test_one_call_beside_itself_says_it_once(family, mother, child):
    order = family.order("RecordChildAssent", "yes")
    answers = await asyncio.gather(*(say(family, child=child, order=order) for _ in range(4)))

    assert answers == [answers[0]] * 4
    assert await told(family) == [(child, "")]
    assert await family.tags(child) == ["guardian:child:assent_recorded"]


async def test_features_are_listed_by_name_page_after_page(family, mother):
    for feature in ("map", "birthday", "school"):
        await say(family, feature=feature)

    first = await family.guardian.assents.page(PLATFORM, "be", "", 2)
    rest = await family.guardian.assents.page(PLATFORM, "be", first[-1].assent.feature, 2)
    assert [each.assent.feature for each in (*first, *rest)] == ["birthday", "map", "school"]
