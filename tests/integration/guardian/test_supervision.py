"""What guardians allow: kept once, by whoever answers for the child, and handed on to identity."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound, RequestIdReused
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.link_rows import read
from xacthuc.guardian.adapters.link_writes import by_itself, end, lock_child
from xacthuc.guardian.domain.links import EndCause, State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.domain.supervision import Change, QuietHours, changed
from xacthuc.guardian.ports.links import WrongState
from xacthuc.guardian.usecases.supervision import get_supervision, update_supervision
from xacthuc.policy import Action
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
SUSPENDED = Change(suspended=True)


@pytest.fixture
async def mother(family):
    await family.child("be")
    return await family.link("be", "me")


async def put(family, link, change, order=None):
    return await family.guardian.supervisions.change(
        order or family.order("UpdateSupervision", repr(change)),
        link,
        partial(changed, change=change),
        family.clock.now(),
        may_widen=True,
    )


@pytest.mark.rule("R19")
async def test_a_change_is_a_version_that_identity_is_told_and_that_is_on_record(family, mother):
    after = await put(family, mother, Change(actions=frozenset({Action.REACT}), quiet=QuietHours(1260, 360)))

    assert (after.version, after.supervision.actions) == (2, {Action.REACT})
    assert await get_supervision(family.guardian, PLATFORM, "be") == after
    assert await family.tags("be") == ["guardian:child:supervision_set"]
    assert await family.waiting("PUSH") == 1


@pytest.mark.rule("R19")
async def test_a_child_is_suspended_and_resumed_with_what_was_allowed_before(family, mother):
    before = await get_supervision(family.guardian, PLATFORM, "be")

    suspended = await put(family, mother, SUSPENDED)
    resumed = await put(family, mother, Change(suspended=False))

    assert suspended.supervision.suspended
    assert resumed.supervision == before.supervision
    assert (suspended.version, resumed.version) == (2, 3)


async def test_the_same_again_makes_no_version_and_tells_nobody(family, mother):
    await put(family, mother, SUSPENDED)
    again = await put(family, mother, SUSPENDED)

    assert again.version == 2
    assert await family.tags("be") == ["guardian:child:supervision_set"]


async def test_a_repetition_is_answered_as_the_first_time_whatever_came_between(family, mother):
    order = family.order("UpdateSupervision", "suspend")
    first = await put(family, mother, SUSPENDED, order)
    await put(family, mother, Change(suspended=False))

    assert await put(family, mother, SUSPENDED, order) == first
    with pytest.raises(RequestIdReused):
        await put(family, mother, SUSPENDED, family.order("UpdateSupervision", "other", request_id=order.request_id))


async def test_both_parents_change_it_and_neither_loses_what_the_other_said(family, mother):
    father = await family.link("be", "cha", Relation.FATHER)

    await asyncio.gather(
        put(family, mother, Change(actions=frozenset({Action.POST}))), put(family, father, Change(suspended=True))
    )

    kept = await get_supervision(family.guardian, PLATFORM, "be")
    assert (kept.version, kept.supervision.actions, kept.supervision.suspended) == (3, {Action.POST}, True)


@pytest.mark.parametrize("state", [each for each in State if each is not State.ACTIVE])
async def test_only_who_answers_for_the_child_changes_anything(family, state):
    await family.child("be")
    link = await family.link("be", "la", state=state)

    with pytest.raises(FailedPrecondition) as refused:
        await update_supervision(family.guardian, family.order("UpdateSupervision"), link, SUSPENDED)

    assert (refused.value.reason, refused.value.metadata["state"]) == (Reason.LINK_STATE, state.value)
    assert await family.tags("be") == []


async def test_a_guardian_who_is_one_no_more_changes_nothing(family, mother):
    async with transaction(family.engine) as connection:
        await lock_child(connection, PLATFORM, "be")
        link = await read(connection, PLATFORM, mother)
        await end(connection, by_itself(PLATFORM, "Look"), link, EndCause.GUARDIAN_STANDING, family.clock.now())

    assert await put(family, mother, SUSPENDED) == WrongState(State.ENDED)


@pytest.mark.parametrize("action", [Action.READ, Action.LIVESTREAM_COMMERCE])
async def test_what_is_no_guardians_to_allow_is_refused_by_its_field(family, mother, action):
    wanted = Change(actions=frozenset({action}))
    with pytest.raises(InvalidRequest) as refused:
        await update_supervision(family.guardian, family.order("UpdateSupervision"), mother, wanted)

    assert [fault.field for fault in refused.value.field_faults] == ["supervision.allowed_actions"]


async def test_of_whom_nobody_ever_answered_nothing_is_told(family):
    await family.child("be")

    with pytest.raises(NotFound):
        await get_supervision(family.guardian, PLATFORM, "be")
