"""CheckCode over real gRPC: counted before anything is told, accepted once, the same answer for the same request."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections import Counter
from datetime import timedelta

import grpc
import pytest
from otp_service import Challenge, Deployment, Platform, Refused

from xacthuc.api.otp.v1 import service_pb2

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse
ROUNDS = 200 if os.environ.get("XACTHUC_SOAK") else 10
PARALLEL = 50
NUMBERS = [f"09{n:08d}" for n in range(12_345_678, 12_345_678 + ROUNDS * 10_000, 10_000)]
"""Each in a block of its own, so that the limit per block of 10 000 numbers is not what is tested."""


async def test_the_right_code_is_verified_and_yields_a_proof(otp: Deployment) -> None:
    started = await otp.forum.start()
    checked = await otp.forum.check(started.name, otp.code(started.name))
    assert checked.verdict == Verdict.VERIFIED
    assert checked.challenge.state == Challenge.VERIFIED
    proof = await otp.redeem(checked.proof_token)
    assert (proof.phone_number, proof.subject) == ("+84912345678", "accounts/lan")


async def test_a_wrong_code_is_told_with_the_checks_that_remain(otp: Deployment) -> None:
    started = await otp.forum.start()
    checked = await otp.forum.check(started.name, otp.wrong(started.name))
    assert (checked.verdict, checked.remaining_checks, checked.proof_token) == (Verdict.WRONG, 4, "")


async def test_a_wrong_guess_never_shows_the_code(otp: Deployment) -> None:
    """Regression of otpgateway, whose answer to a wrong guess holds the right code."""
    started = await otp.forum.start()
    checked = await otp.forum.check(started.name, otp.wrong(started.name))
    assert otp.code(started.name).encode() not in checked.SerializeToString()
    assert otp.code(started.name) not in str(checked)


async def test_exactly_five_wrong_codes_are_evaluated_and_the_fifth_try_still_counts(otp: Deployment) -> None:
    """Regression of an off-by-one that refuses the last allowed try."""
    started = await otp.forum.start()
    for _ in range(4):
        await otp.forum.check(started.name, otp.wrong(started.name))
    checked = await otp.forum.check(started.name, otp.code(started.name))
    assert checked.verdict == Verdict.VERIFIED


async def test_after_the_cap_right_and_wrong_are_answered_alike(otp: Deployment) -> None:
    started = await otp.forum.start()
    for _ in range(5):
        await otp.forum.check(started.name, otp.wrong(started.name))
    right = await otp.forum.check(started.name, otp.code(started.name))
    wrong = await otp.forum.check(started.name, otp.wrong(started.name))
    assert right == wrong
    assert right.verdict == Verdict.EXHAUSTED


async def test_a_code_is_refused_at_the_instant_it_expires(otp: Deployment) -> None:
    started = await otp.forum.start()
    life = started.expire_time.ToDatetime() - started.create_time.ToDatetime()
    otp.clock.advance(life - timedelta(milliseconds=1))
    early = await otp.forum.get(started.name)
    otp.clock.advance(timedelta(milliseconds=1))
    checked = await otp.forum.check(started.name, otp.code(started.name))
    assert early.state == Challenge.PENDING
    assert checked.verdict == Verdict.EXPIRED


async def test_a_verified_challenge_refuses_every_other_code(otp: Deployment) -> None:
    """Regression of Signal's service, which after one success accepts any code."""
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.code(started.name))
    again = await otp.forum.check(started.name, otp.wrong(started.name))
    assert (again.verdict, again.proof_token) == (Verdict.ALREADY_USED, "")


async def test_the_accepted_request_gets_its_proof_again_whatever_code_comes_with_it(otp: Deployment) -> None:
    started, request = await otp.forum.start(), str(uuid.uuid4())
    first = await otp.forum.check(started.name, otp.code(started.name), request)
    again = await otp.forum.check(started.name, otp.wrong(started.name), request)
    assert again == first


async def test_a_repeated_request_buys_no_free_guess(otp: Deployment) -> None:
    started, request = await otp.forum.start(), str(uuid.uuid4())
    await otp.forum.check(started.name, otp.wrong(started.name), request)
    again = await otp.forum.check(started.name, otp.code(started.name), request)
    assert again.verdict == Verdict.WRONG
    assert (await otp.forum.get(started.name)).remaining_checks == 4


async def test_a_code_opens_its_own_challenge_alone(otp: Deployment) -> None:
    """Regression of a look-ahead window, by which every guess has ten targets."""
    first, second = await otp.forum.start(), await otp.forum.start()
    checked = await otp.forum.check(second.name, otp.code(first.name))
    assert otp.code(first.name) != otp.code(second.name)
    assert checked.verdict == Verdict.WRONG


async def test_a_resend_does_not_renew_the_guesses(otp: Deployment) -> None:
    """Regression of services that reset the attempts with each message."""
    started = await otp.forum.start()
    for _ in range(3):
        await otp.forum.check(started.name, otp.wrong(started.name))
    otp.clock.advance(timedelta(minutes=1))
    resent = await otp.forum.resend(started.name)
    assert resent.remaining_checks == 2


