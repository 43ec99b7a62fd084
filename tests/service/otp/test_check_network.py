"""The silent channel behind a real server: an operator confirms the number, or a code follows."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from fake_operator import FakeOperator, answers, hangs_up, refuses, says
from otp_deployment import Deploy
from otp_service import NUMBER, Challenge, Deployment, Refused
from prism import prism
from silent_channel import TOKEN, operator, otp

from xacthuc.api.otp.v1 import internal_pb2, service_pb2
from xacthuc.api.otp.v1.resources_pb2 import Client
from xacthuc.otp.adapters.layout import delivery_key
from xacthuc.otp.domain import challenge_id
from xacthuc.policy import Policy

__all__ = ["operator", "otp", "prism"]

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse
NETWORK, SMS = Challenge.NETWORK, Challenge.SMS
MOBILE = "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"


async def outcomes(otp: Deployment, count: int) -> list[internal_pb2.Outcome]:
    """The first outcomes that anybody who watches is told."""
    found: list[internal_pb2.Outcome] = []
    call = otp.internal.WatchOutcomes(internal_pb2.WatchOutcomesRequest(), timeout=10)
    async for batch in call:
        found += batch.outcomes
        if len(found) >= count:
            break
    call.cancel()
    return found


async def queued(otp: Deployment, name: str) -> int:
    """How many messages wait in the lane of a challenge's number."""
    identity = challenge_id.parse(name.removeprefix("challenges/"))
    return await otp.store.execute("XLEN", delivery_key(identity.partition))


READ = {b"hash": ("HGETALL",), b"string": ("GET",), b"stream": ("XRANGE", "-", "+")}


async def content(otp: Deployment, key: bytes) -> bytes:
    """A key of the store and all it holds."""
    command, *arguments = READ[await otp.store.execute("TYPE", key)]
    return key + repr(await otp.store.execute(command, key, *arguments)).encode()


