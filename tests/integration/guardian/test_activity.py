"""What children published: told once however often, shown to who answers for the child, and to nobody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.call import Call
from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound
from xacthuc.guardian.domain.activity import Activity, ActivityKind, kept_from
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.usecases.supervision import list_activity, record_activity
from xacthuc.telemetry.tracing import TraceContext

PLATFORM = "forum"
CALL = Call("/test", TraceContext(1, 1, None), 0, PLATFORM, key_id="test")


@pytest.fixture
async def mother(family):
    await family.child("be")
    return await family.link("be", "me")


def post(family, content_id, ago=timedelta(0), kind=ActivityKind.POST):
    return Activity(kind, content_id, family.clock.now() - ago)


async def record(family, *told, child="be", order=None):
    return await record_activity(family.guardian, order or family.order("RecordActivity", repr(told)), child, told)


async def shown(family, child="be", limit=100):
    """Returns what is shown of a child, page after page."""
    since, found, after = kept_from(family.clock.now(), family.guardian.policy), [], ""
    while True:
        page = await family.guardian.activities.page(PLATFORM, child, since=since, after=after, limit=limit)
        found += [each.content_id for each in page.activities]
        after = page.following
        if not after:
            return found


@pytest.mark.rule("R19")
async def test_a_guardian_sees_what_the_child_published_newest_first(family, mother):
    ages = {"old": timedelta(days=3), "new": timedelta(0), "middle": timedelta(hours=1)}

    assert await record(family, *(post(family, each, ago) for each, ago in ages.items())) == 3
    assert await shown(family) == ["new", "middle", "old"]


async def test_what_happened_at_one_moment_is_shown_once_over_all_pages(family, mother):
    await record(family, *(post(family, f"p{each}") for each in range(5)))

    assert sorted(await shown(family, limit=2)) == [f"p{each}" for each in range(5)]


async def test_what_is_told_again_is_recorded_once(family, mother):
    order = family.order("RecordActivity", "batch")
    assert await record(family, post(family, "a"), order=order) == 1
    assert await record(family, post(family, "a"), order=order) == 1  # the same answer to the same request
    assert await record(family, post(family, "a"), post(family, "a", kind=ActivityKind.SHARE)) == 1

    assert await shown(family) == ["a", "a"]


async def test_one_call_beside_itself_is_answered_alike(family, mother):
    order, told = family.order("RecordActivity", "batch"), [post(family, "a"), post(family, "b")]

    assert await asyncio.gather(*(record(family, *told, order=order) for _ in range(4))) == [2] * 4


async def test_nothing_is_kept_of_whom_nobody_answers_for(family):
    await family.child("be")
    await family.link("be", "me", state=State.INVITED)

    assert await record(family, post(family, "a")) == 0
    assert await record(family, post(family, "a"), child="nobody") == 0


async def test_a_guardian_of_another_child_or_of_none_is_shown_nothing(family, mother):
    waits = await family.link("be", "cha", state=State.PENDING_APPROVAL)
    await record(family, post(family, "a"))

    assert await shown(family, "em") == []
    with pytest.raises(FailedPrecondition) as refused:
        await list_activity(family.guardian, CALL, waits, "", 100)
    assert refused.value.metadata == {"state": "PENDING_APPROVAL", "next_step": "ASK_GUARDIAN"}
    with pytest.raises(NotFound):
        await list_activity(family.guardian, CALL, "nobody", "", 100)
    assert Tag.ACTIVITY_SHOWN not in await family.tags("be")


async def test_what_is_older_than_is_kept_is_neither_recorded_nor_shown(family, mother):
    days = family.guardian.policy.supervision.activity_days
    assert await record(family, post(family, "gone", timedelta(days=days, seconds=1)), post(family, "kept")) == 1

    family.clock.advance(timedelta(days=days, seconds=1))
    assert await shown(family) == []


async def test_what_cannot_have_happened_is_refused_by_its_place(family, mother):
    with pytest.raises(InvalidRequest) as refused:
        await record(family, post(family, "a"), post(family, "b", -timedelta(hours=1)))

    assert [fault.field for fault in refused.value.field_faults] == ["activities[1].occur_time"]
    assert await shown(family) == []
