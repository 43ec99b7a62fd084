"""A guardian who may answer no longer closes the child's gate by that alone, whatever the guardian service does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from family import ALL, NUMBERS, family

from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import accounts
from xacthuc.policy import Reason

__all__ = ["family"]

PLATFORM = "forum"


@pytest.mark.rule("R17")
async def test_a_guardian_who_turns_out_to_be_17_closes_the_gate_until_the_date_is_right_again(bench, family):
    await family.put(1, "mother")
    assert await family.may_post() is Reason.VERIFIED

    await bench.correct("mother", birth_date=CalendarDate(2008, 11, 24))
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    bench.clock.advance(timedelta(days=2))  # 18 by now, and judged once
    await bench.identity.standings.forget(PLATFORM, ["child"])
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
    await family.put(2, "mother", supervision=ALL)
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED

    await bench.correct("mother", birth_date=CalendarDate(1990, 1, 2))
    assert await family.may_post() is Reason.VERIFIED


@pytest.mark.rule("R17")
async def test_a_guardian_who_was_a_child_answers_no_longer_once_grown_and_verified(bench, family):
    await family.put(1, "mother")
    await bench.correct("mother", birth_date=CalendarDate(2010, 11, 24))
    bench.clock.advance(timedelta(days=2))
    await bench.correct("mother", full_name="Nguyễn Thị Lớn")
    await bench.verify("mother", bench.proof("mother", NUMBERS["mother"]))

    assert (await accounts.get_account(bench.identity, PLATFORM, "mother")).state is State.VERIFIED
    assert await family.may_post() is Reason.GUARDIAN_REQUIRED
