"""What a call returns, of both clients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from client_messages import ACCOUNT, CHALLENGE, DECISION, NOW, STEP, stamp
from google.protobuf import empty_pb2

from xacthuc.api.identity.v1 import resources_pb2 as identity
from xacthuc.api.otp.v1 import resources_pb2 as otp
from xacthuc.api.otp.v1 import service_pb2 as otp_service
from xacthuc.client import (
    Account,
    AccountState,
    Action,
    Challenge,
    ChallengeState,
    Channel,
    Consent,
    DecisionReason,
    Delivery,
    DeliveryState,
    Evidence,
    EvidenceKind,
    NextStep,
    NextStepKind,
    NumberInfo,
    Purpose,
    Refusal,
    Verdict,
)

if TYPE_CHECKING:
    from client_peer import Peer

CONSENT = Consent(text_version="2026-01", accept_time=NOW, affirmed=True)


async def test_a_challenge_is_read_whole_with_aware_times(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", CHALLENGE)

    challenge = await client.otp.start_challenge("0912345678", subject="accounts/an")

    assert challenge == Challenge(
        name="challenges/" + "a" * 24,
        masked_phone_number="+84 91 *** **78",
        purpose=Purpose.ACCOUNT_VERIFICATION,
        subject="accounts/an",
        state=ChallengeState.PENDING,
        channel=Channel.SMS,
        available_channels=(Channel.ZALO_ZNS, Channel.VOICE),
        create_time=NOW,
        expire_time=NOW + timedelta(seconds=300),
        next_send_time=NOW + timedelta(seconds=30),
        next_check_time=None,
        remaining_checks=5,
        remaining_sends=3,
        delivery=Delivery(
            state=DeliveryState.SENT, queue_time=NOW, send_time=NOW + timedelta(seconds=1), deliver_time=None
        ),
    )


async def test_an_account_is_read_whole(client: Any, peer: Peer) -> None:
    peer.answer("GetAccount", ACCOUNT)

    account = await client.identity.get_account("an")

    assert account == Account(
        name="accounts/an",
        state=AccountState.VERIFIED,
        evidence=(Evidence(kind=EvidenceKind.PHONE, verify_time=NOW, source="otp/sms"),),
        is_child=False,
        next_step=NextStep(kind=NextStepKind.NONE, text_vi="Xong.", text_en="Done."),
        create_time=NOW,
        update_time=NOW + timedelta(seconds=9),
        masked_phone_number="+84 91 *** **78",
    )


async def test_a_right_code_gives_a_result_that_is_true_and_holds_the_proof(client: Any, peer: Peer) -> None:
    peer.answer(
        "CheckCode",
        otp_service.CheckCodeResponse(
            verdict=otp_service.CheckCodeResponse.VERIFIED, proof_token="proof", challenge=CHALLENGE
        ),
    )

    result = await client.otp.check_code(CHALLENGE.name, "123456")

    assert (result.verdict, result.proof_token, bool(result)) == (Verdict.VERIFIED, "proof", True)


async def test_a_wrong_code_is_a_result_that_is_false(client: Any, peer: Peer) -> None:
    wrong = otp_service.CheckCodeResponse(
        verdict=otp_service.CheckCodeResponse.WRONG, remaining_checks=4, challenge=CHALLENGE
    )
    peer.answer("CheckCode", wrong)

    result = await client.otp.check_code(CHALLENGE.name, "123456")

    assert (result.verdict, result.remaining_checks, bool(result)) == (Verdict.WRONG, 4, False)


async def test_a_decision_says_why_and_for_how_long(client: Any, peer: Peer) -> None:
    peer.answer("CheckAction", DECISION)

    decision = await client.identity.check_action("an", Action.POST)

    assert decision.allowed
    assert decision.reason is DecisionReason.VERIFIED
    assert timedelta(seconds=60) == decision.cache_ttl


async def test_a_refusal_to_post_is_false(client: Any, peer: Peer) -> None:
    peer.answer("CheckAction", identity.Decision(allowed=False, reason=identity.Decision.NOT_VERIFIED))

    assert not await client.identity.check_action("an", Action.POST)


async def test_a_refused_number_says_why(client: Any, peer: Peer) -> None:
    peer.answer("LookupNumber", otp.NumberInfo(refusal=otp.NumberInfo.FIXED_LINE, explanation="Số cố định."))

    assert await client.otp.lookup_number("0241234567") == NumberInfo(
        e164="",
        accepted=False,
        refusal=Refusal.FIXED_LINE,
        explanation="Số cố định.",
        confirmed_range=False,
        converted=False,
    )


async def test_a_report_returns_nothing(client: Any, peer: Peer) -> None:
    peer.answer("ReportUnrequested", empty_pb2.Empty())

    assert await client.otp.report_unrequested("0912345678", "123456") is None


async def test_a_value_of_a_newer_server_is_kept_as_unknown(client: Any, peer: Peer) -> None:
    newer = identity.Decision(allowed=True, next_step=STEP)
    newer.reason = 99
    peer.answer("CheckAction", newer)

    decision = await client.identity.check_action("an", Action.POST)

    assert (decision.reason.name, decision.reason.value, decision.allowed) == ("UNKNOWN_99", 99, True)


@pytest.mark.parametrize("method", ["resend_code", "get_challenge", "cancel_challenge"])
async def test_a_challenge_is_given_as_it_was_returned(client: Any, peer: Peer, method: str) -> None:
    for name in ("StartChallenge", "ResendCode", "GetChallenge", "CancelChallenge"):
        peer.answer(name, CHALLENGE)
    challenge = await client.otp.start_challenge("0912345678", subject="accounts/an")

    await getattr(client.otp, method)(challenge)

    assert challenge.name == peer.received[-1].request.name


async def test_a_proof_is_added_to_an_account_given_as_it_was_returned(client: Any, peer: Peer) -> None:
    peer.answer("RegisterAccount", ACCOUNT)
    peer.answer("VerifyPhone", ACCOUNT)
    account = await client.identity.register_account(
        "an", full_name="Nguyễn Văn An", birth_date=date(1990, 2, 3), consent=CONSENT
    )

    await client.identity.verify_phone(account, "proof")

    assert (peer.received[-1].request.name, peer.received[-1].request.proof_token) == ("accounts/an", "proof")


async def test_a_registration_carries_the_birth_date_and_the_consent(client: Any, peer: Peer) -> None:
    peer.answer("RegisterAccount", ACCOUNT)

    await client.identity.register_account(
        "an", full_name="Nguyễn Văn An", birth_date=date(1990, 2, 3), consent=CONSENT
    )

    sent = peer.received[0].request
    assert (sent.birth_date.year, sent.birth_date.month, sent.birth_date.day) == (1990, 2, 3)
    assert ("2026-01", stamp(), True) == (sent.consent.text_version, sent.consent.accept_time, sent.consent.affirmed)


async def test_the_person_s_side_of_a_start_is_carried(client: Any, peer: Peer) -> None:
    peer.answer("StartChallenge", CHALLENGE)

    await client.otp.start_challenge(
        "0912345678", subject="accounts/an", ip="203.0.113.7", port=4321, device_id="d", captcha_solved=True
    )

    assert (
        otp.Client(ip="203.0.113.7", port=4321, device_id="d", captcha_solved=True) == peer.received[0].request.client
    )
