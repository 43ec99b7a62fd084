"""Personal IDs over real gRPC, confirmed by the sandbox's scripts: the account's birth year is 1990."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from identity_service import NUMBER, faults_of, no_mobile, reason_of, refusal

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.grpckit.status import DETAILS_KEY

Account, Decision, NextStep = resources_pb2.Account, resources_pb2.Decision, resources_pb2.NextStep
Evidence, Outcome = resources_pb2.Evidence, resources_pb2.PersonalIdVerification

CONFIRMED, NOT_CONFIRMED, PENDING, DOWN, HANGS, ANOTHER, OUTAGE = (f"00009000000{script}" for script in range(7))
REAL = "001 0 90 012345"
"""Well formed, and asked about by nobody here."""


def kinds(account):
    return [each.kind for each in account.evidence]


def field_fault(error):
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())[DETAILS_KEY])
    bad = error_details_pb2.BadRequest()
    (found,) = [fault for detail in status.details if detail.Unpack(bad) for fault in bad.field_violations]
    return found


@pytest.mark.rule("R2")
@pytest.mark.rule("R41")
async def test_who_has_no_mobile_number_is_authenticated_by_a_confirmed_personal_id(platform):
    await platform.register("u1")

    answer = await platform.verify_personal_id("u1", CONFIRMED)

    assert answer.outcome == Outcome.CONFIRMED
    (proven,) = answer.account.evidence
    assert (proven.kind, proven.source, proven.level) == (Evidence.PERSONAL_ID, "eid/sandbox", "2")
    assert (answer.account.state, answer.account.masked_personal_id) == (Account.VERIFIED, "********0000")
    assert (await platform.check("u1")).allowed


@pytest.mark.rule("R39")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("012345678", "CMND"),
        ("00109001234", "TOO_SHORT"),
        ("0010900123456", "TOO_LONG"),
        ("0010900x2345", "NOT_DIGITS"),
        ("\uff10\uff10\uff11090012345", "OTHER_SCRIPT"),
    ],
)
async def test_what_cannot_be_a_number_names_the_field_and_tells_the_person(platform, text, reason):
    await platform.register("u1")

    error = await refusal(platform.verify_personal_id("u1", text))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    fault = field_fault(error)
    assert (fault.field, fault.reason, fault.localized_message.locale) == ("personal_id", reason, "vi-VN")
    assert fault.localized_message.message
    assert (await platform.get("u1")).evidence == []


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("text", "reason"), [("001091012345", "BIRTH_YEAR_MISMATCH"), ("001290012345", "FUTURE_BIRTH_YEAR")]
)
async def test_a_number_of_somebody_born_in_another_year_is_refused(platform, text, reason):
    await platform.register("u1")

    assert field_fault(await refusal(platform.verify_personal_id("u1", text))).reason == reason


@pytest.mark.rule("R40")
async def test_a_place_that_is_in_no_list_is_no_reason_to_refuse(platform):
    await platform.register("u1")

    assert (await platform.verify_personal_id("u1", "999090012345")).outcome == Outcome.DECLARED


@pytest.mark.rule("R41")
async def test_declared_is_not_authenticated(platform):
    await platform.register("u1")

    answer = await platform.verify_personal_id("u1", REAL)

    assert (answer.outcome, kinds(answer.account)) == (Outcome.DECLARED, [Evidence.PERSONAL_ID_DECLARED])
    assert answer.account.state == Account.PENDING_PERSONAL_ID
    assert answer.account.next_step.kind == NextStep.VERIFY_PERSONAL_ID
    assert not (await platform.check("u1")).allowed


@pytest.mark.parametrize(
    ("number", "outcome"), [(NOT_CONFIRMED, Outcome.NOT_CONFIRMED), (ANOTHER, Outcome.DETAILS_DIFFER)]
)
async def test_a_no_is_an_answer_and_takes_back_what_was_declared(platform, number, outcome):
    await platform.register("u1")

    answer = await platform.verify_personal_id("u1", number)

    assert (answer.outcome, kinds(answer.account)) == (outcome, [])
    assert (answer.account.state, answer.account.masked_personal_id) == (Account.UNVERIFIED, "")


@pytest.mark.parametrize("number", [PENDING, OUTAGE])
async def test_what_is_pending_waits_and_is_confirmed_without_another_call(platform, number, eventually):
    await platform.register("u1")

    answer = await platform.verify_personal_id("u1", number)

    assert (answer.outcome, answer.account.state) == (Outcome.PENDING, Account.PENDING_PERSONAL_ID)
    assert answer.account.next_step.kind == NextStep.WAIT
    assert 0 < answer.retry_delay.ToTimedelta().total_seconds() <= 5
    assert (await platform.check("u1")).next_step.kind == NextStep.WAIT

    async def confirmed():
        return (await platform.get("u1")).state == Account.VERIFIED

    await eventually(confirmed)
    assert (await platform.check("u1")).allowed


@pytest.mark.parametrize("number", [DOWN, HANGS])
async def test_a_provider_that_is_not_there_leaves_the_account_pending(platform, number):
    await platform.register("u1")

    answer = await platform.verify_personal_id("u1", number)

    assert (answer.outcome, answer.account.next_step.kind) == (Outcome.PENDING, NextStep.WAIT)


@pytest.mark.rule("R2")
async def test_phone_first(api, platform):
    await platform.register("u1")
    await platform.verify("u1", api.otp.prove(NUMBER, "u1"))

    error = await refusal(platform.verify_personal_id("u1", CONFIRMED))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)
    assert details_of(error).metadata["cause"] == "PHONE_FIRST"


@pytest.mark.rule("R3")
async def test_a_seller_with_a_number_gives_a_personal_id_for_selling_live(api, platform):
    await platform.register("u1")
    await platform.verify("u1", api.otp.prove(NUMBER, "u1"))
    before = await platform.check("u1", resources_pb2.LIVESTREAM_COMMERCE)

    answer = await platform.verify_personal_id("u1", CONFIRMED, commerce=True)

    assert (before.allowed, before.reason) == (False, Decision.PERSONAL_ID_REQUIRED)
    assert kinds(answer.account) == [Evidence.PHONE, Evidence.PERSONAL_ID]
    assert (await platform.check("u1", resources_pb2.LIVESTREAM_COMMERCE)).allowed


@pytest.mark.rule("R3")
async def test_a_declared_number_sells_nothing(api, platform):
    await platform.register("u1")
    await platform.verify("u1", api.otp.prove(NUMBER, "u1"))

    await platform.verify_personal_id("u1", REAL, commerce=True)

    assert not (await platform.check("u1", resources_pb2.LIVESTREAM_COMMERCE)).allowed


@pytest.mark.rule("R2")
@pytest.mark.parametrize("changes", [{"confirmed": False}, {"text_version": ""}])
async def test_without_the_whole_confirmation_nothing_is_kept(platform, changes):
    await platform.register("u1")
    confirmation = no_mobile()
    for field, value in changes.items():
        setattr(confirmation, field, value)

    error = await refusal(platform.verify_personal_id("u1", CONFIRMED, no_mobile=confirmation))

    assert faults_of(error) == {f"no_mobile.{field}" for field in changes}
    assert kinds(await platform.get("u1")) == []


@pytest.mark.rule("R2")
async def test_a_confirmation_of_tomorrow_is_refused(platform):
    await platform.register("u1")
    confirmation = no_mobile()
    confirmation.confirm_time.seconds += 86_400

    error = await refusal(platform.verify_personal_id("u1", CONFIRMED, no_mobile=confirmation))

    assert faults_of(error) == {"no_mobile.confirm_time"}


@pytest.mark.rule("R15")
async def test_a_child_gives_no_personal_id(platform):
    await platform.register("child", (2016, 5, 1))

    error = await refusal(platform.verify_personal_id("child", "000216000000", commerce=True))

    assert details_of(error).metadata["next_step"] == "LINK_GUARDIAN"


async def test_an_account_that_nobody_registered_is_not_found(platform):
    error = await refusal(platform.verify_personal_id("nobody", CONFIRMED))

    assert reason_of(error) is Reason.ACCOUNT_NOT_FOUND


async def test_a_repeated_request_gets_the_same_answer(platform):
    await platform.register("u1")
    request_id, confirmation = str(uuid4()), no_mobile()

    async def once():
        return await platform.verify_personal_id("u1", CONFIRMED, request_id, no_mobile=confirmation)

    first, *others = await asyncio.gather(*(once() for _ in range(8)))

    assert others == [first] * 7
    assert await once() == first


async def test_another_number_under_the_same_request_id_is_told_apart(platform):
    await platform.register("u1")
    request_id, confirmation = str(uuid4()), no_mobile()
    await platform.verify_personal_id("u1", CONFIRMED, request_id, no_mobile=confirmation)

    error = await refusal(platform.verify_personal_id("u1", REAL, request_id, no_mobile=confirmation))

    assert reason_of(error) is Reason.REQUEST_ID_REUSED


@pytest.mark.rule("R42")
async def test_a_number_that_was_issued_anew_takes_the_place_of_the_old_one(platform):
    await platform.register("u1")
    await platform.verify_personal_id("u1", CONFIRMED)

    pending = await platform.verify_personal_id("u1", NOT_CONFIRMED)
    replaced = await platform.verify_personal_id("u1", "000090000007")

    assert (pending.outcome, pending.account.masked_personal_id) == (Outcome.NOT_CONFIRMED, "********0000")
    assert pending.account.state == Account.VERIFIED
    assert (kinds(replaced.account), replaced.account.masked_personal_id) == ([Evidence.PERSONAL_ID], "********0007")


async def test_whoever_is_confirmed_last_stands_on_the_number_and_a_stranger_loses_it(platform):
    await platform.register("stranger")
    await platform.verify_personal_id("stranger", CONFIRMED)
    await platform.register("u1")

    await platform.verify_personal_id("u1", CONFIRMED)

    assert (await platform.get("u1")).state == Account.VERIFIED
    assert (await platform.get("stranger")).state == Account.REVERIFICATION_REQUIRED


async def test_accounts_of_one_person_stand_beside_each_other_up_to_the_policys_cap(platform):
    outcomes = []
    for turn in range(6):
        await platform.submit(platform.registration(f"u{turn}", full_name="Trần Thị B"))
        outcomes.append((await platform.verify_personal_id(f"u{turn}", CONFIRMED)).outcome)

    assert outcomes == [Outcome.CONFIRMED] * 5 + [Outcome.TOO_MANY_ACCOUNTS]
    assert (await platform.get("u0")).state == Account.VERIFIED
