"""What follows from findings, written page by page: once, balanced, and never beyond what policy says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from xacthuc.identity.adapters.reconciliation.findings import Findings, Page
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.reconciliation import (
    Checked,
    Finding,
    FindingKind,
    Match,
    Run,
    Sides,
    Source,
    Tally,
    Verdicts,
)
from xacthuc.identity.usecases import reconciliation
from xacthuc.identity.usecases.accounts import get_account
from xacthuc.policy import FindingAction
from xacthuc.sql.engine import transaction

PLATFORM = "forum"
NUMBER = "+84912345678"


@pytest.fixture
async def world(bench, engine, look):
    """A run at its beginning, and `tell(kind, ...)`, which writes a page with one finding about u1."""
    await bench.register("u1")
    await bench.verify("u1", bench.proof("u1", NUMBER))
    bench.clock.advance(timedelta(days=100))
    return World(bench, engine, look)


class World:
    def __init__(self, bench, engine, look):
        self.bench, self.engine, self.look = bench, engine, look
        self.rules = bench.identity.policy.reconciliation
        self.at = ("", "")

    async def start(self, *, dry_run=False):
        order = self.bench.order("", "StartReconciliation")
        order, now = replace(order, platform=""), self.bench.clock.now()
        run = Run(
            run_id=order.request_id,
            platform="",
            sources=(Source.KYC_MATCH,),
            dry_run=dry_run,
            per_second=10,
            actor="operator:test",
            create_time=now,
            update_time=now,
        )
        return await self.bench.identity.reconciliations.start(order, run)

    async def finding(self, kind, account="u1", **changes):
        ((evidence_id,),) = await self.look(
            "SELECT id FROM identity.evidence WHERE account = :account AND lapse_time IS NULL", account=account
        )
        now = self.bench.clock.now()
        finding = Finding(
            platform=PLATFORM,
            account_id=account,
            evidence_id=evidence_id,
            kind=kind,
            source="operator/viettel",
            observe_time=now,
        )
        return replace(finding, **changes)

    async def tell(self, run, *findings, after=None, until=(PLATFORM, "u1")):
        tally = Tally()
        tally.check(Checked.FOUND)
        page = Page(after=self.at if after is None else after, until=until, findings=findings, tally=tally)
        async with transaction(self.engine) as connection:
            changed = await Findings(self.rules).apply(connection, run, page, self.bench.clock.now())
        if changed is not None:
            self.at = until
        return changed

    async def state(self, account="u1"):
        return (await get_account(self.bench.identity, PLATFORM, account)).state

    async def tally(self, run):
        return (await reconciliation.get(self.bench.identity, run.run_id)).tally

    async def tags(self, account="u1"):
        rows = await self.look("SELECT tag FROM identity.audit WHERE subject = :account ORDER BY id", account=account)
        return [row.tag for row in rows]

    async def events(self):
        rows = await self.look("SELECT kind FROM identity.outbox WHERE subject = 'u1' ORDER BY id")
        return [row.kind for row in rows]

    async def passed_on(self):
        """Whether the last event says that the number is somebody else's now."""
        rows = await self.look("SELECT detail FROM identity.outbox WHERE subject = 'u1' ORDER BY id DESC LIMIT 1")
        return rows[0].detail == {"number_passed_on": True}


@pytest.mark.rule("R30")
async def test_a_number_that_was_given_to_somebody_else_has_to_be_proven_again(world):
    run = await world.start()

    changed = await world.tell(run, await world.finding(FindingKind.RECYCLED))

    assert changed == [(PLATFORM, ["u1"])]
    assert await world.state() is State.REVERIFICATION_REQUIRED
    assert (await world.tags())[-1] == "identity:account:phone_lapsed"
    assert ((await world.events())[-1], await world.passed_on()) == ("REVERIFICATION_REQUIRED", True)
    tally = await world.tally(run)
    assert (tally.of("CHECKED"), tally.of("CHANGED"), tally.of("RECYCLED/REVERIFY")) == (1, 1, 1)
    assert tally.balanced


async def test_what_changes_nothing_is_noted_in_the_trail_of_the_account(world):
    run = await world.start()
    subscriber = Verdicts(full_name=Match.MISMATCH, birth_date=Match.MATCH)
    sides = Sides(subscriber=subscriber, identity=Verdicts(full_name=Match.MATCH, personal_id=Match.MATCH))
    events = await world.events()

    changed = await world.tell(run, await world.finding(FindingKind.SUBSCRIBER_MISMATCH, sides=sides))

    assert (changed, await world.state(), await world.events()) == ([], State.VERIFIED, events)
    assert (await world.tags())[-1] == "identity:account:finding_noted"
    page, _ = await reconciliation.list_findings(world.bench.identity, run.run_id, None, None, 10)
    assert [(found.action, found.applied, found.sides) for found in page] == [(FindingAction.NOTE, False, sides)]
    assert page[0].verdicts == replace(subscriber, personal_id=Match.MATCH)


