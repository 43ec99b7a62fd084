"""What speaks against links: on record until a named officer decides, and nothing changes before."""

from __future__ import annotations

import asyncio

import pytest
from guardian_invitations import OTHER, approve, confirm, invite, taken_on

from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.guardian.domain.disputes import DisputeCause, DisputeState
from xacthuc.guardian.domain.links import OVER, EndCause, State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.domain.supervision import Change
from xacthuc.guardian.ports.links import Disputed
from xacthuc.guardian.usecases.disputes import (
    get_dispute,
    list_disputes,
    list_histories,
    open_dispute,
    resolve_dispute,
)
from xacthuc.guardian.usecases.supervision import update_supervision

PLATFORM = "forum"
OFFICER = "operator:lan"


async def contest(family, link, cause=DisputeCause.CONTESTED, basis="letter 3", order=None):
    order = order or family.order("OpenDispute", link, actor=OFFICER)
    return await open_dispute(family.guardian, order, link, cause, basis)


async def resolve(family, dispute, *, allowed, order=None, actor=OFFICER):
    order = order or family.order("ResolveDispute", dispute.dispute_id, actor=actor)
    return await resolve_dispute(family.guardian, order, dispute.dispute_id, "court 7/2026", allowed=allowed)


async def change(family, link, wanted):
    return await update_supervision(family.guardian, family.order("UpdateSupervision", repr(wanted)), link, wanted)


async def state_of(family, link):
    found = await family.guardian.links.get(PLATFORM, link)
    return found.state, found.end_cause


@pytest.fixture
async def mother(family):
    await family.child("be")
    return await family.link("be", "me")


async def test_nothing_changes_before_an_officer_decides(family, mother):
    opened = await contest(family, mother)

    assert await state_of(family, mother) == (State.ACTIVE, None)
    assert (await family.guardian.links.get(PLATFORM, mother)).dispute == opened.dispute_id
    assert await family.waiting("PUSH") == 0
    assert await get_dispute(family.guardian, PLATFORM, opened.dispute_id) == opened


@pytest.mark.rule("R21")
async def test_a_link_that_is_refused_ends_and_identity_is_told(family, mother):
    decided = await resolve(family, await contest(family, mother), allowed=False)

    assert (decided.state, decided.resolver, decided.resolve_basis) == (DisputeState.REFUSED, OFFICER, "court 7/2026")
    assert await state_of(family, mother) == (State.ENDED, EndCause.DISPUTE)
    assert await family.waiting("PUSH") == 1
    assert await family.tags("be") == [
        "guardian:dispute:opened",
        "guardian:dispute:resolved",
        "guardian:link:ended",
    ]


async def test_a_link_that_is_allowed_goes_on_as_before(family, mother):
    await resolve(family, await contest(family, mother), allowed=True)

    assert await state_of(family, mother) == (State.ACTIVE, None)
    assert (await family.guardian.links.get(PLATFORM, mother)).dispute == ""


async def test_a_link_that_was_held_begins_once_nothing_speaks_against_it(family):
    await family.child("be")
    held = await family.link("be", "me", state=State.HELD)
    first, second = [await contest(family, held, cause) for cause in list(DisputeCause)[:2]]

    await resolve(family, first, allowed=True)
    assert await state_of(family, held) == (State.HELD, None)
    await resolve(family, second, allowed=True)
    assert await state_of(family, held) == (State.ACTIVE, None)
    assert (await family.waiting("PUSH"), await family.waiting("LOOK")) == (1, 1)


async def test_whom_an_officer_allows_the_other_parent_still_approves(family, mother):
    held = await family.link("be", "cha", Relation.FATHER, State.HELD)

    await resolve(family, await contest(family, held), allowed=True)

    assert await state_of(family, held) == (State.PENDING_APPROVAL, None)


