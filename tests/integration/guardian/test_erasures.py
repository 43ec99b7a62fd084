"""What is left of an account once it is erased: nothing of a child, and no guardian's id in what stays of others."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from guardian_families import PLATFORM
from sqlalchemy import func, or_, select, text

from xacthuc.guardian.adapters.erasures import erase, let_go
from xacthuc.guardian.adapters.family_rows import lock_family, lock_guardian
from xacthuc.guardian.adapters.link_writes import pass_on
from xacthuc.guardian.adapters.tables import links
from xacthuc.guardian.domain.links import OVER, EndCause, State
from xacthuc.sql.engine import transaction

pytestmark = pytest.mark.rule("R49")


async def erased(family, account):
    async with transaction(family.engine) as connection:
        await let_go(connection, PLATFORM, account, family.clock.now())
        await erase(connection, PLATFORM, account)


async def named(family, account):
    """Returns how many links name an account as guardian."""
    of = links.c
    async with transaction(family.engine) as connection:
        where = or_(of.guardian == account, of.invited_account == account)
        return await connection.scalar(select(func.count()).select_from(links).where(where))


@pytest.mark.parametrize("state", sorted(set(State) - OVER))
async def test_a_guardian_goes_out_of_links_wherever_they_stand(family, state):
    await family.child("be")
    link = await family.link("be", "me", state=state)

    await erased(family, "me")

    left = await family.guardian.links.get(PLATFORM, link)
    assert left.state is (State.ENDED if state is State.ACTIVE else State.EXPIRED)
    assert left.end_cause is (EndCause.GUARDIAN_STANDING if state is State.ACTIVE else None)
    assert await named(family, "me") == 0
    assert await family.waiting("PUSH") == (1 if state is State.ACTIVE else 0)


async def test_nothing_of_a_child_is_left(family):
    await family.child("be")
    await family.link("be", "me", state=State.HELD)

    await erased(family, "be")

    assert await family.rows_of("be") == 0


async def test_whoever_is_taken_on_at_the_same_moment_is_let_go_as_well(family, eventually):
    await family.child("be")
    link = await family.link("be", "me", state=State.HELD)

    async def waits() -> bool:
        of_lock = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with family.engine.connect() as connection:
            return bool(await connection.scalar(text(of_lock)))

    async with transaction(family.engine) as connection:
        await lock_guardian(connection, PLATFORM, "me")
        kept = await lock_family(connection, PLATFORM, link)
        erasing = asyncio.create_task(erased(family, "me"))
        await eventually(waits)
        await pass_on(connection, family.order("ResolveDispute"), kept, family.clock.now(), timedelta(days=7))
    await erasing

    assert (await family.guardian.links.get(PLATFORM, link)).state is State.ENDED
    assert await named(family, "me") == 0
