"""The script that counts outcomes keeps exactly what the pure ledger says, and counts nothing twice."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.clock import FixedClock
from xacthuc.otp.adapters.layout import tally_key
from xacthuc.otp.adapters.valkey_figures import ValkeyFigures, name_of
from xacthuc.otp.delivery.adapters.valkey_tallies import Tallies
from xacthuc.otp.delivery.domain.belief import UNTRIED, faded
from xacthuc.otp.delivery.domain.figures import (
    HOUR_MS,
    KEPT_HOURS,
    Entry,
    Figures,
    Ledger,
    Place,
    recent,
    timed,
)
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

pytestmark = pytest.mark.engine

HALF_LIFE_MS = 6 * HOUR_MS
# The store is opened once for all examples; every example counts at a place of its own.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = itertools.count()

changes = st.one_of(
    st.just(Figures(sent=1, cost_vnd=320)),
    st.just(Figures(verified=1)),
    st.just(Figures(failed=1)),
    st.integers(0, 200_000_000).map(lambda ms: Figures(delivered=1, latency_ms=ms, timed=timed(ms))),
)
ages_ms = st.one_of(st.integers(0, 90_000), st.integers(0, 3 * HOUR_MS), st.integers(0, (KEPT_HOURS + 30) * HOUR_MS))
pauses_ms = st.one_of(
    st.just(0), st.integers(0, 120_000), st.integers(0, 5 * HOUR_MS), st.just((KEPT_HOURS - 1) * HOUR_MS)
)
steps = st.lists(st.tuples(pauses_ms, st.integers(0, 2), ages_ms, changes), max_size=30)


class Book:
    """One place in the store, with a clock of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FixedClock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
        self.place = Place(f"vendor_{next(numbers)}", "viettel", 1)
        self.figures = ValkeyFigures(store)
        self._tallies = Tallies(
            store=store, clock=self.clock, operators=(), counted=lambda *_: None, clock_tolerance_ms=0
        )
        self._sequence = itertools.count()

    async def tell(self, pause_ms: int, partition: int, age_ms: int, change: Figures) -> tuple[Entry, bool]:
        """Counts a new entry after a pause; returns it, and whether the store took it for new."""
        self.clock.advance(timedelta(milliseconds=pause_ms))
        now_ms = self.clock.now_ms()
        entry = Entry(partition, (now_ms, next(self._sequence)), now_ms - age_ms, change)
        return entry, await self.repeat(entry)

    async def repeat(self, entry: Entry) -> bool:
        return bool((await self.together([entry]))[self.place])

    async def together(self, entries: Sequence[Entry]) -> dict[Place, list[Entry]]:
        return await self._tallies.count({self.place: entries})

    async def kept(self) -> Any:
        return await self.store.execute("HGETALL", tally_key(name_of(self.place)))


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@shared_fixtures
@given(history=steps, window=st.integers(1, KEPT_HOURS))
async def test_the_script_equals_the_ledger(
    store: Store, history: list[tuple[int, int, int, Figures]], window: int
) -> None:
    book, ledger = Book(store), Ledger()
    for pause_ms, partition, age_ms, change in history:
        entry, counted = await book.tell(pause_ms, partition, age_ms, change)
        after = ledger.counted(entry, book.clock.now_ms())
        assert counted is (after is not ledger)
        ledger = after

    now_ms = book.clock.now_ms()
    hours = {hour: of for hour, of in ledger.hours.items() if hour >= now_ms // HOUR_MS - window}
    found = await book.figures.figures(window, now_ms)
    assert found.get(book.place, Figures()) == sum(hours.values(), Figures())

    past = {hour: of.trials for hour, of in ledger.hours.items() if hour >= now_ms // HOUR_MS - 49}
    tried = (await book.figures.tried(HALF_LIFE_MS, now_ms)).get(book.place, UNTRIED)
    expected = faded(recent(past, ledger.minutes, now_ms), now_ms, HALF_LIFE_MS)
    assert tried.trials == pytest.approx(expected.trials)
    assert tried.fresh_sends == pytest.approx(expected.fresh_sends)


@shared_fixtures
@given(history=steps, again_from=st.integers(0, 29))
async def test_outcomes_that_are_read_again_change_nothing(
    store: Store, history: list[tuple[int, int, int, Figures]], again_from: int
) -> None:
    book = Book(store)
    entries = [(await book.tell(*step))[0] for step in history]
    before = await book.kept()

    repeated = [await book.repeat(entry) for entry in entries[again_from:]]

    assert await book.kept() == before
    assert not any(repeated)


@shared_fixtures
@given(history=steps)
async def test_outcomes_counted_together_come_to_what_they_do_one_by_one(
    store: Store, history: list[tuple[int, int, int, Figures]]
) -> None:
    alone, book, entries = Book(store), Book(store), list[Entry]()
    for _, partition, age_ms, change in history:
        entries.append((await alone.tell(0, partition, age_ms, change))[0])
    repeated = [*entries, *entries[:3]]

    counted = (await book.together(repeated))[book.place]

    assert counted == [
        entry for entry in entries if entry.at_ms // HOUR_MS >= book.clock.now_ms() // HOUR_MS - KEPT_HOURS
    ]
    assert sorted(await book.kept()) == sorted(await alone.kept())


async def test_a_tally_outlives_everything_that_could_be_counted_twice(store: Store) -> None:
    book = Book(store)
    await book.tell(0, 1, 0, Figures(sent=1))

    assert await store.execute("PTTL", tally_key(name_of(book.place))) > KEPT_HOURS * HOUR_MS


async def test_names_of_tallies_that_are_gone_are_forgotten_and_no_others(store: Store) -> None:
    gone, kept = Book(store), Book(store)
    for book in (gone, kept):
        await book.tell(0, 1, 0, Figures(sent=1))
    await store.execute("DEL", tally_key(name_of(gone.place)))

    await kept.figures.forget_gone()

    places = await kept.figures.places()
    assert kept.place in places
    assert gone.place not in places