async def test_what_was_contested_as_an_invitation_begins_by_nobodys_word_but_an_officers(family):
    link = await invite(family)
    dispute = await contest(family, link.link)

    held = await confirm(family, link, "me")

    assert (held.state, held.dispute) == (State.HELD, dispute.dispute_id)
    assert await family.waiting("PUSH") == 0
    await resolve(family, dispute, allowed=True)
    assert await state_of(family, link.link) == (State.ACTIVE, None)


@pytest.mark.parametrize("contested", ["mother", "father"])
async def test_nobody_is_approved_while_an_officer_looks_at_either_of_them(family, contested):
    mother = await taken_on(family, "be", "me")
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)
    link = {"mother": mother, "father": father}[contested]
    dispute = await contest(family, link.link)

    assert await approve(family, father, mother) == Disputed(link.link, link.state)
    await resolve(family, dispute, allowed=True)
    assert (await approve(family, father, mother)).state is State.ACTIVE


@pytest.mark.rule("R19")
async def test_whoever_is_contested_suspends_the_child_and_allows_it_nothing(family, mother):
    await contest(family, mother)

    after = await change(family, mother, Change(suspended=True))
    assert after.supervision.suspended
    with pytest.raises(FailedPrecondition) as refused:
        await change(family, mother, Change(suspended=False))
    assert refused.value.metadata == {"state": "ACTIVE", "link": mother, "next_step": "WAIT"}


async def test_a_link_that_nobody_began_is_declined(family):
    await family.child("be")
    held = await family.link("be", "me", state=State.HELD)

    await resolve(family, await contest(family, held), allowed=False)

    assert await state_of(family, held) == (State.DECLINED, None)


async def test_of_two_officers_one_decides(family, mother):
    dispute = await contest(family, mother)
    results = await asyncio.gather(
        resolve(family, dispute, allowed=True, actor="operator:lan"),
        resolve(family, dispute, allowed=False, actor="operator:hoa"),
        return_exceptions=True,
    )

    assert sorted(isinstance(each, FailedPrecondition) for each in results) == [False, True]


async def test_repetitions_are_answered_as_the_first_time(family, mother):
    opening, order = family.order("OpenDispute", "a", actor=OFFICER), family.order("ResolveDispute", "a", actor=OFFICER)
    dispute = await contest(family, mother, order=opening)
    assert await contest(family, mother, order=opening) == dispute

    decided = await resolve(family, dispute, allowed=False, order=order)
    assert await resolve(family, dispute, allowed=False, order=order) == decided


@pytest.mark.parametrize("state", sorted(OVER))
async def test_what_is_over_is_not_contested(family, state):
    await family.child("be")
    link = await family.link("be", "me", state=state)

    with pytest.raises(FailedPrecondition) as refused:
        await contest(family, link)
    assert refused.value.metadata == {"state": state.value, "next_step": "LINK_GUARDIAN"}
    with pytest.raises(NotFound):
        await contest(family, "nobody")


async def test_open_disputes_are_listed_newest_first_page_after_page(family, mother):
    opened = [await contest(family, mother, basis=f"letter {each}") for each in range(3)]
    await resolve(family, opened[1], allowed=True)

    page, following = await list_disputes(family.guardian, PLATFORM, None, 1, resolved=False)
    rest, last = await list_disputes(family.guardian, PLATFORM, following, 5, resolved=False)
    everything, _ = await list_disputes(family.guardian, PLATFORM, None, 5, resolved=True)

    assert [each.basis for each in (*page, *rest)] == ["letter 2", "letter 0"]
    assert (last, len(everything)) == (None, 3)


async def test_a_history_has_everything_that_became_of_a_link_and_who_did_it(family, mother):
    await resolve(family, await contest(family, mother), allowed=False)

    histories, _ = await list_histories(family.guardian, PLATFORM, "be", None, 10)

    assert [(change.state, change.actor) for change in histories[0].changes] == [
        (State.ACTIVE, "key:1"),
        (State.ENDED, OFFICER),
    ]
