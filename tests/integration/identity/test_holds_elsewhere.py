"""Years pass over families and broadcasts: what a legal hold at identity keeps is destroyed nowhere before its release."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from broadcast_rows import keep
from guardian_families import families
from sqlalchemy import insert, select

from xacthuc.guardian.adapters import housekeeping as of_guardian
from xacthuc.guardian.adapters.erasures import Erasures
from xacthuc.guardian.adapters.jobs import Extent, erase_job
from xacthuc.guardian.adapters.tables import activities, link_changes, links
from xacthuc.guardian.domain.activity import Activity, ActivityKind
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.usecases.supervision import record_activity
from xacthuc.identity.adapters.tables import platforms
from xacthuc.identity.ports.retention import Held, HoldOrder
from xacthuc.identity.usecases import retention
from xacthuc.jobs.job import RetryAt
from xacthuc.livestream.adapters import housekeeping as of_livestream
from xacthuc.livestream.adapters.tables import broadcasts, decisions, exports
from xacthuc.livestream.domain.broadcast import State
from xacthuc.policy.dates import months_after

pytestmark = pytest.mark.rule("R49")
SEASON = timedelta(days=91)


class Deployment:
    """Identity, and what guardian and livestream have of the same accounts, under one clock."""

    def __init__(self, bench, engine):
        self.bench, self.engine, self.clock = bench, engine, bench.clock
        self.family = families(engine, "forum", bench.clock.now())
        policy = bench.identity.policy
        self.forgets = [
            each.Housekeeping(engine, bench.clock, policy, self.held).forget for each in (of_guardian, of_livestream)
        ]

    async def held(self):
        """Asks page by page, an account each."""
        found, after = set(), Held("", "")
        while page := await retention.held_accounts(self.bench.identity, after, 1):
            found, after = found | set(page), page[-1]
        return found

    async def hold(self, *accounts):
        order = self.bench.order(uuid4().hex, "PlaceHold")
        wanted = HoldOrder(
            authority="A05",
            legal_basis="Law 116/2025 Art. 25",
            reference="1/CV",
            review_time=self.clock.now() + timedelta(days=90),
        )
        placed = await retention.place_hold(self.bench.identity, order, wanted, accounts)
        assert placed.not_held == ()
        return placed.hold.hold_id

    async def release(self, hold_id):
        order = self.bench.order(uuid4().hex, "ReleaseHold")
        await retention.release_hold(self.bench.identity, order, hold_id, "2/CV")

    async def lives(self, child, guardian, seller):
        """A child published and was let go by its guardian; somebody sold; what was sold was exported."""
        await self.family.child(child)
        link = await self.family.link(child, guardian, Relation.MOTHER)
        told = [Activity(ActivityKind.POST, f"post-{child}", self.clock.now())]
        await record_activity(self.family.guardian, self.family.order("RecordActivity"), child, told)
        await self.family.end(link)
        await keep(self.engine, f"show-{seller}", seller, State.ENDED, self.clock.now(), end_time=self.clock.now())
        row = {"approval": seller, "platform": "forum", "account": seller, "request_id": seller}
        async with self.engine.begin() as connection:
            await connection.execute(insert(exports).values(**row, time=self.clock.now()))

    async def left(self):
        wanted = (
            *(activities.c.child, links.c.child, link_changes.c.link),
            *(broadcasts.c.account, decisions.c.account, exports.c.account),
        )
        async with self.engine.connect() as connection:
            return [sorted(set(await connection.scalars(select(each)))) for each in wanted]

    async def forget(self):
        for forget in self.forgets:
            await forget()


@pytest.fixture
async def deployment(bench, engine):
    async with engine.begin() as connection:
        forum = {"platform": "forum", "display_name": "Forum", "create_time": bench.clock.now()}
        await connection.execute(insert(platforms).values(**forum))
    for account in ("seller", "mother"):
        await bench.register(account)
    for child in ("child", "other-child"):
        await bench.register(child, (2018, 1, 2))
    return Deployment(bench, engine)


async def test_what_a_hold_keeps_outlives_its_time_and_goes_with_the_release(deployment):
    """Of the second child the guardian is held, of the third nobody: a link is of whoever it is between."""
    clock, policy = deployment.clock, deployment.bench.identity.policy
    await deployment.lives("child", "stranger", "seller")
    await deployment.lives("other-child", "mother", "other-seller")
    await deployment.lives("free-child", "other-mother", "another")
    hold_id = await deployment.hold("child", "mother", "seller")
    twice = await deployment.hold("seller")
    months = (policy.supervision.history_months, policy.livestream.record_months, policy.retention.record_months)
    over = months_after(clock.now(), max(months)) + SEASON

    while clock.now() < over:
        clock.advance(SEASON)
        await deployment.forget()
        posts, theirs, changes, shows, ruled, exported = await deployment.left()
        assert "child" in posts
        assert {"child", "other-child"} <= set(theirs)
        assert {"child-stranger", "other-child-mother"} <= set(changes)
        assert all("seller" in each for each in (shows, ruled, exported))

    assert [posts, theirs, shows, ruled, exported] == [["child"], ["child", "other-child"], *[["seller"]] * 3]

    await deployment.release(hold_id)
    await deployment.forget()
    assert await deployment.left() == [[], [], [], *[["seller"]] * 3]  # another hold keeps the seller

    await deployment.release(twice)
    await deployment.forget()
    assert await deployment.left() == [[]] * 6


async def test_an_erasure_waits_for_whomever_a_link_is_between(deployment):
    await deployment.lives("child", "mother", "seller")
    await deployment.hold("child")
    erasures = Erasures(deployment.engine, None, deployment.held, deployment.clock, lambda: None)
    before = await deployment.left()

    for account, extent in (("child", Extent.UNKEPT), ("mother", Extent.EVERYTHING)):
        answer = await erasures.handle(erase_job("forum", account, extent, ""))
        assert (type(answer), answer.outcome) == (RetryAt, "HELD")
    assert await deployment.left() == before

    # Of the mother alone nothing is here that no law keeps: her own erasure waits for nobody.
    answer = await erasures.handle(erase_job("forum", "mother", Extent.UNKEPT, ""))
    assert answer.outcome == "NOT_ASKED"
