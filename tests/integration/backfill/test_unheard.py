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
        self.holder = Holder("UNVERIFIED", personal_id=False)

    async def look(self, platform: str, account_id: str) -> Holder:
        return self.holder

    async def remind(self, platform: str, account_id: str, due_time: object, request_id: UUID) -> None:
        """The platform is told."""

    async def send(self, platform: str, number: str, template: str, request_id: UUID) -> str:
        self.taken.append(number)
        raise Unavailable(Reason.SHUTTING_DOWN, "away")


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
