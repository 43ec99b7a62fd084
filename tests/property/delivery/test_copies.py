"""However requests end and receipts come, a message goes out as often as the rule of copies allows and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from delivery_world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.otp.delivery.adapters import layout
from xacthuc.otp.delivery.adapters.valkey_deadlines import ValkeyDeadlines
from xacthuc.otp.delivery.adapters.valkey_holdings import ValkeyHoldings
from xacthuc.otp.delivery.adapters.valkey_queue import ValkeyQueue
from xacthuc.otp.delivery.adapters.valkey_receipts import ValkeyReceipts
from xacthuc.otp.delivery.domain.caps import MOST_COPIES, MOST_REQUESTS, MOST_UNEXPLAINED, may_copy
from xacthuc.otp.delivery.ports import Channel, Claim, Fate, Left, Receipt, Sent, Status, Target
from xacthuc.valkey import Script, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from xacthuc.otp.delivery.ports import Entry, Tenure
    from xacthuc.otp.domain.challenge_id import ChallengeId

pytestmark = pytest.mark.engine

shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

REQUEST_ENDS = ("crash", "nothing", "refusal", "doubt", "accepted", "accepted_and_crash")
RECEIPTS = ("missing", "failed", "delivered", "failed_late", "delivered_late")


@pytest.fixture
async def world(valkey_url: str, tmp_path: Path) -> AsyncIterator[World]:
    store = await Store.connect(valkey_url)
    yield World(store, valkey_url, tmp_path)
    await store.close()


@shared_fixtures
@given(copies=st.integers(0, 8), doubts=st.integers(0, 8))
async def test_the_scripts_rule_of_copies_is_the_pure_one(world: World, copies: int, doubts: int) -> None:
    source = layout.script("claim").source
    shared = source[: source.index("-- Counts one request")]
    asked = Script(
        "may_copy", f"{shared}\nreturn may_copy({copies}, {doubts}, {MOST_UNEXPLAINED}, {MOST_COPIES}) and 1"
    )

    assert bool(await world.store.run(asked, ("{p:000}:none",), ())) is may_copy(copies, doubts)


@dataclass
class Life:
    """One message, and what the world outside knows of it."""

    world: World
    identity: ChallengeId
    queue: ValkeyQueue
    deadlines: ValkeyDeadlines
    receipts: ValkeyReceipts
    tenure: Tenure
    names: Iterator[str] = field(default_factory=lambda: (f"p{number}" for number in count()))
    unexplained: set[str] = field(default_factory=set)
    """Who was asked by a worker that died then, unless a receipt said since that the copy failed."""
    sent: int = 0
    """Requests after which the message may be on its way, less those whose receipt said that it failed."""
    requests: int = 0
    had_it: set[str] = field(default_factory=set)
    silent: list[str] = field(default_factory=list)
    """Who accepted and has not reported."""
    told: int = 0

    async def entry(self) -> Entry | None:
        waiting = await self.queue.read(self.identity.partition, "", bulk=False, most=1000)
        entries = [entry for entry in waiting if entry.id == self.identity.text]
        assert len(entries) <= 1
        return entries[0] if entries else None

    async def request(self, end: str) -> None:
        """Asks one provider, if the store lets it."""
        entry = await self.entry()
        if entry is None:
            return
        token = next(self.names)
        claim = await self.queue.claim(self.tenure, entry, token, None, self.world.clock.now_ms())
        if not isinstance(claim, Claim):
            return
        assert claim.avoid <= self.had_it
        if entry.again:
            assert self.had_it <= claim.avoid
        name = next(self.names)
        if end == "crash":
            self.sent, self.requests = self.sent + 1, self.requests + 1
            self.unexplained.add(name)
            return
        if end in ("nothing", "refusal", "doubt"):
            self.requests += end != "nothing"
            self.sent += end == "doubt"
            if end == "doubt":
                self.had_it.add(name)
            await self.queue.put_back(self.tenure, entry, Fate(token, Left(end), name, "no"), self.world.clock.now_ms())
            return
        await self.accepted(entry, name, crash=end == "accepted_and_crash")

    async def accepted(self, entry: Entry, name: str, *, crash: bool) -> None:
        self.sent, self.requests = self.sent + 1, self.requests + 1
        target = Target(entry.partition, bulk=False, id=entry.id, send=entry.send, channel=1)
        await self.receipts.link(name, "m", target)
        self.silent.append(name)
        if crash:
            self.unexplained.add(name)
            return
        self.had_it.add(name)
        self.told += 1
        ending = Sent(provider=name, channel=Channel.SMS, cost_vnd=7, reports=True)
        await self.queue.settle(self.tenure, entry, ending, self.world.clock.now_ms())

    async def receipt(self, kind: str) -> None:
        """Lets receipts come, or not come."""
        if kind == "missing":
            await self.world.run_out(self.identity)
            now_ms = self.world.clock.now_ms()
            for tenure, late in await self.deadlines.overdue([self.tenure], now_ms):
                await self.deadlines.resolve(tenure, late, now_ms, others=True)
        elif self.silent:
            name = self.silent.pop(-1 if kind.endswith("late") else 0)
            status = Status.FAILED if kind.startswith("failed") else Status.DELIVERED
            receipt = Receipt("m", status, "")
            target = await self.receipts.find(name, receipt)
            assert target is not None
            for _ in range(2):  # every receipt comes twice
                await self.receipts.apply(name, target, receipt, self.world.clock.now_ms())
            if status is Status.FAILED:
                self.sent -= 1
                self.unexplained.discard(name)


@shared_fixtures
@given(steps=st.lists(st.sampled_from([*REQUEST_ENDS, *RECEIPTS, "missing", "crash"]), max_size=14))
async def test_copies_requests_and_told_sends_stay_within_bounds(world: World, steps: list[str]) -> None:
    life = await born(world)
    for step in steps:
        await (life.request(step) if step in REQUEST_ENDS else life.receipt(step))
        record = await world.record(life.identity)
        copies, doubts = int(record.get("cp:1", 0)), int(record.get("db:1", 0))
        assert 0 <= doubts <= copies <= MOST_COPIES
        assert copies == life.sent
        assert life.requests <= MOST_REQUESTS
        assert len(life.unexplained) <= MOST_UNEXPLAINED
    sends = [outcome for outcome in await world.outcomes(life.identity.partition) if outcome["c"] == life.identity.text]
    assert sum(int(outcome["co"]) for outcome in sends) == 7 * life.told


async def born(world: World) -> Life:
    identity = await world.start(f"+849{next(_NUMBERS):08d}")
    holdings = ValkeyHoldings(store=world.store)
    now_ms = world.clock.now_ms()
    tenure = await holdings.take("worker", identity.partition, now_ms + 60_000, now_ms)
    assert tenure is not None
    queue = ValkeyQueue(store=world.store, notice_life=timedelta(hours=1), receipt_waits_ms=(25_000, 10_000))
    return Life(
        world,
        identity,
        queue,
        ValkeyDeadlines(store=world.store),
        ValkeyReceipts(store=world.store),
        tenure,
    )


_NUMBERS = count(10_000_000)
