"""StartChallenge and ResendCode over real gRPC: what is sent, how often, and who cannot be locked out."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from otp_service import NUMBER, Challenge, Deployment, Platform, Refused

from xacthuc.api.otp.v1 import resources_pb2, service_pb2

pytestmark = pytest.mark.engine


async def queued(otp: Deployment) -> int:
    """How many messages wait for delivery."""
    keys = [key for key in await otp.store.execute("KEYS", "*:dlv", key="") if key.startswith(b"{p:")]
    return sum([await otp.store.execute("XLEN", key) for key in keys])


async def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def start_until_refused(platform: Platform, number: str = NUMBER, **fields: Any) -> tuple[int, Refused]:
    """Starts challenges for a number, each for another account and device, until one is refused."""
    for count in range(20):
        try:
            client = resources_pb2.Client(device_id=f"stranger-{count}")
            await platform.start(number, subject=f"accounts/s{count}", **{"client": client, **fields})
        except Refused as refused:
            return count, refused
    raise AssertionError("never refused")


async def test_a_challenge_says_what_may_be_done_next_and_when(otp: Deployment) -> None:
    started = await otp.forum.start()
    now = otp.clock.now()

    def at(field: Any) -> datetime:
        return field.ToDatetime(tzinfo=UTC)

    assert started.state == Challenge.PENDING
    assert started.masked_phone_number == "+84 91 *** **78"
    assert at(started.expire_time) == now + timedelta(minutes=5)
    assert at(started.next_send_time) == now + timedelta(minutes=1)
    assert at(started.next_check_time) == now
    assert (started.remaining_checks, started.remaining_sends) == (5, 3)
    assert started.delivery.state == Challenge.Delivery.QUEUED


@pytest.mark.rule("R27")
async def test_an_eleven_digit_number_is_converted_and_still_needs_its_code(otp: Deployment) -> None:
    started = await otp.forum.start("01621234567")
    assert (started.masked_phone_number, started.state) == ("+84 32 *** **67", Challenge.PENDING)


@pytest.mark.rule("R1")
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+1 202 555 0100", "FOREIGN"),
        ("024 3825 1234", "FIXED_LINE"),
        ("+84140123456", "M2M"),
        ("19001234", "SERVICE"),
        ("0800123456", "GOVERNMENT"),
        ("0501234567", "UNASSIGNED_RANGE"),
        ("091234567", "TOO_SHORT"),
        ("09123456789", "TOO_LONG"),
        ("0912345678;ext=2", "EXTENSION"),
        ("Lan Anh", "NOT_A_NUMBER"),
    ],
)
async def test_what_is_no_persons_mobile_is_refused_with_its_own_reason(
    otp: Deployment, number: str, reason: str
) -> None:
    refused = await refusal(otp.forum.start(number))
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["phone_number"])
    assert reason in str(refused.status)
    assert await queued(otp) == 0


async def test_a_repeated_request_gets_the_same_challenge_and_sends_nothing_more(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    first = await otp.forum.start(request_id=request)
    again = await otp.forum.start(request_id=request)
    assert again == first
    assert await queued(otp) == 1


async def test_a_repeated_request_is_not_charged_again(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    for _ in range(30):
        await otp.forum.start(request_id=request)
    assert await queued(otp) == 1


@pytest.mark.parametrize("change", [{"number": "0987654321"}, {"subject": "accounts/other"}, {"locale": "en"}])
async def test_a_request_id_with_another_payload_is_refused(otp: Deployment, change: dict[str, str]) -> None:
    request = str(uuid.uuid4())
    await otp.forum.start(request_id=request)
    refused = await refusal(otp.forum.start(**{"request_id": request, **change}))
    assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_request_ids_of_two_platforms_do_not_meet(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    await otp.forum.start(request_id=request)
    other = await otp.video.start("0987654321", request_id=request)
    assert other.state == Challenge.PENDING


async def test_a_resend_keeps_the_code_and_renews_its_life(otp: Deployment) -> None:
    """Regression of services whose resend kills the code still in flight."""
    started = await otp.forum.start()
    code = otp.code(started.name)
    otp.clock.advance(timedelta(minutes=1))
    resent = await otp.forum.resend(started.name)
    assert resent.expire_time.ToDatetime() == started.expire_time.ToDatetime() + timedelta(minutes=1)
    assert (await otp.forum.check(started.name, code)).verdict == service_pb2.CheckCodeResponse.VERIFIED


async def test_no_resend_moves_the_end_beyond_ten_minutes(otp: Deployment) -> None:
    started = await otp.forum.start()
    for minutes in (1, 2, 4):
        otp.clock.advance(timedelta(minutes=minutes))
        resent = await otp.forum.resend(started.name) if minutes < 4 else await otp.forum.get(started.name)
    assert resent.expire_time.ToDatetime() - started.create_time.ToDatetime() <= timedelta(minutes=10)


async def test_a_resend_before_its_time_is_told_when_to_come_back(otp: Deployment) -> None:
    started = await otp.forum.start()
    otp.clock.advance(timedelta(seconds=45))
    refused = await refusal(otp.forum.resend(started.name))
    assert (refused.reason, refused.retry_seconds) == ("RESEND_TOO_EARLY", 15)


async def test_a_challenge_sends_four_messages_at_most(otp: Deployment) -> None:
    started = await otp.forum.start()
    for seconds in (60, 120):
        otp.clock.advance(timedelta(seconds=seconds))
        resent = await otp.forum.resend(started.name)
    otp.clock.advance(timedelta(seconds=239))
    assert resent.remaining_sends == 1
    assert (await refusal(otp.forum.resend(started.name))).reason == "RESEND_TOO_EARLY"
    otp.clock.advance(timedelta(seconds=1))
    last = await otp.forum.resend(started.name)
    assert (last.remaining_sends, last.HasField("next_send_time")) == (0, False)
    otp.clock.advance(timedelta(seconds=100))
    assert (await refusal(otp.forum.resend(started.name))).reason == "SENDS_EXHAUSTED"
    assert await queued(otp) == 4


async def test_a_repeated_resend_sends_once(otp: Deployment) -> None:
    started, request = await otp.forum.start(), str(uuid.uuid4())
    otp.clock.advance(timedelta(minutes=1))
    assert await otp.forum.resend(started.name, request) == await otp.forum.resend(started.name, request)
    assert await queued(otp) == 2


async def test_a_channel_no_provider_serves_is_not_on_offer(otp: Deployment) -> None:
    started = await otp.forum.start()
    otp.clock.advance(timedelta(minutes=1))
    refused = await refusal(otp.forum.resend(started.name, channel=Challenge.VOICE))
    assert list(started.available_channels) == [Challenge.SMS]
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CHANNEL_NOT_OFFERED")
    assert await queued(otp) == 1


async def test_a_canceled_challenge_accepts_no_code_and_sends_no_message(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.cancel(started.name)
    again = await otp.forum.cancel(started.name)
    checked = await otp.forum.check(started.name, otp.code(started.name))
    otp.clock.advance(timedelta(minutes=1))
    refused = await refusal(otp.forum.resend(started.name))
    assert again.state == Challenge.CANCELED
    assert checked.verdict == service_pb2.CheckCodeResponse.CANCELED
    assert refused.reason == "CHALLENGE_CLOSED"


async def test_a_verified_challenge_cannot_be_canceled(otp: Deployment) -> None:
    started = await otp.forum.start()
    await otp.forum.check(started.name, otp.code(started.name))
    refused = await refusal(otp.forum.cancel(started.name))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CHALLENGE_CLOSED")


@pytest.mark.rule("R36")
async def test_a_number_gets_four_messages_from_strangers_then_a_captcha_is_asked_for(otp: Deployment) -> None:
    count, refused = await start_until_refused(otp.forum)
    assert count == 4
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CAPTCHA_REQUIRED")
    assert refused.metadata["limit"] == "number"


async def test_of_fifty_starts_at_once_four_are_sent(otp: Deployment) -> None:
    """Regression of limiters that read first and write later, which let a burst through."""

    async def start(n: int) -> bool:
        try:
            await otp.forum.start(subject=f"accounts/s{n}")
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*map(start, range(50)))) == 4
    assert await queued(otp) == 4


async def test_a_solved_captcha_opens_a_further_allowance(otp: Deployment) -> None:
    await start_until_refused(otp.forum)
    solved = await otp.forum.start(client=resources_pb2.Client(captcha_solved=True), subject="accounts/x")
    assert solved.state == Challenge.PENDING


async def test_a_stranger_cannot_lock_a_person_out_of_their_number(otp: Deployment) -> None:
    phone = resources_pb2.Client(device_id="own-phone")
    started = await otp.forum.start(client=phone)
    await otp.forum.check(started.name, otp.code(started.name))
    await start_until_refused(otp.forum)
    own = await otp.forum.start(client=phone)
    assert own.state == Challenge.PENDING
    assert own.remaining_checks == 5


async def test_wrong_guesses_of_strangers_leave_a_known_device_its_own(otp: Deployment) -> None:
    phone = resources_pb2.Client(device_id="own-phone")
    first = await otp.forum.start(client=phone)
    await otp.forum.check(first.name, otp.code(first.name))
    for started in [await otp.forum.start(subject=f"accounts/s{n}") for n in range(2)]:
        for _ in range(5):
            await otp.forum.check(started.name, otp.wrong(started.name))
    own = await otp.forum.start(client=phone)
    assert (await otp.forum.check(own.name, otp.code(own.name))).verdict == service_pb2.CheckCodeResponse.VERIFIED


async def test_a_limit_that_waiting_opens_says_when(otp: Deployment) -> None:
    _, refused = await start_until_refused(otp.forum)
    otp.clock.advance(timedelta(seconds=refused.retry_seconds or 0))
    assert (await otp.forum.start(subject="accounts/later")).state == Challenge.PENDING


async def test_an_account_is_limited_over_all_numbers(otp: Deployment) -> None:
    for n in range(8):
        await otp.forum.start(f"09{n}2345678")
    refused = await refusal(otp.forum.start("0982345678"))
    assert (refused.reason, refused.metadata["limit"]) == ("CAPTCHA_REQUIRED", "account")


async def test_the_reserved_numbers_are_refused_outside_development(deploy: Any) -> None:
    from xacthuc.settings import Environment  # noqa: PLC0415 - used by this test alone

    production = await deploy(environment=Environment.PRODUCTION)
    refused = await refusal(production.forum.start("0992000000"))
    assert refused.reason == "SANDBOX_ONLY"


async def test_the_code_is_nowhere_in_the_store(otp: Deployment) -> None:
    """Regression of services that keep codes in clear."""
    started = await otp.forum.start()
    code, number = otp.code(started.name).encode(), b"912345678"
    for key in await otp.store.execute("KEYS", "*", key=""):
        dump = await otp.store.execute("DUMP", key)
        assert code not in key + dump
        assert number not in key + dump


async def test_every_key_has_an_end(otp: Deployment) -> None:
    """Regression of otpgateway, whose success left a key for ever."""
    await otp.forum.start("0912345671", subject="accounts/never-checks")
    for device in ("", "phone"):
        started = await otp.forum.start(client=resources_pb2.Client(device_id=device, ip="203.0.113.7"))
        await otp.forum.check(started.name, otp.wrong(started.name))
        await otp.forum.check(started.name, otp.code(started.name))
    # One of each, however many people come: the keys of platforms, the guard's first day, the names of operators.
    constant = {b"keys", b"g:{since}", b"g:{known}"}
    endless = {
        key async for key in keys_without_end(otp) if not key.endswith((b":out", b":dlv")) and key not in constant
    }
    assert endless == set()


async def keys_without_end(otp: Deployment) -> Any:
    for key in await otp.store.execute("KEYS", "*", key=""):
        if await otp.store.execute("TTL", key) < 0:
            yield key
