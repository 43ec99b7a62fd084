"""What reaches an account that has ended, or ends while somebody is being asked about it: nothing is written any more."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.identity.adapters.inactive_numbers import InactiveNumbers, OutOfUse
from xacthuc.identity.adapters.tables import evidence, outbox, personal_id_claims
from xacthuc.identity.commands import EndAccount, RevokeVerification
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.domain.personal_ids import Details
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.domain.rulings import Told
from xacthuc.identity.usecases import lifecycle, numbers
from xacthuc.identity.usecases.electronic_ids import judged

PERSONAL_ID = "001090000001"


@pytest.fixture
def count(engine):
    async def of(table):
        async with engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(table))

    return of


async def end(bench, verb):
    await verb(bench.identity, EndAccount(order=bench.order(verb.__name__), account_id="an"))


async def turn_out_a_child(bench):
    await bench.correct("an", birth_date=CalendarDate(2020, 1, 2))


@pytest.mark.parametrize(
    "happens",
    [
        partial(end, verb=lifecycle.close_account),
        partial(end, verb=lifecycle.erase_account),
        turn_out_a_child,
    ],
    ids=["closed", "erased", "a child"],
)
async def test_a_sign_in_that_ends_too_late_proves_nothing(bench, count, happens):
    await bench.register("an")
    told = Told(
        details=Details(personal_id=PERSONAL_ID, full_name="Nguyễn Văn an", birth_date=date(1990, 1, 2)),
        source="eid/vneid",
        level="2",
        transaction_id="t",
        time=bench.clock.now(),
        signed_in=True,
    )
    await happens(bench)

    with pytest.raises(FailedPrecondition):
        await bench.identity.sign_ins.settle(
            bench.order(method="CompleteElectronicId"),
            "an",
            PERSONAL_ID,
            partial(judged, bench.identity, told, PERSONAL_ID),
            retry_seconds=0,
            now=bench.clock.now(),
        )

    assert (await count(evidence), await count(personal_id_claims)) == (0, 0)


@pytest.mark.parametrize("verb", [lifecycle.close_account, lifecycle.erase_account])
async def test_nothing_is_taken_back_of_an_account_that_has_ended(bench, count, verb):
    await bench.register("an")
    await bench.verify("an")
    await end(bench, verb)
    before = await count(outbox.events)
    command = RevokeVerification(
        order=bench.order("", "RevokeVerification"),
        account_id="an",
        kinds=frozenset({EvidenceKind.PHONE}),
        reason=RevocationReason.LOSS_REPORTED,
    )

    with pytest.raises(FailedPrecondition):
        await numbers.revoke_verification(bench.identity, command)

    assert await count(outbox.events) == before


async def test_a_number_that_is_out_of_use_says_nothing_of_who_has_left(bench, engine, count):
    await bench.register("an")
    await bench.verify("an")
    await end(bench, lifecycle.close_account)
    before, later = await count(outbox.events), bench.clock.now() + timedelta(seconds=1)
    report = OutOfUse(platform="forum", account_id="an", number="+84912345678", occur_time=later)

    async with engine.begin() as connection:
        changed = await InactiveNumbers(bench.personal, wanted=True).lapse(connection, [report], later)

    assert (changed, await count(outbox.events)) == ([], before)
