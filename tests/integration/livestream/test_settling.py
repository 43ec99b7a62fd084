"""A decision and everything it leaves, in one commit, whatever happens to the account in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from plans import said
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters.account_watch import doubt_everybody
from xacthuc.livestream.adapters.sql_broadcasts import SqlBroadcasts
from xacthuc.livestream.adapters.tables import broadcasters, broadcasts, decisions, outbox, requests, trail
from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar, Broadcast, Outcome, State
from xacthuc.livestream.domain.broadcaster import Broadcaster, Verdict
from xacthuc.livestream.ports.broadcasts import Cause, Cleared, Prepared, Step, Unsettled
from xacthuc.order import Order
from xacthuc.policy import NextStep, Policy, Reason, Ruling
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.sql.requests import RequestSecrets, SqlRequests

POLICY = Policy.load()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
RING = KeyRing({1: b"k" * 32}, 1)
ALLOWED = Verdict(allowed=True, reason=Reason.VERIFIED, next_step=NextStep.NONE, legal_basis="", policy_version="v")
LOCKED = ALLOWED._replace(allowed=False, reason=Reason.LOCKED, next_step=NextStep.CONTACT_PLATFORM)
SELLER = Broadcaster(ALLOWED, ALLOWED, False, NOW, "eid/vneid", None)
IN_LOCK = SELLER._replace(ordinary=LOCKED, commercial=LOCKED)
UNPROVEN = SELLER._replace(personal_id_time=None, personal_id_source="")


@pytest.fixture
def kept(engine: AsyncEngine) -> SqlBroadcasts:
    return SqlBroadcasts(engine, SqlRequests(requests, RequestSecrets("livestream", Sealer(RING), RING)))


def order(method: str = "AuthorizeBroadcast", request_id: str = "") -> Order:
    return Order(
        platform="forum",
        method=method,
        request_id=request_id or str(uuid4()),
        payload="",
        actor="key:1",
        trace_id="",
    )


def beginning(prepared: Prepared, show: str, who: Broadcaster = SELLER) -> Step:
    def decide(known: Broadcast | None, on_air: int, now: datetime) -> Outcome | Bar:
        return rules.authorize(known, prepared.account_id, who, now, POLICY, selling=True, on_air=on_air)

    return step(Cause.AUTHORIZE, prepared, show, who, decide)


def renewing(prepared: Prepared, show: str, who: Broadcaster) -> Step:
    def decide(known: Broadcast | None, _on_air: int, now: datetime) -> Outcome | Bar:
        assert known is not None
        return rules.renew(known, who, now, POLICY)

    return step(Cause.RENEW, prepared, show, who, decide)


def step(
    cause: Cause,
    prepared: Prepared,
    show: str,
    who: Broadcaster,
    decide: Callable[[Broadcast | None, int, datetime], Outcome | Bar],
) -> Step:
    return Step(
        cause=cause,
        broadcast_id=show,
        account_id=prepared.account_id,
        heard=prepared.heard,
        who=who,
        decide=decide,
    )


async def begin(kept: SqlBroadcasts, show: str, account: str = "an", asked: Order | None = None):
    asked = asked or order()
    prepared = await kept.prepare(asked, account)
    assert isinstance(prepared, Prepared)
    return await kept.settle(asked, beginning(prepared, show), NOW)


async def count(engine: AsyncEngine) -> dict[str, int]:
    tables = {"broadcasts": broadcasts, "decisions": decisions, "trail": trail.entries, "outbox": outbox.events}
    async with engine.begin() as connection:
        return {name: len((await connection.execute(select(each))).all()) for name, each in tables.items()}


async def test_a_decision_leaves_the_broadcast_its_record_and_its_trail(engine: AsyncEngine, kept: SqlBroadcasts):
    settled = await begin(kept, "show")

    assert isinstance(settled, Cleared)
    assert settled.kept.broadcast.state is State.LIVE
    assert await count(engine) == {"broadcasts": 1, "decisions": 1, "trail": 1, "outbox": 0}
    async with engine.begin() as connection:
        row = (await connection.execute(select(decisions))).one()
    assert (row.cause, row.ruling, row.personal_id_time, row.personal_id_source) == (
        Cause.AUTHORIZE,
        "CONTINUE",
        NOW,
        "eid/vneid",
    )


async def test_what_a_decision_has_to_know_is_asked_by_few_statements(engine: AsyncEngine, kept: SqlBroadcasts):
    await begin(kept, "first")
    asked = order()

    with said(engine) as before:
        prepared = await kept.prepare(asked, "an")
    assert isinstance(prepared, Prepared)
    with said(engine) as writing:
        await kept.settle(asked, beginning(prepared, "show"), NOW)
    with said(engine) as again:
        await kept.prepare_known(order("RenewGrant"), "show")

    questions = [
        [statement for statement, _ in each if statement.startswith("SELECT")] for each in (before, writing, again)
    ]
    assert [len(each) for each in questions] == [1, 2, 1]
    assert "FOR UPDATE" in questions[1][0]
    assert "FOR UPDATE" in questions[1][1]


@pytest.mark.rule("R47")
async def test_what_is_cut_is_told_to_watchers_in_the_same_commit(engine: AsyncEngine, kept: SqlBroadcasts):
    await begin(kept, "show")
    asked = order("RenewGrant")
    prepared = await kept.prepare_known(asked, "show")
    assert isinstance(prepared, Prepared)

    settled = await kept.settle(asked, renewing(prepared, "show", IN_LOCK), NOW)

    assert isinstance(settled, Cleared)
    assert await count(engine) == {"broadcasts": 1, "decisions": 2, "trail": 2, "outbox": 1}
    async with engine.begin() as connection:
        (told,) = (await connection.execute(select(outbox.events))).all()
    assert (told.kind, told.subject, told.detail["reason"]) == ("BROADCAST_REVOKED", "show", "LOCKED")


async def test_what_is_cut_when_it_is_asked_for_again_is_not_said_to_be_authorized(
    engine: AsyncEngine, kept: SqlBroadcasts
):
    await begin(kept, "show")
    asked = order()
    prepared = await kept.prepare(asked, "an")
    assert isinstance(prepared, Prepared)

    await kept.settle(asked, beginning(prepared, "show", IN_LOCK), NOW)

    async with engine.begin() as connection:
        tags = list(await connection.scalars(select(trail.entries.c.tag).order_by(trail.entries.c.id)))
    assert tags == [Tag.BROADCAST_AUTHORIZED, Tag.BROADCAST_REVOKED]


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("who", "state", "ruling"),
    [(IN_LOCK, State.REVOKED, Ruling.CUT), (UNPROVEN, State.LIVE, Ruling.HIDE_GOODS)],
    ids=["cut", "hidden"],
)
async def test_a_repeated_request_does_not_bring_back_what_was_taken_since(
    kept: SqlBroadcasts, who: Broadcaster, state: State, ruling: Ruling
):
    asked, renewed = order(), order("RenewGrant")
    first = await begin(kept, "show", asked=asked)
    assert isinstance(first, Cleared)
    assert await kept.prepare(asked, "an") == first
    prepared = await kept.prepare_known(renewed, "show")
    assert isinstance(prepared, Prepared)
    await kept.settle(renewed, renewing(prepared, "show", who), NOW)

    again = await kept.prepare(asked, "an")

    assert isinstance(again, Cleared)
    live = again.kept.broadcast
    assert (live.state, live.sells, again.ruling, again.time) == (state, False, ruling, first.time)
    assert live.grant_time == first.kept.broadcast.grant_time


async def test_a_renewal_that_changes_nothing_leaves_no_record(engine: AsyncEngine, kept: SqlBroadcasts):
    await begin(kept, "show")
    asked = order("RenewGrant")
    prepared = await kept.prepare_known(asked, "show")
    assert isinstance(prepared, Prepared)

    await kept.settle(asked, renewing(prepared, "show", SELLER), NOW)

    assert await count(engine) == {"broadcasts": 1, "decisions": 1, "trail": 1, "outbox": 0}


@pytest.mark.rule("R3")
async def test_what_is_heard_of_an_account_while_identity_is_asked_is_not_missed(
    engine: AsyncEngine, kept: SqlBroadcasts
):
    asked = order()
    prepared = await kept.prepare(asked, "an")
    assert isinstance(prepared, Prepared)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE livestream.broadcasters SET heard = heard + 1"))

    assert await kept.settle(asked, beginning(prepared, "show"), NOW) is Unsettled.STALE
    assert await count(engine) == {"broadcasts": 0, "decisions": 0, "trail": 0, "outbox": 0}
    again = await kept.prepare(asked, "an")
    assert again == Prepared("an", prepared.heard + 1)


async def test_a_bar_leaves_nothing(engine: AsyncEngine, kept: SqlBroadcasts):
    await begin(kept, "show")
    before = await count(engine)

    assert await begin(kept, "show", "binh") is Bar.OTHER_ACCOUNT
    assert await count(engine) == before


async def test_of_many_that_begin_at_once_no_more_are_on_air_than_may(kept: SqlBroadcasts):
    settled = await asyncio.gather(*(begin(kept, f"show-{each}") for each in range(8)))

    assert sum(isinstance(each, Cleared) for each in settled) == POLICY.livestream.parallel_broadcasts
    assert {each for each in settled if not isinstance(each, Cleared)} == {Bar.TOO_MANY}


async def test_one_id_is_one_accounts_broadcast_however_many_begin_with_it_at_once(kept: SqlBroadcasts):
    settled = await asyncio.gather(*(begin(kept, "show", f"u{each}") for each in range(8)))

    winners = [each for each in settled if isinstance(each, Cleared)]
    assert len(winners) == 1
    assert {each for each in settled if not isinstance(each, Cleared)} <= {Bar.OTHER_ACCOUNT, Unsettled.STALE}
    found = await kept.get("forum", "show")
    assert found == winners[0].kept


async def test_a_request_that_comes_twice_at_once_is_carried_out_once(engine: AsyncEngine, kept: SqlBroadcasts):
    asked = order()
    prepared = await kept.prepare(asked, "an")
    assert isinstance(prepared, Prepared)
    settle = partial(kept.settle, asked, beginning(prepared, "show"), NOW)

    first, second = await asyncio.gather(settle(), settle())

    assert first == second
    assert await count(engine) == {"broadcasts": 1, "decisions": 1, "trail": 1, "outbox": 0}


async def test_of_a_broadcast_that_is_over_nobody_is_asked(kept: SqlBroadcasts):
    await begin(kept, "show")
    await kept.end(order("EndBroadcast"), "show", lambda known: rules.end(known, NOW), NOW)

    assert await kept.prepare_known(order("RenewGrant"), "show") is Bar.OVER


async def test_an_account_that_was_forgotten_and_came_again_is_not_taken_for_the_one_it_was(
    engine: AsyncEngine, kept: SqlBroadcasts
):
    asked = order()
    prepared = await kept.prepare(asked, "an")
    assert isinstance(prepared, Prepared)
    async with engine.begin() as connection:
        await connection.execute(delete(broadcasters))
    await kept.prepare(order(), "an")

    assert await kept.settle(asked, beginning(prepared, "show"), NOW) is Unsettled.STALE


async def test_everybody_is_doubted_however_many_there_are(engine: AsyncEngine, kept: SqlBroadcasts):
    many = [{"platform": "forum", "account": f"u{each:04}", "heard": 7} for each in range(1100)]
    async with engine.begin() as connection:
        await connection.execute(insert(broadcasters), many)
    await begin(kept, "show", "z")

    await doubt_everybody(engine, NOW)

    async with engine.begin() as connection:
        marked = await connection.scalar(select(func.count()).where(broadcasters.c.heard == 8))
        due = list(await connection.scalars(select(broadcasts.c.review_time)))
    assert (marked, due) == (1100, [NOW])
