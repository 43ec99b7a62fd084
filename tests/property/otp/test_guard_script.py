"""The guard's scripts count exactly what the ledger counts, whatever happens in whatever order."""

from __future__ import annotations

import uuid
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.otp.adapters.scripts import guard_script
from xacthuc.otp.adapters.valkey_guard_subjects import read_ledger
from xacthuc.otp.domain.guard_ledger import SLOT_MS, Figures, Ledger
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS
from xacthuc.valkey import Store
from xacthuc.valkey.many import run_many

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from xacthuc.valkey.link import Word

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

START_MS = 1_795_402_800_000
DAY_MS = DAY_HOURS * HOUR_MS
# The store is opened once for all examples; every example uses a key of its own.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

pauses_ms = st.one_of(
    st.just(0),
    st.integers(-2000, 2000),
    st.integers(0, 2 * SLOT_MS),
    st.integers(0, 3 * HOUR_MS),
    st.integers(0, 30 * HOUR_MS),
    st.integers(0, 20 * DAY_MS),
)
ages_ms = st.one_of(
    st.just(0), st.integers(0, 2 * SLOT_MS), st.integers(0, 2 * HOUR_MS), st.integers(0, 30 * HOUR_MS),
    st.integers(0, 16 * DAY_MS),
)  # fmt: skip
steps = st.one_of(
    st.tuples(st.just("count"), st.just(0)),
    st.tuples(st.just("count"), st.just(0)),
    st.tuples(st.just("take_back"), st.just(0)),
    st.tuples(st.just("verify"), ages_ms),
    st.tuples(st.just("verify"), st.just(0)),
)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@shared_fixtures
@given(
    life=st.integers(1, 2),
    history=st.lists(st.tuples(pauses_ms, steps, st.integers(1, 4)), max_size=30),
)
async def test_the_scripts_equal_the_ledger(
    store: Store, life: int, history: list[tuple[int, tuple[str, int], int]]
) -> None:
    key = f"g:{{{uuid.uuid4().hex}}}"
    count, back, credit = guard_script("count"), guard_script("take_back"), guard_script("credit")
    model, now_ms, slots = Ledger(life), START_MS, list[int]()
    for number, (pause_ms, (step, age_ms), messages) in enumerate(history):
        now_ms += pause_ms
        if step == "count":
            slots.append(model.count(now_ms))
            _, _, _, slot, sums, in_flight = await store.run(count, (key,), (now_ms, 0, life))
            assert int(slot) == slots[-1]
            assert Figures.of(*map(int, sums.split()), in_flight=in_flight) == model.figures(now_ms)
        elif step == "take_back" and slots:
            slot = slots.pop()
            model.take_back(slot, now_ms)
            await store.run(back, (key,), (now_ms, 0, life, slot))
        elif step == "verify":
            model.verify(now_ms - age_ms, messages, now_ms)
            # A partition per event: within one, entries come in order, and these do not.
            event = (number, f"{now_ms}-0", "verified", now_ms - age_ms, messages)
            assert await store.run(credit, (key, f"{key}:x"), (now_ms, 0, life, 1, *event)) == [1]
        words = await store.execute("HGETALL", key)
        kept = read_ledger(dict(zip(words[::2], words[1::2], strict=True)), life)
        # Of a copy: asking moves the model's clock on, which the store has not heard of where nothing was done.
        assert kept.figures(now_ms) == deepcopy(model).figures(now_ms)


@shared_fixtures
@given(
    entries=st.lists(st.tuples(st.integers(0, HOUR_MS), st.integers(0, 3)), min_size=1, max_size=10),
    replays=st.lists(st.integers(0, 9), max_size=10),
    event=st.sampled_from(["verified", "sent"]),
)
async def test_a_replayed_outcome_changes_nothing(
    store: Store, entries: list[tuple[int, int]], replays: list[int], event: str
) -> None:
    key, credit = f"g:{{{uuid.uuid4().hex}}}", guard_script("credit")
    ids = [f"{START_MS + ms}-{sequence}" for ms, sequence in sorted(set(entries))]
    now_ms = START_MS + HOUR_MS

    async def fold(entry_id: str) -> int:
        arguments = (now_ms, 0, 1, 1, 7, entry_id, event, now_ms, 1)
        (applied,) = await store.run(credit, (key, f"{key}:x"), arguments)
        return int(applied)

    assert all([await fold(entry_id) for entry_id in ids])
    once = await store.execute("HGETALL", key)
    assert not any([await fold(ids[position % len(ids)]) for position in replays])
    assert await store.execute("HGETALL", key) == once


@shared_fixtures
@given(
    entries=st.lists(
        st.tuples(
            st.integers(0, 2), st.integers(0, 3), st.integers(0, 26 * HOUR_MS), st.sampled_from(["verified", "sent"])
        ),
        max_size=30,
    )
)
async def test_outcomes_applied_together_come_to_what_they_do_one_by_one(
    store: Store, entries: list[tuple[int, int, int, str]]
) -> None:
    credit, now_ms = guard_script("credit"), START_MS + 27 * HOUR_MS
    together, alone = ([f"g:{{{uuid.uuid4().hex}}}" for _ in range(3)] for _ in range(2))
    work: dict[tuple[str, ...], list[tuple[Word, ...]]] = {(key, f"{key}:x"): [] for key in together}
    one_by_one: list[list[int]] = [[], [], []]
    for of, partition, ms, event in entries:  # not in order: some come again, or late, and are left out
        words = (partition, f"{START_MS + ms}-0", event, START_MS + ms, 1)
        work[together[of], f"{together[of]}:x"].append(words)
        one_by_one[of] += await store.run(credit, (alone[of], f"{alone[of]}:x"), (now_ms, 0, 1, 1, *words))

    answers = await run_many(store, credit, (now_ms, 0, 1), work)

    assert list(answers.values()) == one_by_one
    for one, other in zip(together, alone, strict=True):
        assert await kept(store, one) == await kept(store, other)


async def kept(store: Store, key: str) -> dict[bytes, bytes]:
    words = [word for name in (key, f"{key}:x") for word in await store.execute("HGETALL", name)]
    return dict(zip(words[::2], words[1::2], strict=True))


@given(
    ages=st.lists(st.tuples(st.integers(0, 40 * HOUR_MS), st.booleans()), max_size=60),
)
def test_every_message_is_in_flight_or_ripe_until_it_is_too_old(ages: list[tuple[int, bool]]) -> None:
    ledger, end_ms = Ledger(1), START_MS + 40 * HOUR_MS
    for age_ms, verified in sorted(ages, reverse=True):
        ledger.count(end_ms - age_ms)
        if verified:
            ledger.verify(end_ms - age_ms, 1, end_ms - age_ms)
    figures = ledger.figures(end_ms)
    young = [verified for age_ms, verified in ages if age_ms <= SLOT_MS]
    day = [verified for age_ms, verified in ages if 2 * SLOT_MS <= age_ms <= DAY_MS]
    assert figures.in_flight >= young.count(False)
    assert figures.unverified_day + figures.in_flight >= young.count(False) + day.count(False)
    assert figures.verified_day >= day.count(True)
