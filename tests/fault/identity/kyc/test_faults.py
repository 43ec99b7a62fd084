"""An operator that fails in every way it can: nothing is known, nobody waits long, and nothing personal gets out."""

from __future__ import annotations

import time
import traceback
from datetime import timedelta

import pytest
from fake_kyc import (
    BEHAVIOURS,
    CORRELATOR,
    HOLDER,
    NUMBER,
    FakeKyc,
    answer,
    break_off,
    drip,
    fall_silent,
    refuse,
)
from structlog.testing import capture_logs

from xacthuc.clock import FixedClock
from xacthuc.identity.domain.reconciliation import Match
from xacthuc.identity.ports.eid import ProviderDown

FAULTS = {
    "hang": "timeout",
    "close": "broken",
    "hang_up": "broken",
    "drip": "timeout",
    "garbage": "unclear",
    "list": "unclear",
    "other_words": "unclear",
    "oversized": "oversized",
    "packed": "unclear",
    "redirect": "unclear",
    "error": "unclear",
    "unavailable": "unavailable",
    "throttle": "throttled",
    "firewall": "not_permitted",
}
TOKEN_FAULTS = {
    "silence": (fall_silent, "timeout"),
    "drip": (drip, "timeout"),
    "broken": (break_off, "token_broken"),
    "garbage": (answer(200, b"\xff"), "token_unclear"),
    "nothing": (answer(200, {}), "token_unclear"),
    "another kind": (answer(200, {"access_token": "t", "token_type": "DPoP"}), "token_unclear"),
    "no token": (answer(200, {"access_token": "a b\r\nx: y", "token_type": "Bearer"}), "token_unclear"),
    "too long": (answer(200, {"access_token": "a" * 9000, "token_type": "Bearer"}), "token_unclear"),
    "redirect": (answer(302, {}, "Location: /elsewhere\r\n"), "token_unclear"),
    "error": (answer(500, {}), "token_unclear"),
    "unknown client": (answer(401, {"error": "invalid_client"}), "credentials_refused"),
    "wrong scope": (answer(400, {"error": "invalid_scope"}), "credentials_refused"),
}
PERSONAL = ("912345678", HOLDER.personal_id, "Nguyễn", "1990-12-31", "s3cret", "token-1")


def test_every_fault_the_fake_knows_is_tried() -> None:
    assert set(BEHAVIOURS) - {"match"} == set(FAULTS)


@pytest.mark.parametrize(("fault", "cause"), FAULTS.items())
async def test_an_operator_that_fails_says_nothing_of_anybody(
    opened, fake: FakeKyc, outcomes: list[str], fault: str, cause: str
) -> None:
    fake.behave(fault)
    operator = await opened()
    started = time.monotonic()
    with capture_logs() as logged, pytest.raises(ProviderDown) as raised:
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert time.monotonic() - started < 20
    assert raised.value.retry_after_seconds > 0
    assert raised.value.__context__ is None
    told = f"{''.join(traceback.format_exception(raised.value))}{logged}"
    assert [part for part in PERSONAL if part in told] == []
    assert outcomes == [cause]
    assert [(event["event"], event["operator"], event["cause"]) for event in logged] == [
        ("kyc_operator_did_not_answer", "viettel", cause)
    ]


@pytest.mark.parametrize("fault", TOKEN_FAULTS)
async def test_without_a_token_nobody_is_asked_about(opened, fake: FakeKyc, outcomes: list[str], fault: str) -> None:
    behaviour, cause = TOKEN_FAULTS[fault]
    fake.token_script.extend([behaviour] * 2)
    with pytest.raises(ProviderDown):
        await (await opened()).match(NUMBER, HOLDER, CORRELATOR)
    assert (fake.matches, outcomes) == ([], [cause])


async def test_a_token_comes_after_a_failure(opened, fake: FakeKyc) -> None:
    fake.token_script.append(answer(500, {}))
    operator = await opened()
    with pytest.raises(ProviderDown):
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert (await operator.match(NUMBER, HOLDER, CORRELATOR)).personal_id is Match.MATCH


async def test_an_operator_that_is_not_there_is_down(opened, fake: FakeKyc, outcomes: list[str]) -> None:
    operator = await opened()
    await fake.close()
    with pytest.raises(ProviderDown):
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert outcomes == ["token_unreachable"]


async def test_a_connection_that_breaks_is_tried_once_more(opened, fake: FakeKyc) -> None:
    fake.behave("hang_up", times=1)
    assert (await (await opened()).match(NUMBER, HOLDER, CORRELATOR)).personal_id is Match.MATCH


async def test_throttling_is_told_with_its_time_and_kept(opened, fake: FakeKyc, clock: FixedClock) -> None:
    fake.behave("throttle", times=1)
    operator = await opened()
    with pytest.raises(ProviderDown) as raised:
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert raised.value.retry_after_seconds == 40
    clock.advance(timedelta(seconds=30))
    with pytest.raises(ProviderDown) as raised:
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert raised.value.retry_after_seconds == 10
    assert len(fake.matches) == 1
    clock.advance(timedelta(seconds=10))
    assert (await operator.match(NUMBER, HOLDER, CORRELATOR)).personal_id is Match.MATCH


async def test_five_failures_leave_the_operator_alone_until_one_trial_succeeds(
    opened, fake: FakeKyc, clock: FixedClock
) -> None:
    fake.behave("error")
    operator = await opened()
    for _ in range(8):
        with pytest.raises(ProviderDown):
            await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert len(fake.matches) == 5
    fake.behave("match")
    clock.advance(timedelta(seconds=2))
    assert (await operator.match(NUMBER, HOLDER, CORRELATOR)).personal_id is Match.MATCH


@pytest.mark.parametrize(("status", "code"), [(404, "IDENTIFIER_NOT_FOUND"), (400, "INVALID_ARGUMENT")])
async def test_what_one_person_is_refused_for_does_not_take_the_operator_from_others(
    opened, fake: FakeKyc, status: int, code: str
) -> None:
    fake.script.extend([refuse(status, code)] * 8)
    operator = await opened()
    for _ in range(8):
        try:
            found = await operator.match(NUMBER, HOLDER, CORRELATOR)
        except ProviderDown:
            continue
        assert found.personal_id is Match.UNKNOWN
    assert (await operator.match(NUMBER, HOLDER, CORRELATOR)).personal_id is Match.MATCH
