"""Whatever is called in whatever order, identity is told of nobody as a guardian whom nobody let in (R16 to R18).

The shipped adapters on a real database; what is compared is who answers, which is what `Pushes` tells. The pure rules have
their own machine in tests/property/guardian.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from guardian_invitations import approve, confirm, invite
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from xacthuc.grpckit.errors import XacthucError
from xacthuc.guardian.adapters.expiry import Expiry
from xacthuc.guardian.adapters.jobs import expire_job
from xacthuc.guardian.adapters.link_rows import active_of
from xacthuc.guardian.adapters.tables import children
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.domain.links import OVER, EndCause, Link, State
from xacthuc.guardian.domain.relations import PARENTS, Relation
from xacthuc.guardian.ports.links import Caps
from xacthuc.guardian.usecases.disputes import get_dispute, open_dispute, resolve_dispute
from xacthuc.sql.engine import transaction

PLATFORM, SERIAL = "forum", count(1)
FREE = Caps(repeats=99, per_child=99, per_person=99)
"""How often somebody is asked is another test's."""
WAITS = (timedelta(minutes=1), timedelta(days=4), timedelta(days=8))

THREE_CONFIRM = [*(("confirm", each, False) for each in range(3)), ("approve", 1, 0), ("approve", 2, 0)]
"""Each as soon as invited; then the first one approves whoever waits."""

at = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("invite"), st.sampled_from(["an", "binh", "chi"]), st.sampled_from(Relation)),
    st.tuples(st.just("invite"), st.sampled_from(["an", "binh"]), st.sampled_from(sorted(PARENTS))),
    st.tuples(st.just("confirm"), at, st.booleans()),
    st.tuples(st.just("confirm"), at, st.just(False)),
    st.tuples(st.just("approve"), at, at),
    st.tuples(st.just("decline"), at, st.none() | at),
    st.tuples(st.just("revoke"), at),
    st.tuples(st.just("contest"), at),
    st.tuples(st.just("decide"), st.booleans()),
    st.tuples(st.just("leave"), at, st.sampled_from([EndCause.CAME_OF_AGE, EndCause.GUARDIAN_STANDING])),
    st.tuples(st.just("expire"), at),
    st.tuples(st.just("wait"), st.sampled_from(WAITS)),
)


@dataclass
class World:
    """One child, and everybody who was ever asked to answer for it."""

    family: object
    child: str
    invited: list[tuple[Link, str]] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    let_in: set[str] = field(default_factory=set)
    """Links that whoever may let in did, by this test's own account of it."""
    left: set[str] = field(default_factory=set)
    """Links that whoever may end ended, by the same account."""

    def link(self, at):
        return self.invited[at % len(self.invited)] if self.invited else None

    def waits(self, link, *states):
        """Whether it is answered in time, read from what is kept: the rule of the service is what is tried here."""
        return link.state in states and link.expire_time > self.family.clock.now()

    async def kept(self, link):
        return await self.family.guardian.links.get(PLATFORM, link.link)

    async def invite(self, who, relation):
        who = f"{who}-{self.child}"  # nobody is refused for the children of the run before
        made = await invite(self.family, self.child, account=who, relation=relation, caps=FREE)
        if isinstance(made, Link) and made.link not in {each.link for each, _ in self.invited}:
            self.invited.append((made, who))

    async def confirm(self, at, suspicious):
        if (found := self.link(at)) is None:
            return
        link, who = found
        before, alone = await self.kept(link), not await self.answering()
        suspicions = frozenset({DisputeCause.DEVICE_OF_CHILD}) if suspicious else frozenset()
        await confirm(self.family, link, who, suspicions=suspicions, per_day=99)
        if self.waits(before, State.INVITED) and alone and not suspicious and not before.dispute:
            self.let_in.add(link.link)
        await self.gather_disputes(link)

    async def approve(self, at, by):
        if (found := self.link(at)) is None:
            return
        link, other = found[0], self.link(by)[0]
        before, answering = await self.kept(link), {each.link: each for each in await self.answering()}
        await approve(self.family, link, other)
        waits = self.waits(before, State.PENDING_APPROVAL)
        undisputed = not before.dispute and other.link in answering and not answering[other.link].dispute
        if waits and undisputed and other.link != link.link:
            self.let_in.add(link.link)

    async def decline(self, at, by):
        if (found := self.link(at)) is None:
            return
        link, other = found[0], "" if by is None else self.link(by)[0].link
        before, answering = await self.kept(link), {each.link for each in await self.answering()}
        order = self.family.order("DeclineLink", link.link + other)
        await self.family.guardian.links.decline(order, link.link, other, self.family.clock.now())
        entitled = by is None or (other in answering and other != link.link)
        if entitled and self.waits(before, State.INVITED, State.PENDING_APPROVAL):
            self.left.add(link.link)

    async def revoke(self, at):
        if (found := self.link(at)) is None:
            return
        link, before = found[0], await self.kept(found[0])
        order = self.family.order("RevokeLink", link.link)
        await self.family.guardian.links.revoke(order, link.link, self.family.clock.now())
        if before.state is State.ACTIVE:
            self.left.add(link.link)

    async def contest(self, at):
        if (found := self.link(at)) is not None:
            link, order = found[0].link, self.family.order("OpenDispute", found[0].link, actor="operator:lan")
            opened = await open_dispute(self.family.guardian, order, link, DisputeCause.CONTESTED, "letter 3")
            self.disputes.append(opened.dispute_id)

    async def decide(self, allowed):
        if not self.disputes:
            return
        dispute_id, alone = self.disputes.pop(0), not await self.answering()
        contested = await get_dispute(self.family.guardian, PLATFORM, dispute_id)
        before = await self.family.guardian.links.get(PLATFORM, contested.link)
        order = self.family.order("ResolveDispute", dispute_id, actor="operator:lan")
        await resolve_dispute(self.family.guardian, order, dispute_id, "court 7/2026", allowed=allowed)
        if allowed and alone and before.state is State.HELD:
            self.let_in.add(contested.link)
        if not allowed:
            self.left.add(contested.link)

    async def leave(self, at, cause):
        """What a look finds: one of both answers no more."""
        found = self.link(at)
        if found is not None and (await self.kept(found[0])).state is State.ACTIVE:
            await self.family.end(found[0].link, cause)
            self.left.add(found[0].link)

    async def expire(self, at):
        """The job of an invitation, whenever it comes."""
        if (found := self.link(at)) is not None:
            job = expire_job(PLATFORM, found[0].link, self.family.clock.now())
            await Expiry(self.family.engine, self.family.clock, lambda: None).expire(job)

    async def wait(self, span):
        self.family.clock.advance(span)

    async def gather_disputes(self, link):
        found = (await self.kept(link)).dispute
        if found and found not in self.disputes:
            self.disputes.append(found)

    async def answering(self):
        async with transaction(self.family.engine) as connection:
            return await active_of(connection, PLATFORM, self.child)

    async def version(self):
        of = children.c
        async with transaction(self.family.engine) as connection:
            said = select(of.version).where(of.platform == PLATFORM, of.child == self.child)
            return await connection.scalar(said) or 0

    async def agree(self):
        """Compares who answers with who may."""
        answering = await self.answering()
        assert {each.link for each in answering} <= self.let_in - self.left
        relations = sorted(each.relation for each in answering)
        assert len(relations) <= 1 or relations in (sorted(PARENTS), [Relation.GRANDPARENT] * 2)
        assert len({each.guardian_id for each in answering}) == len(answering)
        now = self.family.clock.now()
        for link, _ in self.invited:
            standing = (await self.kept(link)).standing(now)
            assert link.link not in self.over | self.left or standing in OVER
            if standing in OVER:
                self.over.add(link.link)
        return {each.link for each in answering}


