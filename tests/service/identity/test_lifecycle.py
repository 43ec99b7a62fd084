"""Correcting, locking, closing and erasing accounts, as a platform calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from grpc import StatusCode
from identity_service import NUMBER, faults_of, reason_of, refusal

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.grpckit.reasons import Reason

ADULT, CHILD = date_pb2.Date(year=1990, month=1, day=2), date_pb2.Date(year=2020, month=1, day=2)
_Account = resources_pb2.Account


class Lifecycle:
    """The verbs of an account's life, with every required field filled in."""

    def __init__(self, platform):
        self._platform = platform

    async def __call__(self, method, account, **fields):
        request = getattr(service_pb2, f"{method}Request")(
            name=f"accounts/{account}", **{"request_id": str(uuid4()), **fields}
        )
        return await self._platform.ask(method, request)


@pytest.fixture
def change(platform):
    return Lifecycle(platform)


@pytest.fixture
async def verified(api, platform):
    await platform.register("an")
    await platform.verify("an", api.otp.prove(NUMBER, "an"))
    return "an"


def stamp(after):
    made = Timestamp()
    made.FromDatetime(datetime.now(UTC) + after)
    return made


@pytest.mark.rule("R47")
async def test_a_lock_closes_the_gate_at_once_and_lifting_it_opens_it(platform, change, verified):
    assert (await platform.check(verified)).allowed

    locked = await change(
        "LockAccount", verified, basis="Decree 147/2024 Art. 23", expire_time=stamp(timedelta(days=7))
    )
    refused = await platform.check(verified)
    unlocked = await change("UnlockAccount", verified, basis="order withdrawn")

    assert (locked.state, locked.lock.basis) == (_Account.LOCKED, "Decree 147/2024 Art. 23")
    assert (refused.allowed, refused.reason) == (False, resources_pb2.Decision.LOCKED)
    assert unlocked.state == _Account.VERIFIED
    assert (await platform.check(verified)).allowed


async def test_a_lock_needs_an_end_in_the_future_or_none(change, verified):
    error = await refusal(change("LockAccount", verified, basis="order", expire_time=stamp(-timedelta(seconds=1))))

    assert faults_of(error) == {"expire_time"}
    assert not (await change("LockAccount", verified, basis="order")).lock.HasField("expire_time")


async def test_what_is_not_locked_cannot_be_unlocked(change, verified):
    error = await refusal(change("UnlockAccount", verified, basis="order withdrawn"))

    assert (error.code(), reason_of(error)) == (StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)


async def test_a_repeated_request_changes_nothing_and_is_answered_alike(platform, change, verified):
    same = {"basis": "order", "request_id": str(uuid4())}

    first = await change("LockAccount", verified, **same)
    await change("UnlockAccount", verified, basis="withdrawn")

    assert await change("LockAccount", verified, **same) == first
    assert (await platform.check(verified)).allowed


@pytest.mark.rule("R49")
async def test_a_closed_account_frees_its_number_and_is_kept_for_the_statutory_time(api, platform, change, verified):
    closed = await change("CloseAccount", verified)
    await platform.register("other")
    other = await platform.verify("other", api.otp.prove(NUMBER, "other"))

    kept = closed.purge_time.ToDatetime(UTC) - datetime.now(UTC)
    assert closed.state == _Account.CLOSED
    assert timedelta(days=728) < kept < timedelta(days=733)
    assert other.state == _Account.VERIFIED
    assert (await platform.get(verified)).state == _Account.CLOSED
    assert (await platform.check(verified)).reason == resources_pb2.Decision.CLOSED


@pytest.mark.parametrize("method", ["CloseAccount", "LockAccount", "CorrectAccount"])
async def test_nothing_of_a_closed_account_changes(change, verified, method):
    fields = {"LockAccount": {"basis": "order"}, "CorrectAccount": {"full_name": "Trần Thị B"}}.get(method, {})
    await change("CloseAccount", verified)

    error = await refusal(change(method, verified, **fields))

    assert (error.code(), reason_of(error)) == (StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)


@pytest.mark.rule("R49")
@pytest.mark.parametrize("before", [None, "CloseAccount"])
async def test_an_erased_account_shows_nothing_and_never_comes_back(
    platform, change, verified, account_key_is_destroyed, eventually, before
):
    if before:
        await change(before, verified)

    erased = await change("EraseAccount", verified)

    assert erased.state == _Account.ERASURE_SCHEDULED
    assert (erased.masked_phone_number, list(erased.evidence)) == ("", [])
    await eventually(lambda: account_key_is_destroyed(platform.name, verified))
    assert (await platform.get(verified)).state == _Account.ERASURE_SCHEDULED
    assert (await platform.check(verified)).reason == resources_pb2.Decision.CLOSED
    error = await refusal(platform.register(verified))
    assert error.code() is StatusCode.ALREADY_EXISTS
    assert (await refusal(change("EraseAccount", verified))).code() is StatusCode.FAILED_PRECONDITION


