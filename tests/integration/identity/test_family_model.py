"""Whatever is called in whatever order, a child posts only while somebody answers for it who may (R15, R17, R21)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import pytest
from family import ALL, Family
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xacthuc.grpckit.errors import XacthucError
from xacthuc.identity.commands import EndAccount, RevokeVerification
from xacthuc.identity.domain.account import AccountView
from xacthuc.identity.domain.decision import decide
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import lifecycle, numbers
from xacthuc.policy import Action, Policy, age_on, local_date

PLATFORM, POLICY = "forum", Policy.load()
PARENTS, SERIAL = ("mother", "father"), count(1)
PEOPLE, AGES = ("child", *PARENTS), (8, 15, 17, 40)
WAITS = (timedelta(seconds=1), timedelta(days=1), timedelta(days=400), timedelta(days=3000))

people, parents = st.sampled_from(PEOPLE), st.sampled_from(PARENTS)
steps = st.one_of(
    st.tuples(st.just("put"), st.sets(people, max_size=2), st.booleans()),
    st.tuples(st.just("put"), st.just({"mother"}), st.just(False)),
    st.tuples(st.just("prove"), people),
    st.tuples(st.just("revoke"), people),
    st.tuples(st.just("lock"), parents, st.none() | st.sampled_from(WAITS)),
    st.tuples(st.just("unlock"), parents),
    st.tuples(st.just("correct"), people, st.sampled_from(AGES)),
    st.tuples(st.just("close"), parents),
    st.tuples(st.just("wait"), st.sampled_from(WAITS)),
)


@dataclass
class Somebody:
    """A person as the law sees them, in plain values."""

    born: date
    named: bool = True
    """Whether a name is kept: of a child that nobody answers for it is not."""
    proven: bool = False
    closed: bool = False
    locked_until: object = None


@dataclass
class Model:
    """A family."""

    people: dict[str, Somebody]
    links: dict[str, bool] = field(default_factory=dict)
    """Who answers for the child, and whether that is somebody of age as far as was said last."""
    suspended: bool = False

    def answers(self, who, now):
        one = self.people[who]
        locked = one.locked_until is not None and one.locked_until > now
        return self.links[who] and one.named and one.proven and not one.closed and not locked

    def may_post(self, now):
        child = self.people["child"]
        if age_on(child.born, local_date(now)) < 16:
            return not self.suspended and any(self.answers(who, now) for who in self.links)
        return child.proven and child.named and not child.closed

    def corrected(self, who, born, now):
        age, one = age_on(born, local_date(now)), self.people[who]
        one.born, answered = born, who == "child" and bool(self.links)
        one.named = age >= 16 or answered
        one.proven = one.proven and age >= 16
        if who in self.links:
            self.links[who] = age >= 18


class World:
    """The same family at identity, under ids of its own."""

    def __init__(self, bench):
        self.bench, self.family, self.serial, self.version = bench, Family(bench), next(SERIAL), 0
        # By the clock of this world, which goes on from the one before.
        year = local_date(bench.clock.now()).year
        born = {"child": date(year - 8, 1, 1), "mother": date(year - 40, 1, 2), "father": date(year - 41, 1, 2)}
        self.model = Model({who: Somebody(day) for who, day in born.items()})
        self.model.people["child"].named = False

    def id(self, who):
        return f"{who}{self.serial}"

    async def begin(self):
        for who, one in self.model.people.items():
            await self.bench.register(self.id(who), born=(one.born.year, one.born.month, one.born.day))
        for who in PARENTS:
            await self.prove(who)

    async def put(self, who, suspended):
        self.version += 1
        supervision, links = ALL._replace(suspended=suspended), self.model.links
        await self.family.put(self.version, *map(self.id, sorted(who)), supervision=supervision, child=self.id("child"))
        self.model.links = {each: links.get(each, True) for each in who}
        self.model.suspended = suspended

    async def prove(self, who):
        number = f"+8491{self.serial:05}{PEOPLE.index(who):02}"
        proven = await self.bench.verify(self.id(who), self.bench.proof(self.id(who), number))
        if isinstance(proven, AccountView):
            self.model.people[who].proven = True

    async def revoke(self, who):
        order, reason = self.bench.order(who, "RevokeVerification"), RevocationReason.LOSS_REPORTED
        command = RevokeVerification(
            order=order, account_id=self.id(who), kinds=frozenset({EvidenceKind.PHONE}), reason=reason
        )
        await numbers.revoke_verification(self.bench.identity, command)
        self.model.people[who].proven = False

    async def lock(self, who, span):
        now, one = self.bench.clock.now(), self.model.people[who]
        await self.family.lock(self.id(who), until=None if span is None else now + span)
        ends = now + (timedelta(days=36500) if span is None else span)
        one.locked_until = max(ends, one.locked_until or ends)

    async def unlock(self, who):
        await self.family.unlock(self.id(who))
        self.model.people[who].locked_until = None

    async def correct(self, who, age):
        now = self.bench.clock.now()
        today = local_date(now)
        born = date(today.year - age, today.month, 1)
        right = {"birth_date": CalendarDate(*born.timetuple()[:3]), "full_name": f"Nguyễn Văn {who}"}
        await self.bench.correct(self.id(who), **right)
        self.model.corrected(who, born, now)

    async def close(self, who):
        command = EndAccount(order=self.bench.order(who, "CloseAccount"), account_id=self.id(who))
        await lifecycle.close_account(self.bench.identity, command)
        self.model.people[who].closed = True

    async def wait(self, span):
        self.bench.clock.advance(span)

    async def agree(self):
        """The facts say what the model does; from the cache, which an end of a lock leaves behind, never more than it."""
        now, child = self.bench.clock.now(), self.id("child")
        facts = (await self.bench.facts.read(PLATFORM, [child]))[child]
        expected = self.model.may_post(now)
        assert decide(facts, Action.POST, self.bench.clock.now_ms(), POLICY).allowed == expected
        assert expected or not (await self.bench.check(child, Action.POST)).allowed


@pytest.mark.rule("R15")
@pytest.mark.rule("R17")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(taken=st.lists(steps, min_size=8, max_size=16))
@example([("put", {"mother"}, False), ("wait", WAITS[3]), ("correct", "child", 17), ("prove", "child")])
@example([("put", {"mother"}, False), ("correct", "mother", 17), ("put", {"mother"}, False), ("correct", "mother", 40)])
@example([("put", {"child"}, False), ("prove", "child"), ("correct", "child", 40), ("prove", "child")])
async def test_nobody_posts_for_whom_nobody_answers(bench, taken):
    world = World(bench)
    await world.begin()
    for step, *given_ in taken:
        bench.clock.advance(timedelta(seconds=1))
        with suppress(XacthucError):  # refused, so nothing is other than before
            await getattr(world, step)(*given_)
        await world.agree()