@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.rule("R18")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(taken=st.lists(steps, min_size=8, max_size=18))
@example(
    [
        ("invite", "an", Relation.MOTHER),
        ("invite", "binh", Relation.FATHER),
        ("confirm", 0, False),
        ("confirm", 1, False),
        ("approve", 1, 1),
        ("contest", 0),
        ("approve", 1, 0),
        ("decide", True),
        ("approve", 1, 0),
        ("revoke", 0),
    ]
)
@example(
    [
        ("invite", "an", Relation.GRANDPARENT),
        ("confirm", 0, True),
        ("invite", "binh", Relation.GRANDPARENT),
        ("confirm", 1, False),
        ("decide", True),
        ("approve", 0, 1),
    ]
)
@example(
    [("invite", "an", Relation.MOTHER), ("wait", WAITS[2]), ("confirm", 0, False), ("expire", 0), ("confirm", 0, False)]
)
@example(
    [("invite", "an", Relation.MOTHER), ("contest", 0), ("confirm", 0, False), ("decide", False), ("confirm", 0, False)]
)
@example(
    [
        ("invite", "an", Relation.MOTHER),
        ("invite", "binh", Relation.GUARDIAN_NATURAL),
        ("confirm", 0, False),
        ("confirm", 1, False),
        ("approve", 1, 0),
    ]
)
@example([*(("invite", who, Relation.GRANDPARENT) for who in ("an", "binh", "chi")), *THREE_CONFIRM])
@example([("invite", "an", Relation.MOTHER), ("invite", "an", Relation.FATHER), *THREE_CONFIRM])
@example(
    [
        ("invite", "an", Relation.MOTHER),
        ("invite", "binh", Relation.FATHER),
        ("confirm", 0, False),
        ("confirm", 1, False),
        ("wait", WAITS[2]),
        ("approve", 1, 0),
    ]
)
@example(
    [
        ("invite", "an", Relation.MOTHER),
        ("invite", "binh", Relation.FATHER),
        ("confirm", 0, False),
        ("confirm", 1, False),
        ("decline", 1, 0),
        ("approve", 1, 0),
        ("revoke", 0),
        ("confirm", 0, False),
    ]
)
@example([("invite", "an", Relation.MOTHER), ("confirm", 0, False), ("contest", 0), ("decide", False)])
async def test_nobody_answers_whom_nobody_let_in(family, taken):
    world = World(family, f"be{next(SERIAL)}")
    answering, version = set(), 0
    for step, *given_ in taken:
        with suppress(XacthucError):  # refused, so nothing is other than before
            await getattr(world, step)(*given_)
        now_answering, now_version = await world.agree(), await world.version()
        assert now_version > version if now_answering != answering else now_version == version
        answering, version = now_answering, now_version
