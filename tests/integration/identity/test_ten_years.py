"""Ten years of birthdays: at each of them, and a second before, everybody may do what their age and nothing else allows.

The clock stops at every midnight in Vietnam at which somebody turns 7, 16 or 18. Nobody looks in between, so that no job
keeps a gate shut that identity itself left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from family import family_of

from xacthuc.identity.commands import CheckGuardian
from xacthuc.identity.domain.guardianship import Unfit
from xacthuc.identity.domain.holders import AgeBand
from xacthuc.identity.usecases import holders
from xacthuc.policy import Action, Reason
from xacthuc.policy.dates import VIETNAM_TIME

pytestmark = [pytest.mark.rule("R20"), pytest.mark.rule("R22"), pytest.mark.timeout(300)]
PLATFORM = "forum"
SECOND = timedelta(seconds=1)
YEARS = 10
AGES = (7, 16, 18)
BORN = (
    date(2010, 12, 31),
    date(2012, 2, 29),
    date(2013, 3, 1),
    date(2015, 2, 28),
    date(2016, 2, 29),
    date(2018, 1, 1),
    date(2019, 12, 31),
    date(2020, 2, 29),
    date(2021, 3, 1),
    date(2024, 2, 29),
    date(2025, 6, 15),
    date(2026, 11, 22),
)
"""The last is a child in all those years."""
YOUNGEST = f"child{len(BORN) - 1}"


def age(born: date, at: datetime) -> int:
    """Counts as people do, without what the product counts with."""
    today = at.astimezone(VIETNAM_TIME).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def turns(born: date, years: int) -> datetime:
    """Returns the first midnight in Vietnam at which somebody is so old."""
    day = date(born.year + years, born.month, born.day if (born.month, born.day) != (2, 29) else 28)
    at = datetime(day.year, day.month, day.day, tzinfo=VIETNAM_TIME)
    while age(born, at) < years:
        at += timedelta(days=1)
    return at


@dataclass
class Child:
    """Somebody on the way from a child to an adult."""

    name: str
    born: date
    number: str
    proven: bool = False
    """Whether something of their own is, as from 16 on it may be."""

    def band(self, at: datetime) -> AgeBand:
        return list(AgeBand)[sum(age(self.born, at) >= years for years in AGES)]

    def may_post(self, at: datetime) -> bool:
        return self.proven or age(self.born, at) < 16

    def fit(self, at: datetime) -> Unfit | None:
        """Why they answer for no child, at this age."""
        return None if age(self.born, at) >= 18 else Unfit.CHILD


class Village:
    """Children with a mother each."""

    def __init__(self, family):
        self.family, self.bench = family, family.bench
        self.children = [Child(f"child{n}", born, f"+849123460{n:02}") for n, born in enumerate(BORN)]

    async def begin(self):
        for n, child in enumerate(self.children):
            mother = f"mother{n}"
            await self.bench.register(child.name, born=(child.born.year, child.born.month, child.born.day))
            await self.bench.register(mother)
            await self.bench.verify(mother, self.bench.proof(mother, f"+849123450{n:02}"))
            await self.family.put(1, mother, child=child.name)
            # Of a child that nobody answers for no name is kept.
            await self.bench.correct(child.name, full_name="Nguyễn Văn Con")

    async def look(self, who=()):
        """Compares some, or everybody, with what their age says."""
        at = self.bench.clock.now()
        for child in who or self.children:
            decision = await self.bench.check(child.name, Action.POST)
            known = await holders.get_holder(self.bench.identity, PLATFORM, child.name)
            assert (child.name, at, decision.allowed) == (child.name, at, child.may_post(at))
            assert decision.allowed or decision.reason is Reason.NOT_VERIFIED
            assert (child.name, at, known.age_band) == (child.name, at, child.band(at))
            if child.name != YOUNGEST and child.proven:
                assert (child.name, at, await self.unfit(child)) == (child.name, at, child.fit(at))

    async def unfit(self, child):
        guardian = self.family.guardian(child.name)
        command = CheckGuardian(platform=PLATFORM, child_id=YOUNGEST, guardian=guardian, child_devices=frozenset())
        return (await holders.check_guardian(self.bench.identity, command))[0]

    def stops(self):
        begin = self.bench.clock.now()
        days = {turns(child.born, years) for child in self.children for years in AGES}
        return sorted(day for day in days if begin < day < begin + timedelta(days=366 * YEARS))

    async def grow_up(self, at):
        """Whoever is 16 proves a number of their own, every other one before anybody has ended the mother's link."""
        for n, child in enumerate(self.children):
            if not child.proven and age(child.born, at) >= 16:
                if n % 2:
                    await self.family.put(2, child=child.name)
                await self.bench.verify(child.name, self.bench.proof(child.name, child.number))
                child.proven = True


async def test_everybody_may_do_what_their_age_allows_for_ten_years(bench):
    village = Village(await family_of(bench))
    await village.begin()
    await village.look()

    stops = village.stops()
    for at in stops:
        turning = [child for child in village.children if at in {turns(child.born, years) for years in AGES}]
        bench.clock.advance(at - SECOND - bench.clock.now())
        await village.look(turning)
        bench.clock.advance(SECOND)
        await village.look()
        await village.grow_up(at)
        await village.look(turning)

    seen = {years for at in stops for child in village.children for years in AGES if turns(child.born, years) == at}
    assert seen == set(AGES)
    assert any((at.month, at.day) == (2, 29) for at in stops)
    assert any((at.month, at.day) == (3, 1) and child.born.day == 29 for at in stops for child in village.children)
