"""A notice that may have been sent, since whoever sent it was not heard of, is paid and counts for its person."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from backfill_town import NAME, PLATFORM, Town, order, town
from kept_spans import KeptSpans
from sqlalchemy import select, update

from xacthuc.backfill.adapters.carrying import Carrying
from xacthuc.backfill.adapters.deciding import Deciding
from xacthuc.backfill.adapters.sending import Sending
from xacthuc.backfill.adapters.tables import campaigns, people, targets
from xacthuc.backfill.domain.campaign import Step
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.holders import Holder
from xacthuc.backfill.ports.campaigns import NewTarget
from xacthuc.grpckit.errors import Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.sql.engine import transaction
from xacthuc.telemetry.tracing import Tracer

LEASE = timedelta(minutes=1)


class Others:
    """Identity and otp. The latter takes notices, and its answers are lost."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.tells, self.answers = True, False
        self.holder = Holder("UNVERIFIED", personal_id=False)

    async def look(self, platform: str, account_id: str) -> Holder:
        return self.holder

    async def remind(self, platform: str, account_id: str, due_time: object, request_id: UUID) -> None:
        if not self.tells:
            raise Unavailable(Reason.SHUTTING_DOWN, "away")

    async def send(self, platform: str, number: str, template: str, request_id: UUID) -> str:
        self.taken.append(number)
        if not self.answers:
            raise Unavailable(Reason.SHUTTING_DOWN, "away")
        return f"notices/{request_id}"


@pytest.fixture
async def home(engine) -> Town:
    made = town(engine)
    await made.campaign()
    one = NewTarget(account_id="an", account_class=AccountClass.NEEDS_PHONE, number="+84912345678")
    await made.campaigns.add(order("AddTargets"), NAME, [one], made.clock.now())
    async with transaction(engine) as connection:
        await connection.execute(update(campaigns).values(state="RUNNING"))
    return made


@pytest.fixture
async def sending(home: Town) -> tuple[Sending, Others]:
    """Of somebody who was told of, was sent a notice two days later, and was not heard of since."""
    others = Others()
    deciding = Deciding(home.engine, home.clock, count_every=timedelta(0), lease=LEASE)
    carrying = Carrying(home.engine, others, others, home.numbers, home.clock)
    made = Sending(deciding, carrying, Tracer(KeptSpans(), 0.0), at_once=1)
    await made.step()
    home.clock.advance(timedelta(days=2))
    with pytest.raises(Unavailable):
        await made.step()
    home.clock.advance(LEASE)
    return made, others


async def paid_and_sent(home: Town) -> tuple[int, int, str | None]:
    figures = await home.campaigns.figures(PLATFORM, NAME)
    assert figures is not None
    async with transaction(home.engine) as connection:
        (person,) = (await connection.execute(select(people))).all()
    return sum(day.vnd for day in figures.days), person.notices, person.account


@pytest.mark.parametrize(
    "holder",
    [
        Holder("VERIFIED", personal_id=False),
        Holder("CLOSED", personal_id=False),
        Holder("UNVERIFIED", personal_id=False, child=True),
    ],
    ids=["verified", "closed", "a child"],
)
async def test_it_stays_paid_when_nothing_is_sent_any_more(home: Town, sending: tuple[Sending, Others], holder: Holder):
    again, others = sending
    others.holder = holder
    await again.step()

    assert others.taken == ["+84912345678"]
    assert await paid_and_sent(home) == (800, 1, None)


async def test_it_stays_paid_when_identity_told_of_the_account_before(home: Town, sending: tuple[Sending, Others]):
    again, others = sending
    async with transaction(home.engine) as connection:
        await connection.execute(update(targets).values(state="VERIFIED"))
    await again.step()

    assert others.taken == ["+84912345678"]
    assert await paid_and_sent(home) == (800, 1, None)


async def test_two_accounts_on_one_number_that_are_begun_with_at_once_both_get_what_is_due(home: Town):
    # One was sent a notice, and is told of in the second wave when the other's turn on the number comes.
    others = Others()
    others.answers = True
    async with transaction(home.engine) as connection:
        await connection.execute(update(campaigns).values(state="PREPARED"))
    one = NewTarget(account_id="binh", account_class=AccountClass.NEEDS_PHONE, number="+84912345678")
    await home.campaigns.add(order("AddTargets"), NAME, [one], home.clock.now())
    async with transaction(home.engine) as connection:
        await connection.execute(update(campaigns).values(state="RUNNING"))
    deciding = Deciding(home.engine, home.clock, count_every=timedelta(0), lease=LEASE)
    made = Sending(
        deciding,
        Carrying(home.engine, others, others, home.numbers, home.clock),
        Tracer(KeptSpans(), 0.0),
        at_once=1,
    )
    for days in (0, 2):
        home.clock.advance(timedelta(days=days))
        while await made.step():
            pass
    assert len(others.taken) == 1
    home.clock.advance(timedelta(days=7))
    others.tells = others.answers = False
    with pytest.raises(Unavailable):
        await made.step()
    others.tells = others.answers = True
    home.clock.advance(2 * LEASE)
    async with transaction(home.engine) as connection:
        told = update(targets).where(targets.c.doing == Step.EVENT)
        await connection.execute(told.values(due_time=targets.c.due_time + timedelta(seconds=1)))
    await made.step()

    figures = await home.campaigns.figures(PLATFORM, NAME)
    assert figures is not None
    assert [(wave.events, wave.notices) for wave in figures.waves] == [(2, 2), (1, 0), (0, 0)]
    assert await paid_and_sent(home) == (1600, 2, None)
