"""Inviting guardians and taking a child on, on PostgreSQL: what commits together, what is refused, and who comes first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from guardian_invitations import CAPS, LIFE, NUMBER, OTHER, approve, confirm, invite, taken_on
from sqlalchemy import select

from xacthuc.grpckit.errors import LimitExceeded, RequestIdReused
from xacthuc.guardian.adapters.expiry import Expiry
from xacthuc.guardian.adapters.jobs import expire_job
from xacthuc.guardian.adapters.tables import children, links, outbox
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.domain.family import Objection
from xacthuc.guardian.domain.links import EndCause, Link, State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.ports.links import Limited, NotAnswering, WrongState
from xacthuc.guardian.usecases.disputes import list_histories
from xacthuc.guardian.usecases.links import get_link, list_links
from xacthuc.guardian.usecases.refusals import linked
from xacthuc.jobs.job import Done, RetryAt
from xacthuc.sql.engine import transaction

PLATFORM = "forum"


async def decline(family, link, by=""):
    return await family.guardian.links.decline(family.order("DeclineLink"), link.link, by, family.clock.now())


async def revoke(family, link):
    return await family.guardian.links.revoke(family.order("RevokeLink"), link.link, family.clock.now())


async def version(family, child="be"):
    async with transaction(family.engine) as connection:
        return await connection.scalar(select(children.c.version).where(children.c.child == child))


async def told(family):
    of = outbox.events.c
    async with transaction(family.engine) as connection:
        return list(await connection.scalars(select(of.kind).order_by(of.id)))


@pytest.mark.rule("R16")
async def test_the_first_guardian_answers_at_once_and_identity_is_to_be_told(family):
    link = await taken_on(family, "be", "me")

    assert (link.state, link.guardian_id, link.relation) == (State.ACTIVE, "me", Relation.MOTHER)
    assert link.declaration is not None
    assert link.declaration.text_version == "parent-2026-11"
    assert (await version(family), await family.waiting("PUSH")) == (1, 1)
    assert await family.tags("be") == ["guardian:link:invited", "guardian:link:confirmed"]
    assert await told(family) == ["LINK_INVITED", "LINK_ACTIVE"]


async def test_an_invitation_keeps_no_number_that_anybody_could_read(family):
    link = await invite(family)

    async with transaction(family.engine) as connection:
        row = (await connection.execute(select(links).where(links.c.link == link.link))).one()
    assert NUMBER[3:] not in repr(tuple(map(bytes, filter(lambda each: isinstance(each, bytes), row))))
    invited = await family.guardian.invitations.invited(PLATFORM, link.link, NUMBER)
    assert invited is not None
    assert invited.number_fits
    assert invited.devices == ("d" * 16,)
    other = await family.guardian.invitations.invited(PLATFORM, link.link, OTHER)
    assert other is not None
    assert not other.number_fits


async def test_the_same_request_is_answered_the_same_and_another_under_its_id_is_refused(family):
    order = family.order("RequestLink", "one")
    link = await invite(family, order=order)
    await confirm(family, link, "me")

    assert await invite(family, order=order) == link
    with pytest.raises(RequestIdReused):
        await invite(family, order=family.order("RequestLink", "another", request_id=order.request_id))


async def test_a_person_who_is_invited_again_has_one_invitation_that_lasts_longer(family):
    first = await invite(family)
    family.clock.advance(timedelta(days=1))
    again = await invite(family)

    assert again.link == first.link
    assert again.expire_time == first.expire_time + timedelta(days=1)


async def test_invitations_are_repeated_within_limits(family):
    for _ in range(1 + CAPS.repeats):
        assert isinstance(await invite(family), Link)

    family.clock.advance(timedelta(days=1))
    refused = await invite(family)

    assert refused == Limited("link_repeats", LIFE - timedelta(days=1))
    with pytest.raises(LimitExceeded) as told:
        linked(refused)
    assert told.value.retry_after == LIFE - timedelta(days=1)
    assert "invitation" in str(told.value)


async def test_a_child_invites_within_limits_and_again_a_day_later(family):
    for number in range(CAPS.per_child):
        assert isinstance(await invite(family, number=f"+8491234567{number}"), Link)

    assert await invite(family, number=OTHER) == Limited("link_invitations_of_child")
    family.clock.advance(timedelta(days=1))
    assert isinstance(await invite(family, number=OTHER), Link)


async def test_who_declined_is_not_asked_all_day_by_the_same_child(family):
    for _ in range(CAPS.per_person):
        await decline(family, await invite(family))

    assert await invite(family) == Limited("link_invitations_of_person")
    assert isinstance(await invite(family, number=OTHER), Link)


async def test_what_strangers_children_asked_of_a_person_bars_no_other_child(family):
    for child in range(CAPS.per_person + 1):
        assert isinstance(await invite(family, f"be{child}"), Link)


@pytest.mark.rule("R18")
async def test_a_second_guardian_waits_for_the_approval_of_the_first(family):
    mother = await taken_on(family, "be", "me")
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)

    assert father.state is State.PENDING_APPROVAL
    assert await version(family) == 1
    assert (await approve(family, father, mother)).state is State.ACTIVE
    assert await version(family) == 2
    assert "guardian:link:approved" in await family.tags("be")
    assert (await told(family))[-2:] == ["LINK_AWAITS_APPROVAL", "LINK_ACTIVE"]


async def test_an_approval_has_its_own_time_however_often_the_invitation_was_made(family):
    await taken_on(family, "be", "me")
    for _ in range(2):
        link = await invite(family, number=OTHER, relation=Relation.FATHER)
        family.clock.advance(timedelta(days=1))

    father = await confirm(family, link, "bo")

    assert (father.state, father.expire_time) == (State.PENDING_APPROVAL, family.clock.now() + LIFE)


@pytest.mark.rule("R18")
async def test_nobody_approves_themselves_nor_for_another_child(family):
    mother = await taken_on(family, "be", "me")
    aunt = await taken_on(family, "other", "co", number="+84912345670")
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)

    assert await approve(family, father, father) == NotAnswering()
    assert await approve(family, father, aunt) == NotAnswering()
    await revoke(family, mother)
    assert await approve(family, father, mother) == NotAnswering()


@pytest.mark.rule("R18")
async def test_a_third_guardian_and_a_pair_that_the_law_does_not_know_are_refused(family):
    mother = await taken_on(family, "be", "me")
    stranger = await invite(family, number="+84912345670", relation=Relation.GRANDPARENT)
    assert stranger is Objection.RELATIONS
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)
    await approve(family, father, mother)

    assert await invite(family, number="+84912345671", relation=Relation.MOTHER) is Objection.TOO_MANY


async def test_what_both_used_is_left_to_an_officer(family):
    link = await invite(family)
    held = await confirm(family, link, "me", suspicions=(DisputeCause.NUMBER_OF_CHILD, DisputeCause.DEVICE_OF_CHILD))

    assert held.state is State.HELD
    assert held.dispute
    assert (await version(family), await family.waiting("PUSH")) == (0, 0)
    assert (await family.tags("be")).count("guardian:dispute:opened") == 2


async def test_an_invitation_ends_by_a_no_and_by_its_time(family):
    declined, late = await invite(family), await invite(family, "other")
    assert (await decline(family, declined)).state is State.DECLINED
    assert await confirm(family, declined, "me") == WrongState(State.DECLINED)

    family.clock.advance(LIFE)
    assert await confirm(family, late, "me") == WrongState(State.EXPIRED)


async def test_what_is_over_by_its_time_is_shown_so_before_any_job_says_it(family):
    link = await invite(family)
    family.clock.advance(LIFE)

    shown = await get_link(family.guardian, PLATFORM, link.link)
    (listed,), _ = await list_links(family.guardian, PLATFORM, "be", None, 10)
    (history,), _ = await list_histories(family.guardian, PLATFORM, "be", None, 10)

    assert (shown.state, shown.end_time) == (State.EXPIRED, link.expire_time)
    assert shown == listed == history.link


async def test_a_late_job_says_what_the_clock_said_already(family):
    link = await invite(family)
    expiry, job = Expiry(family.engine, family.clock, lambda: None), expire_job(PLATFORM, link.link, link.expire_time)

    assert await expiry.expire(job) == RetryAt(link.expire_time)
    family.clock.advance(LIFE)
    assert await expiry.expire(job) == Done()
    assert await expiry.expire(job) == Done("ANSWERED")
    assert (await told(family))[-1] == "LINK_EXPIRED"


async def test_a_guardian_who_answers_already_declines_another(family):
    mother = await taken_on(family, "be", "me")
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)

    assert await decline(family, father, "somebody") == NotAnswering()
    assert (await decline(family, father, mother.link)).state is State.DECLINED


@pytest.mark.rule("R21")
async def test_a_revoked_link_is_over_and_identity_is_to_be_told(family):
    link = await taken_on(family, "be", "me")
    ended = await revoke(family, link)

    assert (ended.state, ended.end_cause) == (State.ENDED, EndCause.REVOKED)
    assert await version(family) == 2
    assert await revoke(family, link) == WrongState(State.ENDED)


async def test_one_guardian_answers_for_as_many_children_as_may_be(family):
    for child in range(2):
        await taken_on(family, f"be{child}", "me")

    third = await invite(family, "be2", number=OTHER)
    assert await confirm(family, third, "me", children=2) is Objection.TOO_MANY_CHILDREN
    assert await confirm(family, third, "me", per_day=2) == Limited("link_confirmations")


@pytest.mark.rule("R18")
async def test_two_who_confirm_at_once_come_one_after_the_other(family):
    mother = await invite(family)
    father = await invite(family, number=OTHER, relation=Relation.FATHER)

    done = await asyncio.gather(confirm(family, mother, "me"), confirm(family, father, "bo"))

    assert sorted(each.state for each in done) == [State.ACTIVE, State.PENDING_APPROVAL]
    assert await version(family) == 1


@pytest.mark.rule("R18")
async def test_of_two_who_confirm_at_once_and_do_not_fit_one_is_refused(family):
    one = await invite(family, relation=Relation.GUARDIAN_COURT)
    other = await invite(family, number=OTHER, relation=Relation.GUARDIAN_APPOINTED)

    done = await asyncio.gather(confirm(family, one, "me"), confirm(family, other, "bo"))

    assert done.count(Objection.RELATIONS) == 1
    assert [each.state for each in done if isinstance(each, Link)] == [State.ACTIVE]


async def test_a_confirmation_that_is_sent_twice_at_once_is_done_once(family):
    link = await invite(family)
    order = family.order("ConfirmLink", "same")

    first, second = await asyncio.gather(confirm(family, link, "me", order), confirm(family, link, "me", order))

    assert first == second
    assert await version(family) == 1


async def test_whoever_revokes_while_another_confirms_leaves_no_more_than_one_who_answers(family):
    mother = await taken_on(family, "be", "me")
    father = await invite(family, number=OTHER, relation=Relation.FATHER)

    ended, confirmed = await asyncio.gather(revoke(family, mother), confirm(family, father, "bo"))

    assert ended.state is State.ENDED
    # Before the end the father has to be approved, and after it he is the first; never do both answer.
    assert confirmed.state in {State.ACTIVE, State.PENDING_APPROVAL}
    answering = 1 if confirmed.state is State.ACTIVE else 0
    assert await version(family) == 2 + answering


async def test_as_many_children_as_may_be_stay_so_when_all_confirm_at_once(family):
    invited = [await invite(family, f"be{at}", number=f"+8491234567{at}") for at in range(4)]

    done = await asyncio.gather(*(confirm(family, link, "me", children=2) for link in invited))

    assert sum(isinstance(each, Link) for each in done) == 2
    assert done.count(Objection.TOO_MANY_CHILDREN) == 2
