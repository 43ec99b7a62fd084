"""Three years of retention with legal holds: nothing is purged early, nothing stays late, whoever comes at the same time."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from retention_model import KINDS
from sqlalchemy import insert, select
from time_travel import Travel
from time_travel_acts import PLATFORM
from time_travel_rows import kinds

from xacthuc.audit.tags import Tag
from xacthuc.grpckit.errors import InvalidRequest, NotFound, RequestIdReused
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.housekeeping import Housekeeping
from xacthuc.identity.adapters.purge import Purge, destruction_job, purge_job
from xacthuc.identity.adapters.retention.put_away import hold_of
from xacthuc.identity.adapters.retention.sweeping import destroy
from xacthuc.identity.adapters.retention.tables import erasures
from xacthuc.identity.adapters.tables import accounts, evidence, outbox, platforms, trail
from xacthuc.identity.adapters.webhooks.dispatcher import Dispatcher
from xacthuc.identity.adapters.webhooks.tables import webhooks
from xacthuc.identity.commands import EndAccount
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.duties import Duty
from xacthuc.identity.domain.events import told
from xacthuc.identity.domain.facts import Life
from xacthuc.identity.domain.retention import Data, plan
from xacthuc.identity.ports.retention import HoldOrder
from xacthuc.identity.usecases import lifecycle, retention
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.jobs.job import RetryAt
from xacthuc.policy import Policy
from xacthuc.watching.outbox_source import tail_of

pytestmark = pytest.mark.rule("R49")
DAY = timedelta(days=1)
SOAK = bool(os.environ.get("XACTHUC_SOAK"))
SEEDS = 8 if SOAK else 1
SIZE = (
    {"lives": 8, "rounds": 2, "visits": 18, "outages": 6}
    if SOAK
    else {"lives": 2, "rounds": 1, "visits": 10, "outages": 3}
)


@pytest.fixture(autouse=True)
async def forum(bench, engine):
    async with engine.begin() as connection:
        values = {"platform": PLATFORM, "display_name": "Forum", "create_time": bench.clock.now()}
        await connection.execute(insert(platforms).values(**values))


@pytest.fixture
async def receiving(bench, engine):
    """A webhook of the platform, which nothing is sent to here."""
    now = bench.clock.now()
    await Dispatcher(
        engine, tail_of(engine, outbox, told), bench.clock, given=lambda: None, on_lag=lambda _age: None
    ).give()  # the first time ever: what happened before is nobody's
    values = {"platform": PLATFORM, "webhook": "w", "address": "https://example.vn/", "kinds": [], "state": "ACTIVE"}
    async with engine.begin() as connection:
        await connection.execute(insert(webhooks).values(**values, create_time=now))


@pytest.fixture
def purge(bench, engine):
    return Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)


@pytest.fixture
def rows(engine):
    async def of(table):
        async with engine.connect() as connection:
            return (await connection.execute(select(table))).all()

    return of


async def place(bench, *accounts, order=None):
    wanted = HoldOrder(
        authority="A05", legal_basis="Law 116/2025 Art. 25", reference="12/CV", review_time=bench.clock.now() + 90 * DAY
    )
    return await retention.place_hold(bench.identity, order or bench.order(uuid4().hex, "PlaceHold"), wanted, accounts)


async def release(bench, placed):
    return await retention.release_hold(bench.identity, bench.order("r", "ReleaseHold"), placed.hold.hold_id, "over")


async def end(bench, verb, account):
    return await verb(bench.identity, EndAccount(order=bench.order(verb.__name__), account_id=account))


@pytest.mark.timeout(7200 if SOAK else 600)  # some minutes where other work takes the machine
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_three_years_pass_and_everything_of_every_kind_goes_in_its_time(bench, engine, receiving, seed):
    travel = Travel(bench, engine, seed)

    await travel.walk(**SIZE)

    assert travel.seen == {rule.data for rule in plan(bench.identity.policy)}


def test_the_walk_follows_every_kind_of_the_plan_and_keeps_each_as_long():
    planned = {rule.data: (rule.term.months, rule.term.days, rule.held) for rule in plan(Policy.load())}

    assert kinds() == planned.keys()
    assert {kind: (kept.months, kept.days, kept.held) for kind, kept in KINDS.items()} == planned


@pytest.mark.rule("R51")
async def test_erasing_what_is_held_schedules_it_and_says_why(bench, purge, rows):
    await bench.register("an")
    await bench.verify("an")
    (before,), (proven,) = await rows(accounts), await rows(evidence)
    await place(bench, "an")

    answer = await end(bench, lifecycle.erase_account, "an")
    waits = await purge.destroy_key(destruction_job(PLATFORM, "an"))

    (after,), (kept,) = await rows(accounts), await rows(evidence)
    assert (answer.state, answer.held) == (State.ERASURE_SCHEDULED, True)
    assert isinstance(waits, RetryAt)
    assert (after.person, after.person_index, kept) == (before.person, before.person_index, proven)
    assert (await bench.keys.get(PLATFORM, "an")).person(after.person).full_name == "Nguyễn Văn an"


async def test_releasing_carries_out_what_was_demanded_meanwhile(bench, purge, rows):
    await bench.register("an")
    await bench.verify("an")
    placed = await place(bench, "an")
    await end(bench, lifecycle.erase_account, "an")
    await purge.destroy_key(destruction_job(PLATFORM, "an"))
    bench.clock.advance(DAY)

    await release(bench, placed)
    for _ in range(2):  # a killed run is done again
        assert await purge.destroy_key(destruction_job(PLATFORM, "an")) is None

    (account,), (erasure,) = await rows(accounts), await rows(erasures)
    told = (await rows(outbox.events))[-1]
    assert (told.kind, told.detail) == ("ERASURE_SCHEDULED", {"purge_time": account.purge_time.isoformat()})
    assert await bench.keys.get(PLATFORM, "an") is NoKey.DESTROYED
    assert (await bench.keys.get(PLATFORM, hold_of("an"))).person(account.person).full_name == "Nguyễn Văn an"
    assert (account.person_index, erasure.cause, erasure.seal_time) == (None, "REQUESTED", bench.clock.now())
    assert not (await get_account(bench.identity, PLATFORM, "an")).held


async def test_what_came_due_under_a_hold_is_destroyed_once_no_hold_stands(bench, purge, rows):
    await bench.register("an")
    await end(bench, lifecycle.close_account, "an")
    first, second = await place(bench, "an"), await place(bench, "an")
    bench.clock.advance(800 * DAY)
    job = purge_job(PLATFORM, "an", bench.clock.now())

    held = [await purge.purge(job)]
    await release(bench, first)
    held.append(await purge.purge(job))
    await release(bench, second)
    await purge.purge(job)

    assert [isinstance(each, RetryAt) for each in held] == [True, True]
    ((account),) = await rows(accounts)
    assert account.life == Life.ERASED


async def test_evidence_is_complete_once_everything_is_destroyed_and_acknowledged(bench, purge):
    await bench.register("an")
    await end(bench, lifecycle.close_account, "an")
    bench.clock.advance(800 * DAY)
    await purge.purge(purge_job(PLATFORM, "an", bench.clock.now()))
    bench.clock.advance(8 * DAY)
    _, overdue = await retention.status(bench.identity)
    (before,), _ = await retention.erasure_evidence(bench.identity, bench.order("a"), "an")

    await retention.acknowledge_erasure(bench.identity, bench.order("b"), "an", "guardian", None)

    (after,), _ = await retention.erasure_evidence(bench.identity, bench.order("c"), "an")
    assert (overdue[Duty.ACKNOWLEDGEMENT], before.complete_time) == (1, None)
    assert (after.cause, after.complete_time) == ("CLOSED", bench.clock.now())
    assert after.destroyed == {"accounts": 1, "evidence": 0, "consents": 1, "requests": 2}


@pytest.mark.parametrize("service", ["guardian", "livestream"])
async def test_an_acknowledgement_that_is_replayed_says_nothing_of_a_newer_erasure(bench, purge, rows, service):
    order = bench.order("said", "AcknowledgeErasure")
    answers = []
    for _ in range(2):
        await bench.register("child", (2020, 1, 2))
        bench.clock.advance(31 * DAY)
        await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))
        answers.append(await retention.acknowledge_erasure(bench.identity, order, "child", service, bench.clock.now()))

    older, newer = (await retention.erasure_evidence(bench.identity, bench.order(), "child"))[0]
    assert answers[0] == answers[1]
    assert answers[0] in older.acknowledgements
    assert [each.acknowledge_time for each in newer.acknowledgements] == [None]  # the guardian's, who has to
    assert newer.complete_time is None
    assert [row.tag for row in await rows(trail.entries)].count(Tag.ERASURE_ACKNOWLEDGED) == 1


async def test_a_service_cannot_acknowledge_by_the_request_of_another(bench, purge):
    await bench.register("child", (2020, 1, 2))
    bench.clock.advance(31 * DAY)
    await purge.purge(purge_job(PLATFORM, "child", bench.clock.now()))
    order = bench.order("said", "AcknowledgeErasure")
    await retention.acknowledge_erasure(bench.identity, order, "child", "livestream", None)

    for forged in (order, replace(order, payload="of another account")):
        with pytest.raises(RequestIdReused):
            await retention.acknowledge_erasure(bench.identity, forged, "child", "guardian", None)

    (erasure,), _ = await retention.erasure_evidence(bench.identity, bench.order(), "child")
    said = {each.service: each.acknowledge_time is not None for each in erasure.acknowledgements}
    assert (said, erasure.complete_time) == ({"guardian": False, "livestream": True}, None)


async def test_a_registration_that_nobody_takes_up_is_held_too(bench, purge, rows):
    await bench.register("child", (2020, 1, 2))
    placed = await place(bench, "child")
    bench.clock.advance(31 * DAY)
    job = purge_job(PLATFORM, "child", bench.clock.now())

    assert isinstance(await purge.purge(job), RetryAt)
    await release(bench, placed)
    await purge.purge(job)

    assert await rows(accounts) == []
    assert [(row.cause, row.destroyed["accounts"]) for row in await rows(erasures)] == [("PENDING", 1)]


async def test_a_hold_says_which_accounts_it_could_not_take(bench, purge):
    await bench.register("an")
    await bench.register("gone")
    await end(bench, lifecycle.close_account, "gone")
    bench.clock.advance(800 * DAY)
    await purge.purge(purge_job(PLATFORM, "gone", bench.clock.now()))

    order = bench.order("x", "PlaceHold")
    placed = await place(bench, "an", "gone", "nobody", order=order)
    again = await place(bench, "an", "gone", "nobody", order=order)

    assert (placed.hold.accounts, placed.not_held) == (1, ("gone", "nobody"))
    assert again == placed


async def test_holds_and_their_release_are_audited_on_every_account(bench, rows):
    await bench.register("an")
    placed = await place(bench, "an")
    await release(bench, placed)

    written = [(row.tag, row.subject) for row in await rows(trail.entries)]

    hold_id = placed.hold.hold_id
    assert written[-3:] == [
        (Tag.HOLD_PLACED, hold_id),
        (Tag.ACCOUNT_HELD, "an"),
        (Tag.HOLD_RELEASED, hold_id),
    ]


async def test_a_hold_whose_review_is_past_and_one_that_does_not_stand_are_refused(bench):
    late = HoldOrder(authority="a", legal_basis="b", reference="c", review_time=bench.clock.now())

    with pytest.raises(InvalidRequest):
        await retention.place_hold(bench.identity, bench.order("x"), late, ["an"])
    with pytest.raises(NotFound):
        await retention.extend_hold(bench.identity, bench.order("y"), str(uuid4()), ["an"])


async def test_a_review_that_nobody_made_is_overdue(bench):
    await bench.register("an")
    await place(bench, "an")
    bench.clock.advance(91 * DAY)

    _, overdue = await retention.status(bench.identity)

    assert overdue[Duty.HOLD_REVIEW] == 1


async def test_what_is_kept_too_long_shows_in_figures_and_metric(bench, engine):
    await bench.register("an")
    await end(bench, lifecycle.close_account, "an")
    bench.clock.advance(740 * DAY)
    metrics = _Gauges()
    rules = plan(bench.identity.policy)

    figures, _ = await retention.status(bench.identity)
    await Housekeeping(engine, bench.clock, rules, DAY, metrics).forget()

    late = {figure.rule.data: figure.late for figure in figures if figure.late}
    assert late == {Data.ACCOUNT: 1, Data.REQUEST: 2}  # neither the job nor the sweep has run
    assert {data: value for data, value in metrics.late.items() if value} == {Data.ACCOUNT: 1}


async def test_holds_and_purges_at_the_same_time_never_destroy_what_is_held(bench, engine, purge, rows):
    names = [f"u{number}" for number in range(30)]
    for name in names:
        await bench.register(name)
        await bench.verify(name, bench.proof(name, f"+8491{names.index(name):07d}"))
        await end(bench, lifecycle.close_account if name[-1] in "13579" else lifecycle.erase_account, name)
    bench.clock.advance(800 * DAY)
    now = bench.clock.now()

    works = [purge.purge(purge_job(PLATFORM, name, now)) for name in names]
    works += [purge.destroy_key(destruction_job(PLATFORM, name)) for name in names if name[-1] not in "13579"]
    sweeps = [destroy(engine, plan(bench.identity.policy), now) for _ in range(2)]
    *_, placed = await asyncio.gather(*works, *sweeps, place(bench, *names))

    lives = {row.account: row.life for row in await rows(accounts)}
    erased = {name for name, life in lives.items() if life == Life.ERASED}
    assert erased == set(placed.not_held)
    for name in names:
        keys = await bench.keys.get_many(PLATFORM, (name, hold_of(name)))
        assert any(not isinstance(key, NoKey) for key in keys.values()) == (name not in erased)


class _Gauges:
    """Keeps what is set, where the process would publish it."""

    def __init__(self):
        self.late, self.overdue = {}, {}
        self.retained_late_rows, self.duties_overdue = _Gauge(self.late), _Gauge(self.overdue)


class _Gauge:
    def __init__(self, kept):
        self._kept = kept

    def labels(self, label):
        return _Set(self._kept, label)


class _Set:
    def __init__(self, kept, label):
        self._kept, self._label = kept, label

    def set(self, value):
        self._kept[self._label] = value
