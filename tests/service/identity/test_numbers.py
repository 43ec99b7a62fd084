"""Numbers that are changed, taken back and shared, over real gRPC."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest
from identity_service import NUMBER, faults_of, reason_of, refusal
from otp_peer import Purpose

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.errors import FailedPrecondition, LimitExceeded
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.sql.migrations import dsn

Account, Decision, Evidence = resources_pb2.Account, resources_pb2.Decision, resources_pb2.Evidence
OTHER = "+84987654321"


async def verified(api, platform, account="u1", number=NUMBER):
    await platform.register(account)
    return await platform.verify(account, api.otp.prove(number, account))


def change(api, account="u1", number=OTHER, **how):
    return api.otp.prove(number, account, Purpose.NUMBER_CHANGE, **how)


@pytest.mark.rule("R31")
async def test_a_new_number_takes_the_place_of_the_old_one_which_is_told(api, platform, eventually):
    await verified(api, platform)
    told = len(api.otp.notices)

    changed = await platform.change("u1", change(api))

    assert (changed.state, changed.masked_phone_number) == (Account.VERIFIED, "+84 98 *** **21")
    assert (await platform.check("u1")).allowed
    await eventually(lambda: len(api.otp.notices) == told + 1)
    _, number, template = list(api.otp.notices.values())[-1]
    assert (number, template) == (NUMBER, "number_moved")


async def test_a_notice_that_finds_no_budget_is_sent_when_there_is_one(api, platform, eventually):
    await verified(api, platform)
    told = len(api.otp.notices)
    api.otp.notice_refusals.append(LimitExceeded("no more now", retry_after=timedelta(milliseconds=100)))

    await platform.change("u1", change(api))

    await eventually(lambda: len(api.otp.notices) == told + 1)
    assert api.otp.notice_refusals == []


async def test_a_number_that_may_not_be_told_is_left_in_peace(api, platform, deployment, eventually):
    await verified(api, platform)
    api.otp.notice_refusals.append(FailedPrecondition(Reason.NUMBER_BLOCKED, "its holder stopped messages"))

    await platform.change("u1", change(api))

    async def ended():
        connection = await asyncpg.connect(dsn(deployment.environment["XACTHUC_DATABASE_URL"]))
        found = await connection.fetch(
            "SELECT outcome FROM identity.job_attempts WHERE kind = 'NUMBER_NOTICE' ORDER BY end_time DESC LIMIT 1"
        )
        await connection.close()
        return [row["outcome"] for row in found] == ["REFUSED"]

    await eventually(ended)
    assert (await platform.get("u1")).state == Account.VERIFIED


async def test_a_repeated_change_gets_the_same_answer(api, platform):
    await verified(api, platform)
    token, request_id = change(api), str(uuid4())

    assert await platform.change("u1", token, request_id) == await platform.change("u1", token, request_id)


async def test_the_old_number_is_free_for_another_account(api, platform):
    await verified(api, platform)
    await platform.change("u1", change(api))
    await verified(api, platform, "u2")

    assert [(await platform.get(name)).state for name in ("u1", "u2")] == [Account.VERIFIED] * 2


async def test_where_no_number_stands_the_first_one_is_verified(api, platform):
    await platform.register("u1")

    error = await refusal(platform.change("u1", change(api)))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)
    assert details_of(error).metadata["next_step"] == "VERIFY_PHONE"


async def test_a_proof_that_verifies_an_account_changes_no_number(api, platform):
    await verified(api, platform)

    error = await refusal(platform.change("u1", api.otp.prove(OTHER, "u1")))

    assert (Reason.PROOF_INVALID, {"proof_token"}) == (reason_of(error), faults_of(error))
    assert (await platform.get("u1")).masked_phone_number == "+84 91 *** **78"


@pytest.mark.rule("R15")
async def test_a_child_changes_no_number(api, platform):
    await platform.register("child", (2016, 5, 1))

    error = await refusal(platform.change("child", change(api, "child")))

    assert details_of(error).metadata["next_step"] == "LINK_GUARDIAN"


@pytest.mark.rule("R30")
async def test_whoever_changes_to_a_number_takes_it_from_its_former_holder(api, platform):
    await verified(api, platform)
    await verified(api, platform, "old", OTHER)

    await platform.change("u1", change(api))

    assert (await platform.get("old")).state == Account.REVERIFICATION_REQUIRED
    assert not (await platform.check("old")).allowed


@pytest.mark.rule("R31")
async def test_after_a_reported_loss_the_holder_proves_the_number_again(api, platform):
    await verified(api, platform)

    revoked = await platform.revoke("u1")

    assert (revoked.state, list(revoked.evidence)) == (Account.REVERIFICATION_REQUIRED, [])
    assert (await platform.check("u1")).reason == Decision.REVERIFICATION_REQUIRED
    token = api.otp.prove(NUMBER, "u1", Purpose.REVERIFICATION)
    assert (await platform.verify("u1", token)).state == Account.VERIFIED


async def test_a_repeated_revocation_gets_the_same_answer_and_revokes_nothing_that_came_later(api, platform):
    await verified(api, platform)
    request_id = str(uuid4())
    first = await platform.revoke("u1", request_id)
    await platform.verify("u1", api.otp.prove(NUMBER, "u1"))

    assert first == await platform.revoke("u1", request_id)
    assert (await platform.check("u1")).allowed


async def test_taking_back_what_is_not_proven_changes_nothing(platform):
    registered = await platform.register("u1")

    assert registered == await platform.revoke("u1", kinds=[Evidence.PERSONAL_ID])


@pytest.mark.parametrize(
    "fields",
    [
        {"kinds": []},
        {"kinds": [Evidence.GUARDIAN]},
        {"kinds": [Evidence.PHONE, Evidence.PHONE]},
        {"kinds": [99]},
        {"reason": service_pb2.RevokeVerificationRequest.REASON_UNSPECIFIED},
        {"reason": 99},
    ],
)
async def test_a_revocation_that_makes_no_sense_names_the_field(platform, fields):
    (name,) = fields
    (fault,) = faults_of(await refusal(platform.revoke("u1", **fields)))

    assert fault.startswith(name)


async def test_an_account_that_was_never_registered_has_nothing_to_take_back_or_change(api, platform):
    for call in (platform.revoke("nobody"), platform.change("nobody", change(api, "nobody"))):
        assert Reason.ACCOUNT_NOT_FOUND is reason_of(await refusal(call))


@pytest.mark.rule("R30")
async def test_a_number_that_passes_between_strangers_too_often_leads_to_the_platform(api, platform):
    for name in "abcd":
        await verified(api, platform, name)
    await platform.register("e")

    error = await refusal(platform.verify("e", api.otp.prove(NUMBER, "e")))

    assert (error.code(), reason_of(error)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        Reason.NUMBER_MOVED_TOO_OFTEN,
    )
    assert details_of(error).metadata["next_step"] == "CONTACT_PLATFORM"


@pytest.mark.rule("R32")
async def test_one_person_has_as_many_accounts_on_a_number_as_the_policy_says(api, platform):
    for number in range(6):
        await platform.submit(platform.registration(f"u{number}", full_name="Trần Thị B"))
    for number in range(5):
        await platform.verify(f"u{number}", api.otp.prove(NUMBER, f"u{number}"))

    error = await refusal(platform.verify("u5", api.otp.prove(NUMBER, "u5")))

    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.TOO_MANY_ACCOUNTS)
    assert details_of(error).metadata["next_step"] == "VERIFY_PHONE"
    assert (await platform.get("u0")).state == Account.VERIFIED


async def test_a_change_proven_before_the_numbers_newest_verification_is_refused(api, platform):
    await verified(api, platform)
    await verified(api, platform, "u2", OTHER)

    error = await refusal(platform.change("u1", change(api, ago=timedelta(minutes=5))))

    assert Reason.PROOF_EXPIRED is reason_of(error)


@pytest.mark.parametrize("method", ["CloseAccount", "EraseAccount"])
async def test_an_account_that_ended_proves_no_number_and_leaves_its_own_free(api, platform, method):
    await verified(api, platform)
    request = getattr(service_pb2, f"{method}Request")(name="accounts/u1", request_id=str(uuid4()))
    await platform.ask(method, request)

    for call in (platform.verify("u1", api.otp.prove(NUMBER, "u1")), platform.change("u1", change(api))):
        error = await refusal(call)
        assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)
        assert details_of(error).metadata["next_step"] == "CONTACT_PLATFORM"
    assert (await verified(api, platform, "u2")).state == Account.VERIFIED


async def test_a_locked_account_may_prove_a_number_and_still_may_not_write(api, platform):
    await platform.register("u1")
    await platform.ask(
        "LockAccount",
        service_pb2.LockAccountRequest(name="accounts/u1", basis="an order", request_id=str(uuid4())),
    )

    locked = await platform.verify("u1", api.otp.prove(NUMBER, "u1"))

    assert locked.state == Account.LOCKED
    assert [proven.kind for proven in locked.evidence] == [Evidence.PHONE]
    assert not (await platform.check("u1")).allowed


@pytest.mark.rule("R1")
async def test_nothing_but_a_proof_of_possession_makes_phone_evidence(api, platform):
    await platform.register("u1")
    for purpose in (Purpose.NUMBER_CHANGE, Purpose.GUARDIAN_LINK):
        await refusal(platform.verify("u1", api.otp.prove(NUMBER, "u1", purpose)))

    assert list((await platform.get("u1")).evidence) == []
    assert not (await platform.check("u1")).allowed