async def test_a_start_queues_nothing_and_offers_every_channel_at_once(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    assert (started.state, started.channel) == (Challenge.PENDING, NETWORK)
    assert not started.HasField("delivery")
    assert started.next_send_time == started.create_time
    assert list(started.available_channels) == [SMS]
    assert started.remaining_checks == 5
    assert await queued(otp, started.name) == 0


async def test_a_number_that_its_operator_confirms_is_proven_like_by_a_code(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    checked = await otp.forum.check_network(started.name, TOKEN)
    assert checked.verdict == Verdict.VERIFIED
    assert (checked.challenge.state, checked.challenge.channel) == (Challenge.VERIFIED, NETWORK)
    proof = await otp.redeem(checked.proof_token)
    assert (proof.phone_number, proof.channel) == ("+84912345678", NETWORK)


async def test_the_operator_is_asked_as_camara_defines(otp: Deployment, operator: FakeOperator) -> None:
    started = await otp.forum.start(channel=NETWORK)
    await otp.forum.check_network(started.name, TOKEN)
    (asked,) = operator.asked
    assert asked.path == "/number-verification/v2/verify"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert len(asked.headers["x-correlator"]) == 32
    assert asked.body == {"phoneNumber": "+84912345678"}


@pytest.mark.rule("R29")
async def test_the_operator_is_whoever_issued_the_token_whatever_the_numbers_range(
    deploy: Deploy, operator: FakeOperator, tmp_path: Path
) -> None:
    """Numbers move between operators: 0912 was first given to another one than the one that is asked."""
    otp = await deploy(operators_directory=operator.file(tmp_path / "operators", ranges=["viettel"]))
    started = await otp.forum.start("0912345678", channel=NETWORK)
    assert (await otp.forum.check_network(started.name, TOKEN)).verdict == Verdict.VERIFIED


async def test_an_outcome_names_the_channel_and_the_operator(otp: Deployment, operator: FakeOperator) -> None:
    operator.script.append(says(verified=False))
    started = await otp.forum.start(channel=NETWORK)
    await otp.forum.check_network(started.name, TOKEN)
    await otp.forum.check_network(started.name, TOKEN)
    told = [(each.kind, each.channel, each.provider) for each in await outcomes(otp, 3)]
    kinds = internal_pb2.Outcome
    assert told == [
        (kinds.STARTED, NETWORK, ""),
        (kinds.WRONG, NETWORK, "viettel"),
        (kinds.VERIFIED, NETWORK, "viettel"),
    ]


@pytest.mark.rule("R33")
async def test_a_number_that_is_not_the_phones_is_a_wrong_attempt_and_five_end_the_challenge(
    otp: Deployment, operator: FakeOperator
) -> None:
    operator.otherwise = says(verified=False)
    started = await otp.forum.start(channel=NETWORK)
    left = [(await otp.forum.check_network(started.name, TOKEN)).remaining_checks for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    operator.otherwise = says(verified=True)
    over = await otp.forum.check_network(started.name, TOKEN)
    assert (over.verdict, over.proof_token) == (Verdict.EXHAUSTED, "")
    assert len(operator.asked) == 5, "a challenge that has ended needs no operator"


@pytest.mark.rule("R33")
async def test_wrong_words_of_operators_and_wrong_codes_are_counted_together(
    otp: Deployment, operator: FakeOperator
) -> None:
    operator.otherwise = says(verified=False)
    *tried, another = [await otp.forum.start(channel=NETWORK) for _ in range(3)]
    for started in tried:
        for _ in range(2):
            await otp.forum.check(started.name, "000000")
        for _ in range(3):
            await otp.forum.check_network(started.name, TOKEN)
    operator.otherwise = says(verified=True)
    assert (await otp.forum.check_network(another.name, TOKEN)).verdict == Verdict.EXHAUSTED


async def test_of_many_right_tokens_at_once_one_proves_the_number(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    checks = await asyncio.gather(*(otp.forum.check_network(started.name, TOKEN) for _ in range(8)))
    verdicts = sorted(check.verdict for check in checks)
    assert verdicts == [Verdict.VERIFIED] + [Verdict.ALREADY_USED] * 7


async def test_a_seen_request_gets_its_verdict_without_the_operator(otp: Deployment, operator: FakeOperator) -> None:
    started = await otp.forum.start(channel=NETWORK)
    operator.script.append(says(verified=False))
    request, again = str(uuid.uuid4()), str(uuid.uuid4())
    assert (await otp.forum.check_network(started.name, TOKEN, request_id=request)).verdict == Verdict.WRONG
    right = await otp.forum.check_network(started.name, TOKEN, request_id=again)
    await operator.close()
    assert (await otp.forum.check_network(started.name, "other", request_id=request)).verdict == Verdict.WRONG
    repeated = await otp.forum.check_network(started.name, "other", request_id=again)
    assert (repeated.verdict, repeated.proof_token) == (Verdict.VERIFIED, right.proof_token)


async def test_an_id_of_check_code_says_nothing_to_check_network(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    request = str(uuid.uuid4())
    assert (await otp.forum.check(started.name, "000000", request)).verdict == Verdict.WRONG
    assert (await otp.forum.check_network(started.name, TOKEN, request_id=request)).verdict == Verdict.VERIFIED


async def test_a_challenge_that_was_started_with_a_code_is_not_for_operators(
    otp: Deployment, operator: FakeOperator
) -> None:
    started = await otp.forum.start()
    with pytest.raises(Refused) as raised:
        await otp.forum.check_network(started.name, TOKEN)
    assert (raised.value.code, raised.value.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CHANNEL_NOT_OFFERED",
    )
    assert operator.asked == []


async def test_another_platforms_challenge_is_not_there(otp: Deployment, operator: FakeOperator) -> None:
    started = await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.video.check_network(started.name, TOKEN)
    assert raised.value.reason == "CHALLENGE_NOT_FOUND"
    assert operator.asked == []


async def test_every_faulty_field_is_named_and_the_operator_is_not_asked(
    otp: Deployment, operator: FakeOperator
) -> None:
    started = await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.forum.check_network(started.name, "a,b", operator="nobody")
    assert raised.value.fields == ["operator", "network_token"]
    assert operator.asked == []


async def test_where_no_operator_is_configured_no_challenge_starts_silently(deploy: Deploy) -> None:
    otp = await deploy()
    with pytest.raises(Refused) as raised:
        await otp.forum.start(channel=NETWORK)
    assert raised.value.reason == "CHANNEL_NOT_OFFERED"


async def test_a_code_that_was_never_sent_is_wrong_even_when_it_is_right(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    assert (await otp.forum.check(started.name, otp.code(started.name))).verdict == Verdict.WRONG


async def test_the_ladder_counts_from_the_first_code(otp: Deployment) -> None:
    """One message and three resends: the start sent none. A rested number gets them all."""
    started = await otp.forum.start(channel=NETWORK)
    first = await otp.forum.resend(started.name)
    assert first.channel == SMS, "there is no message yet to repeat"
    assert (started.remaining_sends, first.remaining_sends) == (4, 3)
    waits = [first.next_send_time.ToSeconds() - first.delivery.queue_time.ToSeconds()]
    for left in (2, 1, 0):
        with pytest.raises(Refused, match="next_send_time"):
            await otp.forum.resend(started.name)
        otp.clock.advance(timedelta(seconds=waits[-1]))
        again = await otp.forum.resend(started.name)
        assert again.remaining_sends == left
        if left:
            waits.append(again.next_send_time.ToSeconds() - again.delivery.queue_time.ToSeconds())
    assert tuple(waits) == Policy.load().otp.resend_gaps_seconds


@pytest.mark.rule("R36")
async def test_silent_starts_do_not_push_a_code_out_of_its_recipients_reach(otp: Deployment) -> None:
    """A recipient reports by the latest codes of the number: challenges that sent none are not among them."""
    harasser = {"subject": "accounts/harasser"}
    unwanted = await otp.forum.start(**harasser)
    for n in range(3):
        await otp.forum.start(subject=f"accounts/helper{n}", channel=NETWORK)
    for n in range(3):
        solved = Client(captcha_solved=True)
        await otp.forum.start(subject=f"accounts/solver{n}", channel=NETWORK, client=solved)
    await otp.forum.report(NUMBER, otp.code(unwanted.name))
    with pytest.raises(Refused) as raised:
        await otp.forum.start(**harasser, client=Client(captcha_solved=True))
    assert raised.value.reason == "NUMBER_BLOCKED"


async def test_a_code_that_followed_a_silent_start_can_be_reported(otp: Deployment) -> None:
    started = await otp.forum.start(channel=NETWORK)
    await otp.forum.resend(started.name)
    await otp.forum.report(NUMBER, otp.code(started.name))
    assert (await otp.forum.get(started.name)).state == Challenge.CANCELED


async def test_a_start_looks_the_same_for_a_new_a_verified_and_a_guessed_at_number(
    otp: Deployment, operator: FakeOperator
) -> None:
    verified = await otp.forum.start("0912345670", subject="accounts/a", channel=NETWORK)
    await otp.forum.check_network(verified.name, TOKEN)
    guessed = await otp.forum.start("0912345671", subject="accounts/a", channel=NETWORK)
    operator.otherwise = says(verified=False)
    await otp.forum.check_network(guessed.name, TOKEN)
    answered = [
        await otp.forum.start(number, subject="accounts/b", channel=NETWORK)
        for number in ("0912345672", "0912345670", "0912345671")
    ]
    for message in answered:
        message.name, message.masked_phone_number = "same", "same"
    assert len({message.SerializeToString() for message in answered}) == 1


async def test_a_number_that_differs_looks_the_same_for_a_known_and_an_unknown_number(
    otp: Deployment, operator: FakeOperator
) -> None:
    verified = await otp.forum.start("0912345670", subject="accounts/a", channel=NETWORK)
    await otp.forum.check_network(verified.name, TOKEN)
    operator.otherwise = says(verified=False)
    answered = []
    for number in ("0912345670", "0912345671"):
        started = await otp.forum.start(number, subject="accounts/b", channel=NETWORK)
        answered.append(await otp.forum.check_network(started.name, TOKEN))
    for message in answered:
        message.challenge.name, message.challenge.masked_phone_number = "same", "same"
    assert answered[0] == answered[1]


@pytest.mark.rule("R36")
async def test_a_silent_start_is_charged_like_one_with_a_code(otp: Deployment) -> None:
    for _ in range(4):
        await otp.forum.start(channel=NETWORK)
    with pytest.raises(Refused) as raised:
        await otp.forum.start(channel=NETWORK)
    assert raised.value.reason == "CAPTCHA_REQUIRED"


async def test_an_operator_can_still_confirm_after_a_code_went_out(otp: Deployment) -> None:
    """The person turned mobile data on in the meantime. The proof says how the number was proven."""
    started = await otp.forum.start(channel=NETWORK)
    await otp.forum.resend(started.name, channel=SMS)
    checked = await otp.forum.check_network(started.name, TOKEN)
    assert checked.verdict == Verdict.VERIFIED
    assert (await otp.redeem(checked.proof_token)).channel == NETWORK


async def test_the_token_and_the_number_are_left_nowhere(otp: Deployment, operator: FakeOperator) -> None:
    started = await otp.forum.start(channel=NETWORK)
    operator.script.extend([refuses(401, "UNAUTHENTICATED"), answers(500, TOKEN.encode()), hangs_up, hangs_up])
    errors = []
    for _ in range(3):
        with pytest.raises(Refused) as raised:
            await otp.forum.check_network(started.name, TOKEN)
        errors.append(str(raised.value.status))
    await otp.forum.check_network(started.name, TOKEN)
    left = [otp.log.read_bytes(), "".join(errors).encode()]
    left += [await content(otp, key) for key in await otp.store.execute("KEYS", "*")]
    for secret in (TOKEN, TOKEN.rstrip("="), "912345678"):
        assert not any(secret.encode() in place for place in left)


async def test_the_whole_walk_against_camaras_definition(deploy: Deploy, prism: str, tmp_path: Path) -> None:
    directory = tmp_path / "operators"
    directory.mkdir()
    (directory / "prism.toml").write_text(f'name = "prism"\nbase_url = "{prism}"\ntimeout_seconds = 4.0\nhashed = true')
    otp = await deploy(operators_directory=directory)
    started = await otp.forum.start(channel=NETWORK)
    assert (await otp.forum.check_network(started.name, TOKEN, operator="prism")).verdict == Verdict.VERIFIED
