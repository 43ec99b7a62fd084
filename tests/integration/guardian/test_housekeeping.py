"""What was kept for a time goes when it is over; what was erased at identity goes here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from holds import nothing_held
from sqlalchemy import func, select

from xacthuc.guardian.adapters.housekeeping import Housekeeping
from xacthuc.guardian.adapters.tables import activities, children, disputes, link_changes, links, requests
from xacthuc.guardian.domain.activity import Activity, ActivityKind
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.usecases.disputes import open_dispute
from xacthuc.guardian.usecases.supervision import record_activity
from xacthuc.policy.dates import months_after
from xacthuc.sql.engine import transaction


async def counted(family, *tables):
    async with transaction(family.engine) as connection:
        return [await connection.scalar(select(func.count()).select_from(table)) for table in tables]


@pytest.fixture
async def mother(family):
    await family.child("be")
    link = await family.link("be", "me")
    told = [Activity(ActivityKind.POST, "a", family.clock.now())]
    await record_activity(family.guardian, family.order("RecordActivity"), "be", told)
    await open_dispute(family.guardian, family.order("OpenDispute"), link, DisputeCause.CONTESTED, "letter 3")
    return link


@pytest.fixture
def housekeeping(family):
    return Housekeeping(family.engine, family.clock, family.guardian.policy, nothing_held)


async def test_what_is_young_enough_stays(family, mother, housekeeping):
    await housekeeping.forget()

    assert await counted(family, activities, requests, links) == [1, 2, 1]


async def test_posts_and_requests_go_when_their_time_is_over(family, mother, housekeeping):
    policy = family.guardian.policy
    longest = max(policy.supervision.activity_days, policy.identity.request_id_days)
    family.clock.advance(timedelta(days=longest, seconds=1))

    await housekeeping.forget()

    assert await counted(family, activities, requests, links, disputes) == [0, 0, 1, 1]


async def test_a_link_goes_with_its_history_once_it_is_over_for_so_long(family, mother, housekeeping):
    await family.end(mother)
    over = months_after(family.clock.now(), family.guardian.policy.supervision.history_months)

    family.clock.advance(over - family.clock.now() - timedelta(days=1))
    await housekeeping.forget()
    assert await counted(family, links, link_changes, disputes) == [1, 2, 1]

    family.clock.advance(timedelta(days=3))
    await housekeeping.forget()
    # The version stays with the child: identity keeps it too, and takes a greater one alone.
    assert await counted(family, links, link_changes, disputes, children) == [0, 0, 0, 1]


async def test_a_link_that_stands_is_never_too_old(family, mother, housekeeping):
    family.clock.advance(timedelta(days=365 * 10))

    await housekeeping.forget()

    assert await counted(family, links, link_changes) == [1, 1]
