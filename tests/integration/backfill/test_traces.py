"""What is done about the accounts of a batch is one trace, from the decision to what identity and otp are asked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from backfill_town import NAME, Town, order, town
from kept_spans import KeptSpans
from sqlalchemy import update

from xacthuc.audit.tags import Tag
from xacthuc.backfill.adapters.carrying import Carrying
from xacthuc.backfill.adapters.deciding import Deciding
from xacthuc.backfill.adapters.sending import Sending
from xacthuc.backfill.adapters.tables import campaigns
from xacthuc.backfill.domain.campaign import CampaignState
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.holders import Holder
from xacthuc.backfill.domain.lifecycle import Change
from xacthuc.backfill.ports.campaigns import Figures, NewTarget
from xacthuc.sql.engine import transaction
from xacthuc.telemetry.tracing import Tracer, current

ACCOUNTS = 3


class Others:
    """Identity and otp, which keep the trace that they are asked in: the headers of a call carry that."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def look(self, platform: str, account_id: str) -> Holder:
        self._ask("look")
        return Holder("UNVERIFIED", personal_id=False)

    async def remind(self, platform: str, account_id: str, due_time: object, request_id: UUID) -> None:
        self._ask("remind")

    async def send(self, platform: str, number: str, template: str, request_id: UUID) -> str:
        self._ask("send")
        return f"notices/{request_id}"

    def _ask(self, what: str) -> None:
        context = current()
        self.asked.append((what, "" if context is None else context.traceparent()))


@pytest.fixture
async def home(engine) -> Town:
    made = town(engine)
    await made.campaign()
    some = [
        NewTarget(account_id=f"a{n}", account_class=AccountClass.NEEDS_PHONE, number=f"+8491234567{n}")
        for n in range(ACCOUNTS)
    ]
    await made.campaigns.add(order("AddTargets"), NAME, some, made.clock.now())
    async with transaction(engine) as connection:
        await connection.execute(update(campaigns).values(state="RUNNING"))
    return made


def sending(home: Town, others: Others, tracer: Tracer) -> Sending:
    deciding = Deciding(home.engine, home.clock, count_every=timedelta(0), lease=timedelta(minutes=1))
    return Sending(deciding, Carrying(home.engine, others, others, home.numbers, home.clock), tracer, at_once=2)


async def all_done(made: Sending) -> None:
    while await made.step():
        pass


async def test_a_batch_is_one_trace_with_a_step_for_each_account(home: Town):
    spans, others = KeptSpans(), Others()
    made = sending(home, others, Tracer(spans, 1.0))
    for step, what in (("tell", "remind"), ("notify", "send")):
        spans.clear()
        others.asked.clear()
        home.clock.advance(timedelta(days=2))
        await all_done(made)

        (batch,) = [each for each in spans.named("backfill.batch") if each.attributes["xacthuc.backfill.accounts"]]
        steps = spans.named(f"backfill.{step}")
        assert batch.context.parent_id == 0
        assert len(steps) == batch.attributes["xacthuc.backfill.accounts"] == ACCOUNTS
        assert {each.attributes["xacthuc.backfill.wave"] for each in steps} == {1}
        for each in steps:
            assert spans.path(each) == ["backfill.batch", f"backfill.{step}"]
            assert "postgresql" in spans.below(each)  # what came of it is written down
            assert (what, each.traceparent()) in others.asked
        # Whoever is asked goes on with the trace: a call's headers carry it.
        assert {header.split("-")[1] for _, header in others.asked} == {batch.context.trace_id_hex}


async def test_batches_are_traces_of_their_own_and_a_look_that_finds_nobody_is_none(home: Town):
    spans, others = KeptSpans(), Others()
    made = sending(home, others, Tracer(spans, 1.0))
    await all_done(made)
    await all_done(made)
    home.clock.advance(timedelta(days=2))
    await all_done(made)

    batches = spans.named("backfill.batch")
    assert len(batches) == len({each.context.trace_id for each in batches}) == 2


async def test_batches_are_linked_to_the_call_that_started_the_campaign(home: Town):
    spans, others = KeptSpans(), Others()
    tracer = Tracer(spans, 1.0)
    async with transaction(home.engine) as connection:
        await connection.execute(update(campaigns).values(state="PREPARED"))
    started = tracer.job("StartCampaign")
    for name, call, tag in (
        ("start", started, Tag.CAMPAIGN_STARTED),
        ("resume", tracer.job("ResumeCampaign"), Tag.CAMPAIGN_RESUMED),
    ):
        with call:
            await home.campaigns.change(order(name), NAME, running, home.clock.now(), tag=tag, reason="")
    await all_done(sending(home, others, tracer))
    home.clock.advance(timedelta(days=2))
    await all_done(sending(home, others, tracer))

    batches = spans.named("backfill.batch")
    assert [each.context.linked_header for each in batches] == [started.traceparent()] * 2


def running(figures: Figures) -> Change:
    return Change(CampaignState.RUNNING, figures.kept.plan)


async def test_what_is_not_recorded_is_sent_all_the_same(home: Town):
    spans, others = KeptSpans(), Others()
    await all_done(sending(home, others, Tracer(spans, 0.0)))

    assert (len(others.asked), spans) == (2 * ACCOUNTS, [])
    assert {header.endswith("-00") for _, header in others.asked} == {True}
    assert len({header.split("-")[1] for _, header in others.asked}) == 1  # its log lines have one trace id