@pytest.mark.rule("R49")
@pytest.mark.parametrize("method", ["CorrectAccount", "LockAccount", "VerifyPhone", "VerifyPersonalId"])
async def test_nothing_of_an_erased_account_changes_while_its_key_is_about_to_be_destroyed(
    api, change, verified, method
):
    fields = {
        "CorrectAccount": {"full_name": "Trần Thị B"},
        "LockAccount": {"basis": "order"},
        "VerifyPhone": {"proof_token": api.otp.prove(NUMBER, verified)},
        "VerifyPersonalId": {"personal_id": "000090000000", "commerce": service_pb2.Commerce()},
    }
    await change("EraseAccount", verified)

    error = await refusal(change(method, verified, **fields[method]))

    assert (error.code(), reason_of(error)) == (StatusCode.FAILED_PRECONDITION, Reason.ACCOUNT_STATE)


@pytest.mark.rule("R15")
async def test_who_turns_out_to_be_a_child_needs_a_guardian(platform, change, verified):
    corrected = await change("CorrectAccount", verified, birth_date=CHILD)

    assert (corrected.state, corrected.is_child) == (_Account.PENDING_GUARDIAN, True)
    assert (await platform.check(verified)).reason == resources_pb2.Decision.GUARDIAN_REQUIRED


@pytest.mark.rule("R10")
async def test_a_child_that_turns_out_to_be_grown_up_gives_the_name_that_was_not_kept(platform, change):
    await platform.register("an", (2020, 1, 2))

    nameless = await change("CorrectAccount", "an", birth_date=ADULT)
    named = await change("CorrectAccount", "an", full_name="Nguyễn Văn An")

    assert nameless.next_step.kind == resources_pb2.NextStep.COMPLETE_DETAILS
    assert (named.state, named.next_step.kind) == (_Account.UNVERIFIED, resources_pb2.NextStep.VERIFY_PHONE)


@pytest.mark.parametrize("born", [date_pb2.Date(year=2999, month=1, day=1), date_pb2.Date(year=2001, month=2, day=30)])
async def test_an_impossible_birth_date_is_not_taken_for_a_correction(change, verified, born):
    error = await refusal(change("CorrectAccount", verified, birth_date=born))

    assert {fault.partition(".")[0] for fault in faults_of(error)} == {"birth_date"}


async def test_a_correction_says_what_is_to_be_corrected(change, verified):
    assert (await refusal(change("CorrectAccount", verified))).code() is StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("CorrectAccount", {"full_name": "A"}),
        ("LockAccount", {"basis": "order"}),
        ("UnlockAccount", {"basis": "order"}),
        ("CloseAccount", {}),
        ("EraseAccount", {}),
    ],
)
async def test_an_account_nobody_registered_is_not_found(change, method, fields):
    error = await refusal(change(method, "nobody", **fields))

    assert (error.code(), reason_of(error)) == (StatusCode.NOT_FOUND, Reason.ACCOUNT_NOT_FOUND)


async def test_accounts_are_listed_page_by_page(platform):
    for account in ("b", "a", "c"):
        await platform.register(account)

    first = await platform.ask("ListAccounts", service_pb2.ListAccountsRequest(page_size=2))
    rest = await platform.ask(
        "ListAccounts", service_pb2.ListAccountsRequest(page_size=2, page_token=first.next_page_token)
    )

    assert [account.name for account in first.accounts] == ["accounts/a", "accounts/b"]
    assert ([account.name for account in rest.accounts], rest.next_page_token) == (["accounts/c"], "")


@pytest.mark.rule("R13")
async def test_what_was_agreed_to_can_be_shown(platform):
    registration = platform.registration("an")
    await platform.submit(registration)

    listed = await platform.ask("ListConsents", service_pb2.ListConsentsRequest(parent="accounts/an"))

    (consent,) = listed.consents
    assert (consent.kind, consent.text_version) == (service_pb2.ConsentRecord.REGISTRATION, "1")
    assert consent.accept_time == registration.consent.accept_time
    missing = platform.ask("ListConsents", service_pb2.ListConsentsRequest(parent="accounts/nobody"))
    assert (await refusal(missing)).code() is StatusCode.NOT_FOUND


async def test_a_name_that_nobody_has_corrects_nothing(change, verified):
    error = await refusal(change("CorrectAccount", verified, full_name="12"))

    assert (error.code(), reason_of(error)) == (StatusCode.INVALID_ARGUMENT, Reason.INVALID_FIELDS)
