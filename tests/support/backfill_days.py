"""A campaign on the real engines while time is moved by the hour: what is sent in each, and whether that was allowed."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

from backfill_service import imported
from identity_process import IdentityProcess

from xacthuc.api.otp.v1.internal_pb2 import Outcome
from xacthuc.backfill import migrate
from xacthuc.backfill.adapters.job_kinds import JobKind
from xacthuc.backfill.assembly import Assembly, connected
from xacthuc.backfill.domain.campaign import Campaign, CampaignState
from xacthuc.backfill.ports.campaigns import Figures, Kept, NewTarget
from xacthuc.backfill.settings import BackfillSettings
from xacthuc.backfill.usecases import campaigns
from xacthuc.clock import FixedClock
from xacthuc.grpckit.errors import XacthucError
from xacthuc.order import Order
from xacthuc.policy import Policy
from xacthuc.policy.dates import local_date
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry import start as telemetry

HOUR = timedelta(hours=1)
NAME = "spring"
_BATCH = 200
_LEASE = timedelta(minutes=1)
_LATER = timedelta(seconds=5)
T = TypeVar("T")


@dataclass
class Days:
    """One campaign, its platform, and everything that was sent so far."""

    assembly: Assembly
    identity: IdentityProcess
    clock: FixedClock
    platform: str
    plan: Campaign
    number_of: dict[str, str] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    notices: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """When each number was sent one."""
    sent: Counter[date] = field(default_factory=Counter)
    spent: Counter[date] = field(default_factory=Counter)
    """What the providers took for them."""
    down: set[str] = field(default_factory=set)
    """Providers that carry nothing: otp has the others carry everything."""
    carried: Counter[str] = field(default_factory=Counter)
    """Notices by provider."""
    known: Figures = field(init=False)
    """What became of how many, by the end of the last hour."""
    watches: list[asyncio.Task[None]] = field(default_factory=list)
    """Those who follow what becomes of accounts and notices."""

    async def begin(self, targets: list[NewTarget]) -> None:
        """Makes the campaign of accounts that identity has, and starts it."""
        now, self.number_of = self.clock.now(), {target.account_id: target.number for target in targets}
        await imported(self.identity, self.platform, list(self.number_of))
        kept = Kept(platform=self.platform, name=NAME, state=CampaignState.PREPARED, plan=self.plan, create_time=now)
        backfill = self.assembly.backfill
        create, start = self._order("CreateCampaign"), self._order("StartCampaign")
        await _answered(lambda: campaigns.create_campaign(backfill, create, kept))
        for at in range(0, len(targets), _BATCH):
            order, some = self._order("AddTargets"), targets[at : at + _BATCH]
            await _answered(partial(campaigns.add_targets, backfill, order, NAME, some))
        await _answered(lambda: campaigns.start_campaign(backfill, start, NAME))

    async def figures(self) -> Figures:
        """Returns what became of how many."""
        return await _answered(lambda: campaigns.get_figures(self.assembly.backfill, self.platform, NAME))

    async def resume(self) -> None:
        """Lets an officer open what is held."""
        order = self._order("ResumeCampaign")
        await _answered(lambda: campaigns.resume_campaign(self.assembly.backfill, order, NAME, "looked into"))

    async def hour(self) -> int:
        """Lets everything be done that is due, checks what was sent, and moves time on; returns how much was sent."""
        sent, ends = 0, self.clock.now() + HOUR
        while not await self._step() and self.clock.now() + _LEASE < ends:
            # As the service waits for whoever is away, such as the database of a busy machine: what was begun is taken up
            # after its lease.
            sent += self._check()
            self.clock.advance(_LEASE)
        sent += self._check()
        while await _answered(self.assembly.settling.settle):
            pass
        self.clock.advance(ends - self.clock.now())
        self.known = await self.figures()
        assert self.known.accounts == len(self.number_of), "an account is nowhere"
        assert not any(watch.done() for watch in self.watches), "nobody follows any more"
        return sent

    async def review(self) -> None:
        """Asks identity about everybody whom something happened to; the next time also about those of whom it said nothing."""
        try:
            while await self.assembly.reviews.review():
                pass
        except (DatabaseUnavailable, XacthucError):
            self.clock.advance(_LATER)

    async def settle(self) -> None:
        """Settles what was heard of notices; the next time also of those whose names were not written down yet."""
        with suppress(DatabaseUnavailable):
            while await self.assembly.settling.settle():
                pass
        self.clock.advance(_LEASE)

    async def _step(self) -> bool:
        """Does all that is due; False when somebody was away who should not have been."""
        try:
            while await self.assembly.sending.step():
                pass
        except DatabaseUnavailable:
            return False
        except XacthucError:
            return self.platform in self.identity.otp.away
        return True

    def _check(self) -> int:
        """Nobody gets a message outside the rules."""
        now, budget = self.clock.now(), self.plan.budget
        told = list(self.identity.otp.notices.items())
        new = [(key, number) for key, (whose, number, _) in told if whose == self.platform and key not in self.seen]
        allowed = {number for account, number in self.number_of.items() if number and account not in self.verified}
        for key, number in new:
            self.seen.add(key)
            before = self.notices[number]
            assert self.plan.begin <= now < self.plan.end, "outside the term"
            assert self.plan.hours.opening(now) == now, "outside the hours"
            assert number in allowed, "to somebody who lacks nothing"
            gap = timedelta(days=budget.person_gap_days)
            assert not before or now - before[-1] >= gap, "too soon after the last one"
            before.append(now)
            assert len(before) <= budget.person_notices, "one too many to a person"
            self._carry(key)
        self.sent[local_date(now)] += len(new)
        assert self.sent[local_date(now)] <= budget.notices_per_day, "one too many a day"
        assert self.spent[local_date(now)] <= budget.vnd_per_day, "too dear a day"
        return len(new)

    def _carry(self, key: str) -> None:
        """Has a provider carry a notice that is not down, as otp does, and tells what became of it."""
        works = [each for each in self.plan.providers if each.name not in self.down]
        provider = works[self.carried.total() % len(works)]
        self.carried[provider.name] += 1
        self.spent[local_date(self.clock.now())] += provider.cost_vnd
        told = {"provider": provider.name, "cost_vnd": provider.cost_vnd}
        arrives = self.carried.total() % 10
        self.identity.otp.heard_of(self.platform, key, Outcome.SENT, **told)
        if arrives:
            self.identity.otp.heard_of(self.platform, key, Outcome.DELIVERED, provider=provider.name)
        else:
            self.identity.otp.heard_of(self.platform, key, Outcome.FAILED, "undelivered", provider=provider.name)

    def _order(self, method: str) -> Order:
        ids = {"request_id": str(uuid4()), "trace_id": "0" * 32, "payload": ""}
        return Order(platform=self.platform, method=method, actor="operator:an", **ids)


async def _answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Returns what is answered, asked as often as a busy machine's database wants it; the same order is done once."""
    for _ in range(9):
        with suppress(DatabaseUnavailable):
            return await ask()
    return await ask()