@pytest.mark.rule("R36")
async def test_wrong_codes_are_counted_over_all_challenges_of_a_number(otp: Deployment) -> None:
    """A new code must not renew the guesses: ten in any 24 hours, whatever the challenge."""
    verdicts: Counter[int] = Counter()
    for started in [await otp.forum.start() for _ in range(3)]:
        for _ in range(5):
            verdicts[(await otp.forum.check(started.name, otp.wrong(started.name))).verdict] += 1
            otp.clock.advance(timedelta(seconds=1))
    assert verdicts == {Verdict.WRONG: 10, Verdict.EXHAUSTED: 5}


async def test_wrong_codes_on_one_platform_do_not_count_on_another(otp: Deployment) -> None:
    started = await otp.forum.start()
    for _ in range(5):
        await otp.forum.check(started.name, otp.wrong(started.name))
    other = await otp.video.start()
    assert other.remaining_checks == 5


async def test_a_challenge_of_another_platform_is_not_found(otp: Deployment) -> None:
    started = await otp.forum.start()
    with pytest.raises(Refused) as refused:
        await otp.video.check(started.name, otp.code(started.name))
    assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.NOT_FOUND, "CHALLENGE_NOT_FOUND")


async def test_a_challenge_that_never_was_is_not_found(otp: Deployment) -> None:
    with pytest.raises(Refused) as refused:
        await otp.forum.check("challenges/" + "A" * 24, "123456")
    assert refused.value.reason == "CHALLENGE_NOT_FOUND"


async def checks_at_once(platform: Platform, name: str, code: str) -> Counter[int]:
    answers = await asyncio.gather(*(platform.check(name, code) for _ in range(PARALLEL)))
    return Counter(checked.verdict for checked in answers)


async def test_of_fifty_right_codes_at_once_exactly_one_is_accepted(otp: Deployment) -> None:
    """Regression of stores that compare before they consume: otpgateway accepted 19 of 50."""
    for number in NUMBERS[:ROUNDS]:
        started = await otp.forum.start(number, subject=f"accounts/{number[2:]}x")
        verdicts = await checks_at_once(otp.forum, started.name, otp.code(started.name))
        assert verdicts == {Verdict.VERIFIED: 1, Verdict.ALREADY_USED: PARALLEL - 1}


async def test_of_fifty_wrong_codes_at_once_at_most_five_are_evaluated(otp: Deployment) -> None:
    """Regression of Signal's stale counter, where parallel guesses cost one attempt."""
    for number in NUMBERS[:ROUNDS]:
        started = await otp.forum.start(number, subject=f"accounts/{number[2:]}x")
        verdicts = await checks_at_once(otp.forum, started.name, otp.wrong(started.name))
        assert verdicts == {Verdict.WRONG: 5, Verdict.EXHAUSTED: PARALLEL - 5}
        assert (await otp.forum.check(started.name, otp.code(started.name))).verdict == Verdict.EXHAUSTED


async def test_one_proof_is_redeemed_by_one_request_alone(otp: Deployment) -> None:
    started = await otp.forum.start()
    token = (await otp.forum.check(started.name, otp.code(started.name))).proof_token

    async def redeem(request_id: str) -> str:
        try:
            return (await otp.redeem(token, request_id=request_id)).proof_id
        except Refused as refused:
            return refused.reason

    requests = [str(uuid.uuid4()) for _ in range(20)]
    answers = Counter(await asyncio.gather(*map(redeem, requests)))
    assert answers == {started.name.removeprefix("challenges/"): 1, "PROOF_REDEEMED": 19}


@pytest.mark.parametrize(
    ("platform", "wait", "reason"), [("video", 0, "PROOF_INVALID"), ("forum", 10 * 60, "PROOF_EXPIRED")]
)
async def test_a_proof_is_good_for_its_platform_and_for_ten_minutes(
    otp: Deployment, platform: str, wait: int, reason: str
) -> None:
    started = await otp.forum.start()
    token = (await otp.forum.check(started.name, otp.code(started.name))).proof_token
    otp.clock.advance(timedelta(seconds=wait))
    with pytest.raises(Refused) as refused:
        await otp.redeem(token, platform=platform)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "asked", [{"subject": "accounts/minh"}, {"purposes": [Challenge.NUMBER_CHANGE]}], ids=["subject", "purpose"]
)
async def test_a_proof_made_for_something_else_is_refused_and_stays_good(
    otp: Deployment, asked: dict[str, object]
) -> None:
    started = await otp.forum.start()
    token = (await otp.forum.check(started.name, otp.code(started.name))).proof_token
    with pytest.raises(Refused) as refused:
        await otp.redeem(token, **asked)
    assert refused.value.reason == "PROOF_INVALID"
    assert (await otp.redeem(token)).subject == "accounts/lan"
