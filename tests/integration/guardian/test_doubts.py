"""What identity tells puts a question to an officer once, for each link that it speaks against."""

from __future__ import annotations

from datetime import timedelta

import pytest
from guardian_families import PLATFORM

from xacthuc.guardian.adapters.doubts import open_doubts
from xacthuc.guardian.adapters.holders import Doubt, Happened
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.usecases.disputes import list_disputes, resolve_dispute
from xacthuc.sql.engine import transaction

RECYCLED, CORRECTED = DisputeCause.NUMBER_RECYCLED, DisputeCause.BIRTH_DATE_CORRECTED


async def told(family, *said, at=None):
    """Deals with what identity says, as whoever follows it does: account, cause, event."""
    at = at or family.clock.now()
    happened = [
        Happened(PLATFORM, account, erases=None, keep_until="", doubt=cause and Doubt(cause, f"events/{event}", at))
        for account, cause, event in said
    ]
    async with transaction(family.engine) as connection:
        await open_doubts(connection, happened, family.clock.now())


async def asked(family):
    found, _ = await list_disputes(family.guardian, PLATFORM, None, 100, resolved=False)
    return sorted((each.link, each.cause) for each in found)


@pytest.mark.rule("R30")
async def test_each_link_of_whom_it_is_told_is_asked_about_once(family):
    for child in ("an", "binh", "chi"):
        await family.child(child)
    await family.link("an", "me")
    await family.link("binh", "me", state=State.PENDING_APPROVAL)
    await family.end(await family.link("chi", "me"))

    await told(family, ("me", RECYCLED, "1"), ("an", RECYCLED, "2"), ("binh", CORRECTED, "3"), ("me", None, "4"))
    await told(family, ("me", RECYCLED, "1"), ("me", RECYCLED, "5"), ("binh", CORRECTED, "3"))

    assert await asked(family) == [("an-me", RECYCLED), ("binh-me", CORRECTED), ("binh-me", RECYCLED)]


@pytest.mark.rule("R30")
async def test_a_link_that_came_after_it_is_not_asked_about(family):
    await family.child("an")
    await family.link("an", "me")

    await told(family, ("an", CORRECTED, "1"), at=family.clock.now() - timedelta(seconds=1))

    assert await asked(family) == []


@pytest.mark.rule("R30")
async def test_what_was_decided_is_asked_again_when_it_happens_again_and_not_when_it_is_told_again(family):
    await family.child("an")
    await family.link("an", "me")
    await told(family, ("me", RECYCLED, "1"))
    (opened,), _ = await list_disputes(family.guardian, PLATFORM, None, 100, resolved=False)
    order = family.order("ResolveDispute")
    await resolve_dispute(family.guardian, order, opened.dispute_id, "seen in person", allowed=True)

    await told(family, ("me", RECYCLED, "1"))
    assert await asked(family) == []

    await told(family, ("me", RECYCLED, "2"))
    assert await asked(family) == [("an-me", RECYCLED)]
