"""What officers keep, whose ids are random, is listed as people look for it: the newest first, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from xacthuc.identity.adapters.tables import platforms
from xacthuc.identity.domain.cases import CaseKind
from xacthuc.identity.domain.duties import Demand, Draft
from xacthuc.identity.domain.number_lists import Batch, NumberList
from xacthuc.identity.domain.reconciliation import FindingKind, Run, Source
from xacthuc.identity.domain.releases import Demanded, Field
from xacthuc.identity.ports.retention import HoldOrder
from xacthuc.identity.usecases import cases, duties, number_lists, reconciliation, releases, retention
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
# In the order they are made; "d" and "b" at the same time.
MADE = ("c", "a", "d", "b")
NEWEST_FIRST = ["d", "b", "a", "c"]


async def start_run(bench, run_id):
    order = replace(bench.order("", "StartReconciliation", request_id=run_id), platform="")
    run = Run(
        run_id=run_id,
        platform="",
        sources=(Source.SIM_SWAP,),
        dry_run=True,
        per_second=1,
        actor="operator:test",
        create_time=bench.clock.now(),
        update_time=bench.clock.now(),
    )
    await bench.identity.reconciliations.start(order, run)


async def begin_list(bench, list_id):
    given = NumberList(
        list_id=list_id,
        digest="0" * 64,
        kind=FindingKind.RECYCLED,
        source="viettel",
        dry_run=True,
        actor="operator:test",
        create_time=bench.clock.now(),
        update_time=bench.clock.now(),
    )
    order = replace(bench.order("", "ImportFindings"), platform="")
    batch = Batch(first_row=0, row_count=1, numbers=(), complete=False)
    await number_lists.import_findings(bench.identity, order, given, batch)


async def place_hold(bench, hold_id):
    wanted = HoldOrder(
        authority="A05", legal_basis="Law 116/2025", reference="1", review_time=bench.clock.now() + timedelta(days=9)
    )
    await retention.place_hold(bench.identity, bench.order(hold_id, "PlaceHold", request_id=hold_id), wanted, ["an"])


async def open_request(bench, request_id):
    order = bench.order("", "CreateSubjectRequest", request_id=request_id)
    await duties.open_request(bench.identity, order, "an", Demand.ACCESS, bench.clock.now(), elsewhere=False)


async def open_breach(bench, breach_id):
    draft = Draft(nature="n", data_kinds="", subject_count=0, consequences="", measures="", contact="")
    order = replace(bench.order("", "CreateBreach", request_id=breach_id), platform="")
    await duties.open_breach(bench.identity, order, bench.clock.now(), draft)


async def open_case(bench, case_id):
    order = bench.order("", "CreateCase", request_id=case_id)
    await cases.open_case(bench.identity, order, CaseKind.TAKEDOWN, "1", bench.clock.now(), emergency=False)


async def record_release(bench, release_id):
    demanded = Demanded(
        accounts=("an",),
        authority="A05",
        legal_basis="Law 116/2025",
        reference="1",
        receive_time=bench.clock.now(),
        emergency=False,
        fields=(Field.FULL_NAME,),
    )
    await releases.record(bench.identity, bench.order("", "CreateRelease", request_id=release_id), demanded)


def of_platform(page, **options):
    """Returns how a page of a platform's is asked for."""
    return lambda identity, after, size: page(identity, PLATFORM, after, size, **options)


@pytest.mark.parametrize(
    ("make", "page", "name"),
    [
        (start_run, reconciliation.list_runs, "run_id"),
        (begin_list, number_lists.list_number_lists, "list_id"),
        (place_hold, of_platform(retention.list_holds), "hold_id"),
        (open_request, of_platform(duties.list_requests, open_only=False), "request_id"),
        (open_breach, duties.list_breaches, "breach_id"),
        (open_case, of_platform(cases.list_cases, open_only=True), "case_id"),
        (record_release, of_platform(releases.page, open_only=True), "release_id"),
    ],
    ids=["runs", "lists", "holds", "requests", "breaches", "cases", "releases"],
)
async def test_the_newest_is_first_and_each_is_on_one_page(bench, make, page, name):
    async with transaction(bench.database.engine) as connection:
        forum = {"platform": PLATFORM, "display_name": "Forum", "create_time": bench.clock.now()}
        await connection.execute(insert(platforms).values(**forum))
    await bench.register("an")
    for each in MADE:
        bench.clock.advance(timedelta(seconds=each != "b"))
        await make(bench, each)

    for size in range(1, len(MADE) + 1):
        found, after = await page(bench.identity, "", size)
        if size == 1:
            # What comes meanwhile is newer than every page to come, and moves none of them.
            bench.clock.advance(timedelta(seconds=1))
            await make(bench, "e")
            expected = NEWEST_FIRST
        else:
            expected = ["e", *NEWEST_FIRST]
        while after:
            more, after = await page(bench.identity, after, size)
            assert len(more) <= size
            found += more
        assert [getattr(each, name) for each in found] == expected
