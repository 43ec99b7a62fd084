"""The simulator and the guard at work decide alike about the same traffic, and are left with the same counts."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.clock import FixedClock
from xacthuc.otp.adapters.valkey_guard import ValkeyGuard, subject_key
from xacthuc.otp.adapters.valkey_guard_subjects import read_ledger
from xacthuc.otp.delivery.adapters.valkey_fold import OutcomeRow
from xacthuc.otp.delivery.adapters.valkey_guard_fold import GuardCredits
from xacthuc.otp.domain.guard import GuardRules, Kind, Thresholds, Verdict
from xacthuc.otp.domain.guard_ledger import SLOT_MS
from xacthuc.otp.simulate.replay import Replay
from xacthuc.otp.simulate.traffic import Event, What
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

START_MS = 1_795_402_800_000
LIFE = 1


def low(floor: int) -> Thresholds:
    """Thresholds that a handful of messages reaches."""
    return Thresholds(
        day_floor=3 * floor,
        hour_floor=floor,
        flight_floor=floor,
        share_permille=500,
        flight_share_permille=500,
        own_learning=False,
    )


RULES = GuardRules(enforced=True, record_ms=0, thresholds={Kind.OPERATOR: low(4), Kind.PREFIX: low(1)})

pauses_ms = st.one_of(st.just(0), st.integers(0, SLOT_MS), st.integers(0, 12 * SLOT_MS))
challenges = st.integers(0, 15)
steps = st.tuples(pauses_ms, st.sampled_from([What.QUEUED, What.QUEUED, What.QUEUED, What.ENTERED]), challenges)


class Live:
    """The guard as a start, a resend and the delivery worker use it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.guard = ValkeyGuard(
            store=store,
            rules=RULES,
            life=LIFE,
            clock_tolerance_ms=0,
            let_through=lambda: None,
            told=lambda _decision: None,
        )
        self.refused: Counter[str] = Counter()
        self.sends: Counter[str] = Counter()
        self.against_block: Counter[str] = Counter()
        self.first_ms: dict[str, int] = {}
        self.ended: set[str] = set()

    async def queue(self, event: Event) -> None:
        if event.challenge in self.ended:
            return
        watched = self.guard.watch(event.operator, event.prefix, event.at_ms)
        decision = await watched.decision()
        assert decision is not None
        if decision.verdict is Verdict.CHALLENGED and event.challenge not in self.first_ms:
            watched.take_back()
            self.refused[decision.subject] += 1
            self.ended.add(event.challenge)
        else:
            self.first_ms.setdefault(event.challenge, event.at_ms)
            self.sends[event.challenge] += 1
            self.against_block[event.challenge] += decision.against_block
        await asyncio.sleep(0)  # what is taken back has left before the next message is counted

    async def enter(self, event: Event, place: int) -> None:
        if event.challenge not in self.first_ms:
            return
        outcome = {
            b"c": b"a challenge", b"k": b"VERIFIED", b"pv": b"", b"ch": b"1", b"op": event.operator.encode(),
            b"px": event.prefix.encode(), b"cr": b"%d" % self.first_ms[event.challenge], b"t": b"%d" % event.at_ms,
            b"sn": b"%d" % self.sends[event.challenge], b"gb": b"%d" % self.against_block[event.challenge],
        }  # fmt: skip
        clock = FixedClock(datetime.fromtimestamp(event.at_ms / 1000, UTC))
        folder = GuardCredits(store=self.store, clock=clock, life=LIFE, clock_tolerance_ms=0)
        await folder.fold([OutcomeRow(0, f"{event.at_ms}-{place}", outcome)])


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


def told(history: list[tuple[int, What, int]]) -> list[Event]:
    """Returns traffic of two blocks of a range; nothing follows a code that was entered."""
    run, at_ms, entered, events = uuid.uuid4().hex, START_MS, set[int](), list[Event]()
    for pause_ms, what, challenge in history:
        at_ms += pause_ms
        if challenge not in entered:
            events.append(Event(at_ms, what, f"c{challenge}", f"range-{run}", f"block-{challenge % 2}-{run}"))
        if what is What.ENTERED and any(each.challenge == f"c{challenge}" for each in events[:-1]):
            entered.add(challenge)
    return events


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(history=st.lists(steps, min_size=8, max_size=60))
async def test_the_replay_refuses_what_the_guard_refuses(store: Store, history: list[tuple[int, What, int]]) -> None:
    events = told(history)
    live, replay = Live(store), Replay(RULES, LIFE)
    for place, event in enumerate(events):
        await (live.queue(event) if event.what is What.QUEUED else live.enter(event, place))
    assert replay.run(events).by_subject == live.refused
    for subject, ledger in replay._ledgers.items():
        words = await store.execute("HGETALL", subject_key(subject))
        kept = read_ledger(dict(zip(words[::2], words[1::2], strict=True)), LIFE)
        assert kept.figures(events[-1].at_ms) == ledger.figures(events[-1].at_ms)
