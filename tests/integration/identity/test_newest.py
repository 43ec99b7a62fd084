"""Runs and lists, whose ids are random, are listed as people look for them: the newest first, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from xacthuc.identity.domain.number_lists import Batch, NumberList
from xacthuc.identity.domain.reconciliation import FindingKind, Run, Source
from xacthuc.identity.usecases import number_lists, reconciliation

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


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("make", "page", "name"),
    [
        (start_run, reconciliation.list_runs, "run_id"),
        (begin_list, number_lists.list_number_lists, "list_id"),
    ],
    ids=["runs", "lists"],
)
async def test_the_newest_is_first_and_each_is_on_one_page(bench, make, page, name, size):
    for each in MADE:
        bench.clock.advance(timedelta(seconds=each != "b"))
        await make(bench, each)

    found, after = await page(bench.identity, "", size)
    while after:
        more, after = await page(bench.identity, after, size)
        assert len(more) <= size
        found += more

    assert [getattr(each, name) for each in found] == NEWEST_FIRST
