"""An attack book: what a stranger, a pumper, a harasser or a thief of the store tries, and what they get."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from otp_service import NUMBER, Challenge, Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, resources_pb2, service_pb2
from xacthuc.policy import Policy

pytestmark = pytest.mark.engine

Client = resources_pb2.Client
Verdict = service_pb2.CheckCodeResponse
GAPS = [timedelta(seconds=seconds) for seconds in Policy.load().otp.resend_gaps_seconds]


async def reason_of(call: Any) -> str:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.reason


async def stop_sending(otp: Deployment, platform: str = "") -> None:
    request = admin_pb2.SetKillSwitchRequest(
        platform=platform, engaged=True, reason="pumping", request_id=str(uuid.uuid4())
    )
    await answer(otp.admin.SetKillSwitch(request))


async def block(otp: Deployment, number: str) -> None:
    request = admin_pb2.ImportBlockListRequest(
        phone_numbers=[number], source="operator", duration=Duration(seconds=3600), request_id=str(uuid.uuid4())
    )
    await answer(otp.admin.ImportBlockList(request))


async def test_a_resend_is_stopped_by_the_kill_switch(otp: Deployment) -> None:
    started = await otp.forum.start()
    otp.clock.advance(timedelta(minutes=1))
    await stop_sending(otp)
    assert await reason_of(otp.forum.resend(started.name)) == "SENDING_STOPPED"


async def test_a_resend_is_stopped_by_a_block_of_the_number(otp: Deployment) -> None:
    started = await otp.forum.start()
    otp.clock.advance(timedelta(minutes=1))
    await block(otp, NUMBER)
    assert await reason_of(otp.forum.resend(started.name)) == "NUMBER_BLOCKED"


async def test_a_barred_starter_cannot_go_on_through_another_challenge(otp: Deployment) -> None:
    harasser = {"subject": "accounts/harasser", "client": Client(device_id="d")}
    first, second = await otp.forum.start(**harasser), await otp.forum.start(**harasser)
    await otp.forum.report(NUMBER, otp.code(first.name))
    otp.clock.advance(timedelta(minutes=1))
    assert await reason_of(otp.forum.resend(second.name)) == "NUMBER_BLOCKED"


async def test_resends_are_charged_like_starts(otp: Deployment) -> None:
    """Eight sends an account and day, whether they are first messages or repeated ones."""
    sent = 0
    for n in range(8):
        try:
            started = await otp.forum.start(f"09{n}2345678")
            sent += 1
            otp.clock.advance(timedelta(minutes=1))
            await otp.forum.resend(started.name)
            sent += 1
        except Refused as refused:
            assert refused.metadata["limit"] == "account"
            break
    assert sent == 8


async def test_a_refused_resend_costs_nothing(otp: Deployment) -> None:
    started = await otp.forum.start()
    for _ in range(10):
        assert await reason_of(otp.forum.resend(started.name)) == "RESEND_TOO_EARLY"
    await otp.limiter.drain()
    for n in range(7):
        await otp.forum.start(f"09{n}2345679")


async def test_the_store_holds_no_hash_of_a_number_that_can_be_searched(otp: Deployment) -> None:
    """A thief of the store tries every number: what was hashed without a key would give it away."""
    template = next(iter(otp.notice_templates))
    notice = internal_pb2.SendNoticeRequest(
        phone_number=NUMBER, template=template, lane="BULK", request_id=str(uuid.uuid4())
    )
    await answer(otp.backfill.SendNotice(notice, metadata=(("x-xacthuc-platform", "forum"),)))
    await otp.forum.start()
    meanings = [f"+84912345678\0{template}\0vi", "+84912345678\x001\0accounts/lan\0vi\x001", "+84912345678"]
    digests = {hashlib.blake2b(text.encode(), digest_size=size).digest() for text in meanings for size in (12, 16, 32)}
    digests |= {hashlib.sha256(text.encode()).digest() for text in meanings}
    from xacthuc.ids import encode  # noqa: PLC0415 - as the store spells digests

    kept = b" ".join(
        [key + await otp.store.execute("DUMP", key) for key in await otp.store.execute("KEYS", "*", key="")]
    )
    assert not [digest for digest in digests if digest in kept or encode(digest).encode() in kept]


async def test_strangers_cannot_use_up_the_captcha_allowance_of_another_account(otp: Deployment) -> None:
    for n in range(8):
        try:
            await otp.forum.start(subject="accounts/stranger", client=Client(captcha_solved=n >= 4))
        except Refused:
            break
    own = await otp.forum.start(subject="accounts/owner", client=Client(device_id="new", captcha_solved=True))
    checked = await otp.forum.check(own.name, otp.code(own.name))
    assert checked.verdict == Verdict.VERIFIED


async def test_wrong_codes_of_strangers_leave_the_captcha_allowance_its_guesses(otp: Deployment) -> None:
    for started in [await otp.forum.start(subject=f"accounts/s{n}") for n in range(2)]:
        for _ in range(5):
            await otp.forum.check(started.name, otp.wrong(started.name))
    own = await otp.forum.start(subject="accounts/owner", client=Client(captcha_solved=True))
    assert (await otp.forum.check(own.name, otp.code(own.name))).verdict == Verdict.VERIFIED


async def test_no_number_is_flooded_by_many_accounts_that_solve_captchas(otp: Deployment) -> None:
    sent = 0
    for n in range(40):
        try:
            await otp.forum.start(subject=f"accounts/bot{n}", client=Client(captcha_solved=True))
            sent += 1
        except Refused as refused:
            assert refused.metadata["limit"] == "number"
    assert sent == 12


async def test_no_number_is_flooded_by_the_resends_of_many_accounts_that_solve_captchas(otp: Deployment) -> None:
    sent = 0
    for n in range(12):
        try:
            started = await otp.forum.start(subject=f"accounts/bot{n}", client=Client(captcha_solved=True))
            sent += 1
            for gap in GAPS:
                otp.clock.advance(gap)
                await otp.forum.resend(started.name)
                sent += 1
        except Refused as refused:
            assert (refused.reason, refused.metadata["limit"]) == ("LIMIT_EXCEEDED", "number")
    assert sent == 12


async def test_a_resend_that_the_number_has_no_allowance_for_names_the_number_and_the_time(otp: Deployment) -> None:
    for n in range(12):
        started = await otp.forum.start(subject=f"accounts/bot{n}", client=Client(captcha_solved=True))
    otp.clock.advance(GAPS[0])
    with pytest.raises(Refused) as refused:
        await otp.forum.resend(started.name)
    assert (refused.value.reason, refused.value.metadata["limit"]) == ("LIMIT_EXCEEDED", "number")
    assert timedelta(hours=1) < timedelta(seconds=refused.value.retry_seconds or 0) <= timedelta(hours=25)


async def test_many_devices_do_not_multiply_what_a_number_is_sent(otp: Deployment) -> None:
    """A pumper who holds the SIM verifies every code, each under a new device."""
    for n in range(30):
        try:
            client = Client(device_id=f"d{n}", captcha_solved=True)
            started = await otp.forum.start(subject=f"accounts/p{n}", client=client)
            await otp.forum.check(started.name, otp.code(started.name))
        except Refused:
            break
    sent = 0
    for n in range(30):
        for _ in range(6):
            try:
                await otp.forum.start(subject=f"accounts/q{n}", client=Client(device_id=f"d{n}"))
                sent += 1
            except Refused:
                break
    assert sent <= 5 * 4


async def test_reporting_a_neighbour_does_not_bar_a_person_behind_the_same_address(otp: Deployment) -> None:
    phone = Client(device_id="own-phone", ip="203.0.113.7")
    own = await otp.forum.start(subject="accounts/owner", client=phone)
    await otp.forum.check(own.name, otp.code(own.name))
    stranger = await otp.forum.start(subject="accounts/stranger", client=Client(ip="203.0.113.7"))
    await otp.forum.report(NUMBER, otp.code(stranger.name))
    assert (await otp.forum.start(subject="accounts/owner", client=phone)).state == Challenge.PENDING
    newcomer = {"subject": "accounts/newcomer", "client": Client(ip="203.0.113.7")}
    assert await reason_of(otp.forum.start(**newcomer)) == "CAPTCHA_REQUIRED"


async def test_a_neighbour_who_was_reported_does_not_stop_the_resend_of_another(otp: Deployment) -> None:
    own = await otp.forum.start(subject="accounts/owner", client=Client(ip="203.0.113.7"))
    stranger = await otp.forum.start(subject="accounts/stranger", client=Client(ip="203.0.113.7"))
    await otp.forum.report(NUMBER, otp.code(stranger.name))
    otp.clock.advance(timedelta(minutes=1))
    assert (await otp.forum.resend(own.name)).remaining_sends == 2


async def test_reporting_a_code_that_was_used_bars_nobody(otp: Deployment) -> None:
    own = await otp.forum.start(subject="accounts/owner")
    await otp.forum.check(own.name, otp.code(own.name))
    await otp.forum.report(NUMBER, otp.code(own.name))
    assert (await otp.forum.start(subject="accounts/owner")).state == Challenge.PENDING


async def test_a_stranger_cannot_use_up_the_reports_of_the_recipient(otp: Deployment) -> None:
    started = await otp.forum.start(subject="accounts/harasser")
    for _ in range(6):
        await otp.forum.report(NUMBER, otp.wrong(started.name), client=Client(ip="198.51.100.1"))
    await otp.forum.report(NUMBER, otp.code(started.name), client=Client(ip="203.0.113.7"))
    assert (await otp.forum.get(started.name)).state == Challenge.CANCELED


async def test_a_notice_request_that_comes_back_with_another_number_is_refused(otp: Deployment) -> None:
    template, request = next(iter(otp.notice_templates)), str(uuid.uuid4())

    async def send(number: str) -> Any:
        notice = internal_pb2.SendNoticeRequest(phone_number=number, template=template, lane="BULK", request_id=request)
        return await answer(otp.backfill.SendNotice(notice, metadata=(("x-xacthuc-platform", "forum"),)))

    await send(NUMBER)
    assert await reason_of(send("0987654321")) == "REQUEST_ID_REUSED"


async def test_a_resend_request_that_comes_back_with_another_challenge_is_refused(otp: Deployment) -> None:
    first, second, request = await otp.forum.start(), await otp.forum.start("0987654321"), str(uuid.uuid4())
    otp.clock.advance(timedelta(minutes=1))
    await otp.forum.resend(first.name, request)
    assert await reason_of(otp.forum.resend(second.name, request)) == "REQUEST_ID_REUSED"


async def test_a_request_id_in_capitals_is_the_same_request(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    first = await otp.forum.start(request_id=request)
    assert await otp.forum.start(request_id=request.upper()) == first


async def test_an_address_with_a_zone_is_counted_and_never_an_internal_error(otp: Deployment) -> None:
    started = await otp.forum.start(client=Client(ip="fe80::1%a/b"))
    assert started.state == Challenge.PENDING
    assert b"fe80" not in otp.log.read_bytes()


async def test_a_stopped_platform_is_stopped_for_repeated_requests_too(otp: Deployment) -> None:
    request = str(uuid.uuid4())
    await otp.forum.start(request_id=request)
    await stop_sending(otp, "platforms/forum")
    reasons = await asyncio.gather(*(reason_of(otp.forum.start(request_id=request)) for _ in range(5)))
    assert set(reasons) == {"SENDING_STOPPED"}
