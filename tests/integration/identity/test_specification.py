"""After every kind of write the table, the cache and the specification know the same of an account."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from xacthuc.identity.commands import PutGuardianship
from xacthuc.identity.domain.facts import FOREVER_MS, NOT_REGISTERED, Supervision, foreseeable
from xacthuc.identity.domain.guardianship import Guardian, Guardianship, Relation
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.domain.transitions import Given, Transition, happen
from xacthuc.identity.usecases.guardianships import put_guardianship
from xacthuc.policy import Action, Policy

PLATFORM = "forum"
ALLOWED = Supervision(0, suspended=False, actions=frozenset({Action.POST}), quiet_from=0, quiet_to=60)
ANSWERED = ALLOWED._replace(guarded_until_ms=FOREVER_MS)


class Specified:
    """Accounts as they are and as the specification says they are."""

    def __init__(self, bench):
        self.bench = bench
        self.expected = {}
        self.version = 0

    def happens(self, account_id, transition, given=None):
        now_ms = self.bench.clock.now_ms()
        self.expected[account_id] = happen(
            transition, self.expected.get(account_id, NOT_REGISTERED), given or Given(), now_ms
        )

    async def agree(self):
        """The cache is asked first, as every reader does; a write that did not drop it is found here."""
        names = list(self.expected)
        cached = await self.bench.identity.standings.facts_of(PLATFORM, names)
        stored = await self.bench.facts.read(PLATFORM, names)
        now_ms = self.bench.clock.now_ms()
        assert stored == self.expected
        assert cached == {name: foreseeable(facts, now_ms) for name, facts in stored.items()}
        self.bench.clock.advance(timedelta(seconds=1))

    async def put(self, *guardians, supervision=ALLOWED):
        self.version += 1
        now = self.bench.clock.now()
        answering = tuple(
            Guardian(link=f"links/{each}", account_id=each, relation=Relation.MOTHER, start_time=now)
            for each in guardians
        )
        wanted = Guardianship(guardians=answering, supervision=supervision, version=self.version)
        order = self.bench.order(str(self.version), "PutGuardianship")
        command = PutGuardianship(order=order, child_id="child", guardianship=wanted)
        await put_guardianship(self.bench.identity, command)


@pytest.mark.rule("R9")
async def test_table_cache_and_specification_agree_after_every_write(bench):
    world, policy = Specified(bench), Policy.load()
    child_until = round(policy.independent_from(date(2015, 1, 2)).timestamp() * 1000)

    await bench.register("mother")
    world.happens("mother", Transition.ACCOUNT_REGISTERED)
    await bench.register("child", born=(2015, 1, 2))
    world.happens("child", Transition.ACCOUNT_REGISTERED, Given(child_until_ms=child_until, complete=False))
    await world.agree()

    await bench.verify("mother", bench.proof("mother"))
    world.happens("mother", Transition.PHONE_VERIFIED)
    await world.agree()

    await world.put("mother")
    world.happens("child", Transition.GUARDIAN_LINKED, Given(supervision=ANSWERED))
    await world.agree()

    suspended = ALLOWED._replace(suspended=True)
    await world.put("mother", supervision=suspended)
    world.happens(
        "child",
        Transition.SUPERVISION_CHANGED,
        Given(supervision=suspended._replace(guarded_until_ms=FOREVER_MS)),
    )
    await world.agree()

    for number in range(policy.accounts_per_number.adults):
        stranger = f"stranger{number}"
        await bench.register(stranger, born=(1980, 1, 1 + number))
        world.happens(stranger, Transition.ACCOUNT_REGISTERED)
        await bench.verify(stranger, bench.proof(stranger))
        world.happens(stranger, Transition.PHONE_VERIFIED)
        bench.clock.advance(timedelta(seconds=1))
    world.happens("mother", Transition.REVERIFICATION_REQUIRED)
    world.happens("child", Transition.SUPERVISION_CHANGED, Given(supervision=suspended))
    await world.agree()

    await world.put(supervision=suspended)
    world.happens("child", Transition.GUARDIAN_ENDED)
    await world.agree()

    await bench.correct(stranger, birth_date=CalendarDate(2015, 1, 2))
    world.happens(stranger, Transition.ACCOUNT_CORRECTED, Given(child_until_ms=child_until, complete=False))
    await world.agree()
