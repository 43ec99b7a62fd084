"""The scripts decide and remember exactly what the pure arithmetic says, whatever happens in whatever order."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xacthuc.ratelimit import gcra
from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS, Refusal, Rule, State
from xacthuc.ratelimit.limiter import Charge, Credit, Event, Limiter
from xacthuc.ratelimit.limits import Limit, key_of
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.engine

START_MS = 1_795_402_800_000
# The limiter's own fixtures are made once for all examples; every example uses a key of its own.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

rules = st.builds(
    Rule,
    quantity=st.integers(1, 1000),
    period_ms=st.sampled_from([1000, 60_000, HOUR_MS, 24 * HOUR_MS]),
    burst=st.integers(1, 50),
    scale_permille=st.sampled_from([0, 1, 500, 2000, 2500]),
    sent_cap=st.sampled_from([0, 3, 8]),
    wrong_cap=st.sampled_from([0, 2, 10]),
)
pauses_ms = st.one_of(
    st.just(0), st.integers(0, 2000), st.integers(0, 3 * HOUR_MS), st.integers(0, 40 * HOUR_MS), st.just(HOUR_MS)
)
costs = st.integers(1, 3)
ages_ms = st.one_of(st.just(0), st.integers(0, 3 * HOUR_MS), st.integers(0, 30 * HOUR_MS))
steps = st.one_of(
    st.tuples(st.just("spend"), costs),
    st.tuples(st.just("spend"), st.just(1)),
    st.tuples(st.just("refund"), st.just(1)),
    st.tuples(st.just("verified"), ages_ms),
    st.tuples(st.just("wrong"), ages_ms),
    st.tuples(st.just("bar"), st.integers(-1000, HOUR_MS)),
)


@pytest.fixture
async def limiter(valkey_url: str) -> AsyncIterator[Limiter]:
    store = await Store.connect(valkey_url)
    yield Limiter(store, clock_tolerance_ms=0)
    await store.close()


def seen_at(state: State, now_ms: int) -> State:
    """What of a state still matters: two states that agree here decide alike from now on."""
    hour = now_ms // HOUR_MS
    verified = state.verified if state.hour >= hour else 0
    before = state.verified_before if state.hour >= hour else state.verified if state.hour == hour - 1 else 0
    return State(
        tat_us=max(state.tat_us, now_ms * 1000),
        hour=hour,
        verified=verified,
        verified_before=before,
        sent=tuple(pair for pair in state.sent if pair[0] >= hour - DAY_HOURS),
        wrong=tuple(pair for pair in state.wrong if pair[0] >= hour - DAY_HOURS),
        barred_until_ms=state.barred_until_ms if state.barred_until_ms > now_ms else 0,
    )


def folded(state: State, rule: Rule, event: str, event_ms: int, now_ms: int) -> State:
    """The model of a fold: what is too old to matter is left out."""
    if event == "wrong":
        fresh = event_ms // HOUR_MS >= now_ms // HOUR_MS - DAY_HOURS
        return gcra.wrong(state, event_ms, now_ms) if fresh else state
    if event_ms // HOUR_MS < now_ms // HOUR_MS - 1:
        return state
    return gcra.verify(state, rule, event_ms, now_ms)


@shared_fixtures
@given(rule=rules, history=st.lists(st.tuples(pauses_ms, steps), max_size=25))
async def test_the_scripts_equal_the_arithmetic(
    limiter: Limiter, rule: Rule, history: list[tuple[int, tuple[str, int]]]
) -> None:
    charge = Charge(Limit.IP, key_of(Limit.IP, uuid.uuid4().hex), rule)
    now_ms, model, spends = START_MS, State(), list[tuple[int, int]]()
    for number, (pause_ms, (step, amount)) in enumerate(history):
        now_ms += pause_ms
        if step == "spend":
            expected = gcra.spend(model, rule, amount, now_ms)
            result = await limiter.spend([charge._replace(cost=amount)], now_ms)
            if isinstance(expected, Refusal):
                assert (expected.cause, expected.retry_at_ms) == (result.cause, result.retry_at_ms)
            else:
                assert result.allowed
                model = expected
                spends.append((now_ms, amount))
        elif step == "refund" and spends:
            spent_ms, cost = spends.pop()
            model = gcra.refund(model, rule, cost, spent_ms, now_ms)
            limiter.refund([charge._replace(cost=cost)], spent_ms=spent_ms, now_ms=now_ms)
            await limiter.drain()
        elif step == "bar":
            model = replace(model, barred_until_ms=max(0, now_ms + amount))
            await limiter.bar(charge.key, until_ms=now_ms + amount, now_ms=now_ms)
        elif step in {"verified", "wrong"}:
            model = folded(model, rule, step, now_ms - amount, now_ms)
            # A partition per event: within one, entries come in order, and these do not.
            await limiter.fold([Credit(charge, Event(step), number, f"{now_ms - amount}-0")], now_ms)
        assert seen_at(model, now_ms) == seen_at(await limiter.read(charge.key), now_ms)
    assert limiter.refunds_lost == 0


@given(rule=rules, gaps_ms=st.lists(pauses_ms, min_size=1, max_size=200))
def test_no_window_admits_more_than_the_burst_and_what_accrues_in_it(rule: Rule, gaps_ms: list[int]) -> None:
    state, now_ms = State(), START_MS
    admitted_ms: list[int] = []
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        outcome = gcra.spend(state, rule, 1, now_ms)
        if isinstance(outcome, State):
            state = outcome
            admitted_ms.append(now_ms)
    for first, start_ms in enumerate(admitted_ms):
        for count, end_ms in enumerate(admitted_ms[first:], start=1):
            accrued = (end_ms - start_ms) * 1000 // rule.interval_us(0)
            assert count <= rule.burst + accrued


@given(rule=rules, gaps_ms=st.lists(pauses_ms, min_size=1, max_size=100))
def test_no_24_hours_hold_more_than_the_cap(rule: Rule, gaps_ms: list[int]) -> None:
    state, now_ms = State(), START_MS
    admitted_ms: list[int] = []
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        outcome = gcra.spend(state, rule, 1, now_ms)
        if isinstance(outcome, State):
            state = outcome
            admitted_ms.append(now_ms)
    for start_ms in admitted_ms if rule.sent_cap else []:
        assert rule.sent_cap >= sum(start_ms <= at < start_ms + DAY_HOURS * HOUR_MS for at in admitted_ms)


@given(rule=rules, gaps_ms=st.lists(st.integers(0, HOUR_MS), max_size=20), cost=costs)
def test_a_refund_at_once_leaves_what_was_there_before(rule: Rule, gaps_ms: list[int], cost: int) -> None:
    state, now_ms = State(), START_MS
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        outcome = gcra.spend(state, rule, 1, now_ms)
        state = outcome if isinstance(outcome, State) else state
    spent = gcra.spend(state, rule, cost, now_ms)
    if isinstance(spent, State):
        assert seen_at(state, now_ms) == seen_at(gcra.refund(spent, rule, cost, now_ms, now_ms), now_ms)


@given(rule=rules, gaps_ms=st.lists(pauses_ms, max_size=30), cost=costs)
def test_the_retry_time_is_the_first_millisecond_that_is_not_refused(rule: Rule, gaps_ms: list[int], cost: int) -> None:
    state, now_ms = State(), START_MS
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        outcome = gcra.spend(state, rule, 1, now_ms)
        if isinstance(outcome, State):
            state = outcome
            continue
        assert outcome.retry_at_ms is not None
        assert isinstance(gcra.spend(state, rule, 1, outcome.retry_at_ms), State)
        assert isinstance(gcra.spend(state, rule, 1, outcome.retry_at_ms - 1), Refusal)


@given(rule=rules, successes=st.integers(1, 5000))
def test_successes_never_make_a_limit_stricter(rule: Rule, successes: int) -> None:
    state = State()
    while isinstance(outcome := gcra.spend(state, rule, 1, START_MS), State):
        state = outcome
    before = state.tat_us
    for _ in range(min(successes, 200)):
        state = gcra.verify(state, rule, START_MS, START_MS)
        assert before >= state.tat_us
        before = state.tat_us


@shared_fixtures
@given(several=st.lists(rules, min_size=1, max_size=5), gaps_ms=st.lists(pauses_ms, min_size=1, max_size=12))
async def test_all_or_none_are_spent_and_the_longest_refusal_is_told(
    limiter: Limiter, several: list[Rule], gaps_ms: list[int]
) -> None:
    limits = [Limit.ACCOUNT, Limit.DEVICE, Limit.IP, Limit.PREFIX, Limit.SYSTEM]
    example = uuid.uuid4().hex
    charges = [Charge(limit, key_of(limit, example), rule) for limit, rule in zip(limits, several, strict=False)]
    models = [State() for _ in charges]
    now_ms = START_MS
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        outcomes = [gcra.spend(model, charge.rule, 1, now_ms) for model, charge in zip(models, charges, strict=True)]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        result = await limiter.spend(charges, now_ms)
        if refusals:
            longest = gcra.strictest(refusals)
            assert (charges[outcomes.index(longest)].limit, longest.cause, longest.retry_at_ms) == (
                result.limit,
                result.cause,
                result.retry_at_ms,
            )
        else:
            assert result.allowed
            models = [outcome for outcome in outcomes if isinstance(outcome, State)]


@shared_fixtures
@given(
    entries=st.lists(st.tuples(st.integers(0, 3 * HOUR_MS), st.integers(0, 3)), min_size=1, max_size=15),
    replays=st.lists(st.integers(0, 14), max_size=10),
    event=st.sampled_from(Event),
)
async def test_a_replayed_outcome_changes_nothing(
    limiter: Limiter, entries: list[tuple[int, int]], replays: list[int], event: Event
) -> None:
    rule = Rule(quantity=20, period_ms=HOUR_MS, burst=20, scale_permille=2000, wrong_cap=10)
    charge = Charge(Limit.IP, key_of(Limit.IP, uuid.uuid4().hex), rule)
    ids = [f"{START_MS + ms}-{sequence}" for ms, sequence in sorted(set(entries))]
    now_ms = START_MS + 3 * HOUR_MS
    for entry_id in ids:
        await limiter.fold([Credit(charge, event, 7, entry_id)], now_ms)
    once = await limiter.read(charge.key)

    for position in replays:
        entry_id = ids[position % len(ids)]
        assert await limiter.fold([Credit(charge, event, 7, entry_id)], now_ms) == [False]
    assert once == await limiter.read(charge.key)


@shared_fixtures
@given(
    entries=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 26 * HOUR_MS), st.sampled_from(Event)),
        max_size=30,
    )
)
async def test_outcomes_applied_together_come_to_what_they_do_one_by_one(
    limiter: Limiter, entries: list[tuple[int, int, int, Event]]
) -> None:
    rule = Rule(quantity=20, period_ms=HOUR_MS, burst=20, scale_permille=2000, wrong_cap=10)
    together, alone = ([_charge(rule) for _ in range(3)] for _ in range(2))
    now_ms = START_MS + 27 * HOUR_MS

    def credited(charges: list[Charge]) -> list[Credit]:
        # Not in order: some come again, or late, and are left out.
        return [Credit(charges[of], event, partition, f"{START_MS + ms}-0") for of, partition, ms, event in entries]

    one_by_one = [(await limiter.fold([credit], now_ms))[0] for credit in credited(alone)]
    assert await limiter.fold(credited(together), now_ms) == one_by_one
    for one, other in zip(together, alone, strict=True):
        assert await limiter.read(one.key) == await limiter.read(other.key)


def _charge(rule: Rule) -> Charge:
    return Charge(Limit.IP, key_of(Limit.IP, uuid.uuid4().hex), rule)
