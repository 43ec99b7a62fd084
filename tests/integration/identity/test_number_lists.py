"""Lists of numbers, a batch in one commit: once, in step, balanced, and with nothing kept of anybody else's number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.number_lists import Batch, ListedNumber, NumberList, RowOutcome
from xacthuc.identity.domain.reconciliation import NOTHING_KNOWN, FindingKind, Match, Verdicts
from xacthuc.identity.usecases import number_lists, reconciliation
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.ids import random_bytes
from xacthuc.sealing import KeyRing

PLATFORM = "forum"
MINE, OTHER, STRANGER = "+84912345678", "+84987654321", "+84903000000"


async def add_platform(engine):
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO identity.platforms (platform, display_name, create_time) VALUES ('forum', 'Forum', now())"
        )


@pytest.fixture
async def world(bench, engine, look):
    """Accounts u1 and u2 on one platform, each on a number, proven 100 days ago."""
    await add_platform(engine)
    for account, number in (("u1", MINE), ("u2", OTHER)):
        await bench.register(account)
        await bench.verify(account, bench.proof(account, number))
    bench.clock.advance(timedelta(days=100))
    return World(bench, look)


class World:
    def __init__(self, bench, look):
        self.bench, self.look, self.identity = bench, look, bench.identity

    def list(self, kind=FindingKind.RECYCLED, **changes):
        now = self.bench.clock.now()
        return replace(
            NumberList(
                list_id=str(uuid4()),
                digest="0" * 64,
                kind=kind,
                source="viettel",
                dry_run=False,
                actor="operator:test",
                create_time=now,
                update_time=now,
            ),
            **changes,
        )

    async def take(self, given, *numbers, first=0, rows=None, complete=False, **row):
        """Sends a batch of numbers; None is a row that could not be used."""
        whole = {"observe_time": self.bench.clock.now(), "verdicts": NOTHING_KNOWN, "sim_count": 0, **row}
        listed = tuple(
            (first + place, ListedNumber(number=number, **whole))
            for place, number in enumerate(numbers)
            if number is not None
        )
        batch = Batch(
            first_row=first, row_count=len(numbers) if rows is None else rows, numbers=listed, complete=complete
        )
        order = replace(self.bench.order("", "ImportFindings"), platform="", actor="operator:test")
        return await number_lists.import_findings(self.identity, order, given, batch)

    async def state(self, account="u1"):
        return (await get_account(self.identity, PLATFORM, account)).state

    async def tags(self, subject):
        rows = await self.look("SELECT tag FROM identity.audit WHERE subject = :subject ORDER BY id", subject=subject)
        return [row.tag for row in rows]


def outcomes(of):
    return {outcome: found for outcome in RowOutcome if (found := of.outcome_count(outcome))}


def seen(of):
    return of.row_count, of.tally.counts, of.update_time, of.complete_time


@pytest.mark.rule("R30")
async def test_whoever_stands_on_a_listed_number_has_to_prove_one_again(world):
    given = world.list()

    kept = await world.take(given, MINE, None, STRANGER, complete=True)

    assert outcomes(kept) == {RowOutcome.REVERIFY: 1, RowOutcome.REJECTED: 1, RowOutcome.UNKNOWN: 1}
    assert (kept.row_count, kept.tally.of("CHANGED")) == (3, 1)
    assert (await world.state("u1"), await world.state("u2")) == (State.REVERIFICATION_REQUIRED, State.VERIFIED)
    assert await world.tags(given.list_id) == ["identity:number_list:begun", "identity:number_list:imported"]
    assert (await world.tags("u1"))[-1] == "identity:account:phone_lapsed"
    page, _ = await reconciliation.list_findings(world.identity, given.list_id, None, None, 10)
    assert [(found.account_id, found.source, found.applied) for found in page] == [("u1", "list/viettel", True)]


async def test_accounts_of_all_platforms_are_found(world, bench):
    async with bench.database.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO identity.platforms (platform, display_name, create_time) VALUES ('video', 'Video', now())"
        )
        index = bench.personal.number_index("video", MINE)
        await connection.exec_driver_sql(
            "INSERT INTO identity.number_claims (platform, number_index, account, verify_time)"
            " SELECT 'video', $1, account, verify_time FROM identity.number_claims WHERE account = 'u1'",
            (bytes(index),),
        )
        for table in ("accounts", "evidence"):
            columns = await connection.exec_driver_sql(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_schema = 'identity' AND table_name = $1 AND column_name NOT IN ('platform', 'id')",
                (table,),
            )
            names = columns.scalar_one()
            await connection.exec_driver_sql(
                f"INSERT INTO identity.{table} (platform, {names})"
                f" SELECT 'video', {names} FROM identity.{table} WHERE account = 'u1'"
            )
    given = world.list()

    kept = await world.take(given, MINE)

    page, _ = await reconciliation.list_findings(world.identity, given.list_id, None, None, 10)
    assert [(found.platform, found.account_id) for found in page] == [("forum", "u1"), ("video", "u1")]
    assert (outcomes(kept), kept.tally.of("CHANGED")) == ({RowOutcome.REVERIFY: 1}, 2)


async def test_a_batch_that_comes_again_does_nothing_and_answers_as_before(world):
    given = world.list()
    first = await world.take(given, MINE, STRANGER)
    tags = await world.tags("u1")

    assert seen(await world.take(given, MINE, STRANGER)) == seen(first)
    assert await world.tags("u1") == tags


async def test_of_a_batch_that_overlaps_only_the_rest_is_taken(world):
    given = world.list()
    await world.take(given, MINE, STRANGER)

    kept = await world.take(given, MINE, STRANGER, OTHER, None, complete=True)

    assert kept.row_count == 4
    assert outcomes(kept) == {RowOutcome.REVERIFY: 2, RowOutcome.UNKNOWN: 1, RowOutcome.REJECTED: 1}


async def test_a_list_that_is_complete_may_be_sent_again_from_its_beginning(world):
    given = world.list()
    await world.take(given, MINE)
    complete = seen(await world.take(given, first=1, complete=True))

    assert seen(await world.take(given, MINE)) == complete
    assert seen(await world.take(given, first=1, complete=True)) == complete


@pytest.mark.parametrize("begun", [False, True])
async def test_rows_before_a_batch_must_not_be_missing(world, begun):
    given = world.list()
    if begun:
        await world.take(given, STRANGER)

    with pytest.raises(FailedPrecondition) as refused:
        await world.take(given, MINE, first=2)

    assert refused.value.reason is Reason.NUMBER_LIST_OUT_OF_STEP
    assert refused.value.metadata == {"row_count": "1" if begun else "0"}
    assert await world.state() is State.VERIFIED
    assert (await world.identity.number_lists.get(given.list_id) is not None) is begun


async def test_nothing_comes_behind_the_end_of_a_list(world):
    given = world.list()
    await world.take(given, STRANGER, complete=True)

    with pytest.raises(FailedPrecondition) as refused:
        await world.take(given, MINE, first=1)

    assert refused.value.reason is Reason.NUMBER_LIST_OUT_OF_STEP


@pytest.mark.parametrize(
    "other", [{"digest": "1" * 64}, {"kind": FindingKind.BLOCKED}, {"source": "vinaphone"}, {"dry_run": True}], ids=str
)
async def test_a_name_stands_for_one_list(world, other):
    given = world.list()
    await world.take(given, STRANGER)

    with pytest.raises(FailedPrecondition) as refused:
        await world.take(replace(given, **other), MINE, first=1)

    assert refused.value.reason is Reason.NUMBER_LIST_DIFFERS
    assert await world.state() is State.VERIFIED


async def test_a_dry_run_finds_the_same_and_changes_nothing(world):
    given = world.list(dry_run=True)

    kept = await world.take(given, MINE, STRANGER, complete=True)

    assert (outcomes(kept), kept.tally.of("CHANGED")) == ({RowOutcome.REVERIFY: 1, RowOutcome.UNKNOWN: 1}, 0)
    assert await world.state() is State.VERIFIED
    page, _ = await reconciliation.list_findings(world.identity, given.list_id, None, None, 10)
    assert [(found.account_id, found.applied) for found in page] == [("u1", False)]


@pytest.mark.rule("R31")
async def test_a_number_that_was_proven_since_it_was_seen_stays(world):
    kept = await world.take(world.list(), MINE, observe_time=world.bench.clock.now() - timedelta(days=101))

    assert (outcomes(kept), await world.state()) == ({RowOutcome.NOTHING: 1}, State.VERIFIED)


async def test_a_mismatch_is_noted_with_what_differs(world):
    given = world.list(FindingKind.SUBSCRIBER_MISMATCH)

    kept = await world.take(given, MINE, verdicts=Verdicts(full_name=Match.MISMATCH, birth_date=Match.MATCH))
    agreeing = await world.take(given, OTHER, first=1, verdicts=Verdicts(full_name=Match.MATCH))

    assert (outcomes(kept), await world.state()) == ({RowOutcome.NOTE: 1}, State.VERIFIED)
    assert outcomes(agreeing) == {RowOutcome.NOTE: 1, RowOutcome.NOTHING: 1}
    assert (await world.tags("u1"))[-1] == "identity:account:finding_noted"


async def test_nothing_is_kept_of_a_number_that_nobody_here_stands_on(world):
    given = world.list()
    await world.take(given, STRANGER, complete=True)

    rows = await world.look(
        "SELECT (SELECT count(*) FROM identity.reconciliation_findings) AS findings,"
        " (SELECT string_agg(number_lists::text, '') FROM identity.number_lists) AS lists,"
        " (SELECT string_agg(audit::text, '') FROM identity.audit WHERE subject = :list) AS audit",
        list=given.list_id,
    )
    assert rows[0].findings == 0
    assert STRANGER[3:] not in rows[0].lists + rows[0].audit


async def test_a_number_is_found_while_its_key_is_replaced(engine, new_server, new_ring, look):
    seal, old = new_ring(), new_ring()
    both = KeyRing(keys={**old.keys, 1: random_bytes(32)}, current=1)
    before, after = new_server(engine, seal, old), new_server(engine, seal, both)
    await add_platform(engine)
    await before.register("u1")
    await before.verify("u1", before.proof("u1", MINE))
    after.clock.advance(timedelta(days=100))
    world = World(after, look)

    kept = await world.take(world.list(), MINE, STRANGER)

    assert outcomes(kept) == {RowOutcome.REVERIFY: 1, RowOutcome.UNKNOWN: 1}