async def test_a_dry_run_records_what_would_follow_and_changes_nothing(world):
    run, tags, events = await world.start(dry_run=True), await world.tags(), await world.events()

    changed = await world.tell(run, await world.finding(FindingKind.RECYCLED))

    assert (changed, await world.state()) == ([], State.VERIFIED)
    assert (await world.tags(), await world.events()) == (tags, events)
    assert (await world.tally(run)).of("RECYCLED/REVERIFY") == 1
    page, _ = await reconciliation.list_findings(world.bench.identity, run.run_id, None, None, 10)
    assert [(found.action, found.applied) for found in page] == [(FindingAction.REVERIFY, False)]


async def test_a_page_that_comes_twice_is_written_once(world):
    """As after a commit of whose success the process that wrote it did not hear."""
    run, finding = await world.start(), await world.finding(FindingKind.RECYCLED)
    await world.tell(run, finding)
    tags, events = await world.tags(), await world.events()

    again = await world.tell(run, finding, after=("", ""))

    assert again is None
    assert (await world.tags(), await world.events()) == (tags, events)
    assert (await world.tally(run)).of("CHECKED") == 1


async def test_a_finding_that_another_page_brings_again_follows_once(world):
    run, finding = await world.start(), await world.finding(FindingKind.BLOCKED)
    await world.tell(run, finding)
    tags = await world.tags()

    await world.tell(run, finding, until=(PLATFORM, "u2"))

    assert await world.tags() == tags
    assert (await world.tally(run)).of("BLOCKED/NOTE") == 1


@pytest.mark.rule("R30")
async def test_whoever_proved_the_number_since_keeps_it(world):
    """Possession is newer than what the operator had on record then."""
    run = await world.start()
    told = await world.finding(FindingKind.RECYCLED)
    world.bench.clock.advance(timedelta(hours=1))
    await world.bench.verify("u1", world.bench.proof("u1", NUMBER))
    late = await world.finding(FindingKind.DEACTIVATED, observe_time=told.observe_time)

    changed = await world.tell(run, told, late)

    assert (changed, await world.state()) == ([], State.VERIFIED)
    page, _ = await reconciliation.list_findings(world.bench.identity, run.run_id, None, None, 10)
    assert {found.applied for found in page} == {False}


async def test_the_severest_of_several_findings_counts_and_is_told_once(world):
    world.rules = replace(world.rules, deactivated=FindingAction.RESTRICT)
    run = await world.start()
    events = await world.events()

    changed = await world.tell(
        run, await world.finding(FindingKind.RECYCLED), await world.finding(FindingKind.DEACTIVATED)
    )

    assert changed == [(PLATFORM, ["u1"])]
    assert await world.events() == [*events, "REVERIFICATION_REQUIRED"]
    assert (await world.tally(run)).of("CHANGED") == 1


async def test_restricting_ends_a_personal_id_too_and_reverifying_does_not(world):
    for account, number in (("u2", "+84912345672"), ("u3", "+84912345673")):
        await world.bench.register(account)
        await world.bench.verify(account, world.bench.proof(account, number))
        found = await world.finding(FindingKind.RECYCLED, account)
        async with transaction(world.engine) as connection:
            await connection.exec_driver_sql(
                "INSERT INTO identity.evidence (platform, account, kind, source, verify_time)"
                f" VALUES ('forum', '{account}', 'PERSONAL_ID', 'eid/vneid', now())"
            )
        world.bench.clock.advance(timedelta(days=1))
        run = await world.start()
        world.at = ("", "")
        await world.tell(run, replace(found, observe_time=world.bench.clock.now()))
        world.rules = replace(world.rules, recycled=FindingAction.RESTRICT)

    standing = await world.look(
        "SELECT account, kind FROM identity.evidence WHERE lapse_time IS NULL AND account IN ('u2', 'u3')"
    )
    assert [tuple(row) for row in standing] == [("u2", EvidenceKind.PERSONAL_ID)]


async def test_a_canceled_run_writes_nothing_more(world):
    run, finding = await world.start(), await world.finding(FindingKind.RECYCLED)
    order = replace(world.bench.order("", "CancelReconciliation"), platform="")
    ended = await reconciliation.cancel(world.bench.identity, order, run.run_id)

    assert await world.tell(run, finding) is None
    assert (ended.state, await world.state()) == ("CANCELED", State.VERIFIED)
    assert ended.end_time is not None


async def test_findings_are_listed_page_by_page_and_by_kind(world):
    run = await world.start()
    await world.tell(
        run,
        await world.finding(FindingKind.SIM_SWAPPED),
        await world.finding(FindingKind.BLOCKED),
        await world.finding(FindingKind.BLOCKED, source=f"list/{uuid4().hex[:4]}"),
    )
    seen, key = [], None
    while True:
        page, key = await reconciliation.list_findings(world.bench.identity, run.run_id, None, key, 1)
        seen += [(found.kind, found.source) for found in page]
        if key is None:
            break
    of_kind, _ = await reconciliation.list_findings(world.bench.identity, run.run_id, FindingKind.SIM_SWAPPED, None, 10)

    assert len(set(seen)) == len(seen) == 3
    assert [found.kind for found in of_kind] == [FindingKind.SIM_SWAPPED]
