"""Demands and breaches on record: once per request, audited, overdue in the figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound
from xacthuc.identity.adapters.tables import trail
from xacthuc.identity.domain.cases import CaseKind
from xacthuc.identity.domain.duties import Demand, Draft, Duty, Step
from xacthuc.identity.usecases import cases, duties, retention

DAY = timedelta(days=1)
DRAFT = Draft(nature="n", data_kinds="d", subject_count=3, consequences="c", measures="m", contact="k")


async def demand(bench, kind=Demand.ACCESS, order=None):
    order, now = order or bench.order("", "OpenSubjectRequest"), bench.clock.now()
    return await duties.open_request(bench.identity, order, "an", kind, now, elsewhere=False)


async def step(bench, request, what, reason=""):
    order = bench.order(f"{what}{reason}", "AdvanceSubjectRequest")
    return await duties.advance_request(bench.identity, order, request.request_id, what, reason)


async def tags(engine):
    async with engine.connect() as connection:
        return list(await connection.scalars(select(trail.entries.c.tag).order_by(trail.entries.c.id)))


@pytest.mark.rule("R51")
async def test_a_demand_is_kept_once_answered_once_and_audited(bench, engine):
    await bench.register("an")
    order = bench.order("", "OpenSubjectRequest")
    request = await demand(bench, Demand.ERASE, order)
    assert await demand(bench, Demand.ERASE, order) == request

    refused = await step(bench, request, Step.REFUSE, "Decree 333/2026 Art. 19")

    assert refused.refusal_basis == "Decree 333/2026 Art. 19"
    with pytest.raises(FailedPrecondition):
        await step(bench, request, Step.FULFIL)
    kept, _ = await duties.list_requests(bench.identity, "forum", "", 10, open_only=False)
    assert (kept, await duties.list_requests(bench.identity, "forum", "", 10, open_only=True)) == ([refused], ([], ""))
    assert (await tags(engine))[-2:] == ["identity:account:demand_received", "identity:account:demand_answered"]


@pytest.mark.rule("R51")
async def test_what_nobody_answers_becomes_overdue_in_two_steps(bench):
    await bench.register("an")
    request = await demand(bench)
    seen = []
    for waited in (4, 10):
        bench.clock.advance(waited * DAY)
        _, overdue = await retention.status(bench.identity)
        seen.append((overdue[Duty.REQUEST_ACKNOWLEDGEMENT], overdue[Duty.SUBJECT_REQUEST]))
    await step(bench, request, Step.FULFIL)
    _, overdue = await retention.status(bench.identity)

    assert seen == [(1, 0), (1, 1)]
    assert (overdue[Duty.REQUEST_ACKNOWLEDGEMENT], overdue[Duty.SUBJECT_REQUEST]) == (0, 0)


@pytest.mark.rule("R51")
async def test_a_refusal_without_an_article_and_a_demand_on_nobody_are_refused(bench):
    with pytest.raises(NotFound):
        await demand(bench)
    await bench.register("an")
    request = await demand(bench)

    with pytest.raises(InvalidRequest):
        await step(bench, request, Step.REFUSE)


@pytest.mark.rule("R52")
async def test_a_breach_runs_72_hours_until_the_agency_is_told(bench, engine):
    opened = await duties.open_breach(bench.identity, bench.order("", "OpenBreach"), bench.clock.now(), DRAFT)
    bench.clock.advance(3 * DAY + timedelta(seconds=1))
    _, overdue = await retention.status(bench.identity)

    told = await duties.notify_breach(bench.identity, bench.order("", "NotifyBreach"), opened.breach_id, "15/TB")
    again = await duties.notify_breach(bench.identity, bench.order("x", "NotifyBreach"), opened.breach_id, "16/TB")

    _, after = await retention.status(bench.identity)
    assert (overdue[Duty.BREACH], after[Duty.BREACH]) == (1, 0)
    assert (told.notify_time, again.reference) == (bench.clock.now(), "15/TB")
    assert (await duties.list_breaches(bench.identity, "", 10))[0] == [again]
    assert "identity:breach:recorded" in await tags(engine)


@pytest.mark.rule("R45")
async def test_orders_and_complaints_are_overdue_each_by_its_own_clock_until_they_are_dealt_with(bench, engine):
    await bench.identity.platforms.create(bench.order("", "CreatePlatform"), "forum", "Forum", bench.clock.now())
    opened = []
    for kind, emergency in ((CaseKind.TAKEDOWN, False), (CaseKind.LOCK, True), (CaseKind.COMPLAINT, False)):
        order = bench.order(kind, "OpenCase")
        now = bench.clock.now()
        opened.append(await cases.open_case(bench.identity, order, kind, "45/CV", now, emergency=emergency))
        assert await cases.open_case(bench.identity, order, kind, "45/CV", now, emergency=emergency) == opened[-1]
    seen = []
    for hours in (6, 18, 24):
        bench.clock.advance(timedelta(hours=hours, seconds=1))
        _, overdue = await retention.status(bench.identity)
        seen.append((overdue[Duty.ORDER], overdue[Duty.COMPLAINT]))

    for case in opened:
        await cases.close_case(bench.identity, bench.order(case.case_id, "CloseCase"), case.case_id, "done")

    _, overdue = await retention.status(bench.identity)
    assert (seen, overdue[Duty.ORDER], overdue[Duty.COMPLAINT]) == ([(1, 0), (2, 0), (2, 1)], 0, 0)
    assert (await tags(engine)).count("identity:case:closed") == 3