@asynccontextmanager
async def days_of(
    identity: IdentityProcess,
    database_url: str,
    platform: str,
    plan: Campaign,
    *,
    otp_address: str = "",
) -> AsyncIterator[Days]:
    """Gives the service's own adapters on an empty database, with a clock that stands at the beginning of a plan.

    What answers in otp's place for identity sends its notices, unless there is an `otp_address`.
    """
    await asyncio.to_thread(migrate.main, database_url)
    settings = BackfillSettings(
        environment="development",
        database_url=database_url,
        state_url=identity.environment["XACTHUC_STATE_URL"],
        tls_directory=identity.tls,
        keys_directory=identity.keys,
        identity_address=identity.internal,
        otp_address=otp_address or identity.environment["XACTHUC_OTP_ADDRESS"],
        send_lease=_LEASE,
        log_level="error",
    )
    clock, reporting = FixedClock(plan.begin), telemetry.start("backfill", settings, jobs=frozenset(JobKind))
    try:
        async with connected(settings, reporting) as connections:
            assembly = Assembly(settings, connections, policy=Policy.load(), clock=clock, telemetry=reporting)
            watches = [asyncio.create_task(each.run()) for each in (assembly.watch, assembly.receipts)]
            try:
                yield Days(assembly, identity, clock, platform, plan, watches=watches)
            finally:
                for watch in watches:
                    watch.cancel()
                await asyncio.gather(*watches, return_exceptions=True)
    finally:
        reporting.close()
