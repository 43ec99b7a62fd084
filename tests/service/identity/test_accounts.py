"""The public verbs over real gRPC, against a process of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from identity_service import NUMBER, faults_of, reason_of, refusal
from otp_peer import Purpose

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.policy.dates import VIETNAM_TIME

Account, Decision, NextStep = resources_pb2.Account, resources_pb2.Decision, resources_pb2.NextStep


@pytest.mark.rule("R7")
async def test_from_registration_to_an_allowed_post(api, platform):
    registered = await platform.register("u1")
    before = await platform.check("u1")
    verified = await platform.verify("u1", api.otp.prove(NUMBER, "u1"))
    after = await platform.check("u1")

    assert (registered.state, registered.next_step.kind) == (Account.UNVERIFIED, NextStep.VERIFY_PHONE)
    assert (before.allowed, before.reason) == (False, Decision.NOT_VERIFIED)
    assert (verified.state, verified.masked_phone_number) == (Account.VERIFIED, "+84 91 *** **78")
    assert [evidence.source for evidence in verified.evidence] == ["otp/sms"]
    assert (after.allowed, after.reason, after.cache_ttl.seconds) == (True, Decision.VERIFIED, 60)


async def test_a_refusal_comes_with_a_sentence_a_citation_and_the_policy(platform):
    decision = await platform.check("nobody")

    assert (decision.allowed, decision.reason) == (False, Decision.NOT_REGISTERED)
    assert decision.next_step.text_vi
    assert decision.next_step.text_en
    assert "Decree 147/2024" in decision.legal_basis
    assert decision.policy_version


@pytest.mark.rule("R6")
async def test_reading_stays_open(platform):
    assert (await platform.check("nobody", resources_pb2.READ)).allowed


@pytest.mark.rule("R15")
async def test_a_child_is_pending_and_proves_no_number(api, platform):
    child = await platform.register("child", (2016, 5, 1))
    error = await refusal(platform.verify("child", api.otp.prove(NUMBER, "child")))

    assert (child.state, child.next_step.kind) == (Account.PENDING_GUARDIAN, NextStep.LINK_GUARDIAN)
    assert child.is_child
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)
    assert (await platform.check("child")).reason == Decision.GUARDIAN_REQUIRED


@pytest.mark.rule("R23")
async def test_whether_an_account_is_a_childs_can_be_asked(platform):
    year = datetime.now(VIETNAM_TIME).year
    await platform.register("child", (year - 15, 1, 1))
    await platform.register("grown", (year - 17, 1, 1))

    assert (await platform.get("child")).is_child
    assert not (await platform.get("grown")).is_child


@pytest.mark.rule("R13")
async def test_a_consent_that_was_not_affirmed_or_names_no_text_is_none(platform):
    consent = service_pb2.Consent(text_version="", accept_time=Timestamp(seconds=1_700_000_000), affirmed=False)

    error = await refusal(platform.submit(platform.registration("u1", consent=consent)))

    assert {"consent.text_version", "consent.affirmed"} == faults_of(error)
    assert Reason.ACCOUNT_NOT_FOUND is reason_of(await refusal(platform.get("u1")))


async def test_a_repeated_registration_gets_the_same_answer(platform):
    request = platform.registration("u1")

    assert await platform.submit(request) == await platform.submit(request)


async def test_a_repeated_request_id_with_another_payload_is_told_apart(platform):
    request = platform.registration("u1")
    await platform.submit(request)
    request.full_name = "Trần Thị B"

    assert Reason.REQUEST_ID_REUSED is reason_of(await refusal(platform.submit(request)))


async def test_an_id_that_is_taken_is_already_there(platform):
    await platform.register("u1")

    error = await refusal(platform.register("u1"))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.ALREADY_EXISTS, Reason.ACCOUNT_ALREADY_EXISTS)


async def test_a_repeated_verification_gets_the_same_answer(api, platform):
    await platform.register("u1")
    token, request_id = api.otp.prove(NUMBER, "u1"), str(uuid4())

    first = await platform.verify("u1", token, request_id)

    assert first == await platform.verify("u1", token, request_id)


async def test_one_proof_under_many_request_ids_at_once_is_accepted_once(api, platform):
    await platform.register("u1")
    token = api.otp.prove(NUMBER, "u1")

    answers = await asyncio.gather(*(platform.verify("u1", token) for _ in range(10)), return_exceptions=True)

    refused = [reason_of(answer) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert refused == [Reason.PROOF_REDEEMED] * 9


async def test_one_proof_is_accepted_once_even_if_otp_forgot_that_it_was_redeemed(api, platform):
    await platform.register("u1")
    token = api.otp.prove(NUMBER, "u1")
    await platform.verify("u1", token)
    api.otp.forget_redemptions()

    assert Reason.PROOF_REDEEMED is reason_of(await refusal(platform.verify("u1", token)))


@pytest.mark.parametrize("purpose", [Purpose.NUMBER_CHANGE, Purpose.GUARDIAN_LINK, 99])
async def test_a_proof_for_another_purpose_proves_nothing_here(api, platform, purpose):
    await platform.register("u1")

    error = await refusal(platform.verify("u1", api.otp.prove(NUMBER, "u1", purpose)))

    assert (Reason.PROOF_INVALID, {"proof_token"}) == (reason_of(error), faults_of(error))


async def test_a_proof_of_another_account_proves_nothing_here_and_stays_good_for_its_own(api, platform):
    await platform.register("u1")
    await platform.register("u2")
    token = api.otp.prove(NUMBER, "u2")

    assert Reason.PROOF_INVALID is reason_of(await refusal(platform.verify("u1", token)))
    assert (await platform.verify("u2", token)).state == Account.VERIFIED


@pytest.mark.rule("R30")
async def test_a_proof_older_than_the_numbers_newest_verification_has_to_be_made_again(api, platform):
    for name in ("old", "new"):
        await platform.register(name)
    await platform.verify("new", api.otp.prove(NUMBER, "new"))

    error = await refusal(platform.verify("old", api.otp.prove(NUMBER, "old", ago=timedelta(minutes=5))))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.PROOF_EXPIRED)
    assert details_of(error).metadata["next_step"] == "VERIFY_PHONE"
    assert (await platform.check("new")).allowed


@pytest.mark.rule("R30")
async def test_possession_moves_and_the_new_holder_gets_a_clean_account(api, platform):
    for name in ("old", "new"):
        await platform.register(name)
        await platform.verify(name, api.otp.prove(NUMBER, name))

    old, new = await platform.get("old"), await platform.get("new")

    assert (old.state, new.state) == (Account.REVERIFICATION_REQUIRED, Account.VERIFIED)
    assert (await platform.check("old")).reason == Decision.REVERIFICATION_REQUIRED


async def test_an_account_that_was_never_registered_is_not_found(api, platform):
    error = await refusal(platform.verify("nobody", api.otp.prove(NUMBER, "nobody")))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.NOT_FOUND, Reason.ACCOUNT_NOT_FOUND)


async def test_every_faulty_field_of_a_registration_is_named(platform):
    error = await refusal(
        platform.submit(
            service_pb2.RegisterAccountRequest(
                account_id="0912345678", full_name=" ", birth_date=date_pb2.Date(year=1800), request_id="x"
            )
        )
    )

    assert grpc.StatusCode.INVALID_ARGUMENT is error.code()
    assert {"account_id", "full_name", "birth_date", "consent", "request_id"} == faults_of(error)


@pytest.mark.parametrize(("born", "field"), [((2001, 2, 29), "birth_date.day"), ((2200, 1, 1), "birth_date.year")])
async def test_a_birth_date_that_cannot_be_names_its_part(platform, born, field):
    assert {field} == faults_of(await refusal(platform.register("u1", born)))


@pytest.mark.parametrize("name", ["0", "- -", "\u202eAn"], ids=["digit", "dashes", "direction"])
async def test_a_name_that_nobody_has_is_refused(platform, name):
    error = await refusal(platform.submit(platform.registration("u1", full_name=name)))

    assert grpc.StatusCode.INVALID_ARGUMENT is error.code()
    assert {"full_name"} == faults_of(error)


@pytest.mark.parametrize(
    "accepted",
    [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1), Timestamp(seconds=4_102_444_800)],
)
async def test_a_consent_at_an_impossible_time_is_refused(platform, accepted):
    consent = service_pb2.Consent(text_version="1", accept_time=accepted, affirmed=True)

    error = await refusal(platform.submit(platform.registration("u1", consent=consent)))

    assert {"consent.accept_time"} == faults_of(error)


@pytest.mark.parametrize("action", [0, 99, -1])
async def test_an_action_the_contract_does_not_have_is_refused(platform, action):
    assert {"action"} == faults_of(await refusal(platform.check("u1", action)))


async def test_no_answer_and_no_log_line_holds_anything_personal(api, platform, deployment):
    await platform.submit(platform.registration("very-visible-id", (1987, 6, 5)))
    await platform.verify("very-visible-id", api.otp.prove("+84987123456", "very-visible-id"))
    await platform.check("very-visible-id")
    await refusal(platform.register("very-visible-id"))
    log = deployment.log.read_text()

    # Not the bare year: four digits stand in a trace id by chance.
    for personal in ("very-visible-id", "Nguy", "987123456", "1987-06", "19870605"):
        assert personal not in log
