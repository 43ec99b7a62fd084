"""Electronic identification by sign-in: over gRPC to our process, and with a provider nobody here wrote."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from identity_service import NUMBER, faults_of, no_mobile, reason_of, refusal
from oidc_provider import PERSON, REDIRECT_URI, signed_in

from xacthuc.api.identity.v1 import resources_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of

Account, Evidence = resources_pb2.Account, resources_pb2.Evidence
Outcome = resources_pb2.PersonalIdVerification


@pytest.fixture
async def holder(platform):
    """Whom the provider knows, registered here."""
    await platform.submit(platform.registration("u1", (1999, 1, 31), full_name="Tran Thi Bich"))
    return "u1"


async def came_back(platform, account, **fields):
    """Begins and has the person sign in; returns what they come back with."""
    begun = await platform.start_sign_in(account, REDIRECT_URI, **fields)
    _, redirect = await signed_in(begun.authorization_uri)
    assert redirect["state"] == begun.state
    return redirect


async def outcome(platform, account):
    """Goes through a whole flow."""
    return (await platform.complete_sign_in(account, **await came_back(platform, account))).outcome


@pytest.mark.rule("R2")
@pytest.mark.rule("R41")
async def test_who_signs_in_is_authenticated(platform, holder, provider, world):
    answer = await platform.complete_sign_in(holder, **await came_back(platform, holder))

    assert answer.outcome == Outcome.CONFIRMED
    (proven,) = answer.account.evidence
    assert (proven.kind, proven.source, proven.level) == (Evidence.PERSONAL_ID, "eid/vneid", "2")
    assert answer.account.masked_personal_id == "********" + PERSON["number"][-4:]
    assert (await platform.check(holder)).allowed
    (kept,) = await world.rows(
        "SELECT transaction_id, verify_time FROM identity.evidence WHERE platform = $1", platform.name
    )
    assert kept["transaction_id"]
    consents = await world.rows(
        "SELECT kind, text_version FROM identity.consents WHERE platform = $1 ORDER BY id", platform.name
    )
    assert [tuple(row) for row in consents] == [("REGISTRATION", "1"), ("NO_MOBILE", "no-mobile-1")]


async def test_a_flow_rests_sealed_and_ends_in_ten_minutes(platform, holder, provider, world):
    begun = await platform.start_sign_in(holder, REDIRECT_URI)

    (row,) = await world.rows(
        "SELECT flow, state_index, expire_time - now() AS life FROM identity.sign_ins WHERE platform = $1",
        platform.name,
    )
    assert 590 < row["life"].total_seconds() <= 600
    assert begun.state.encode() not in row["flow"] + row["state_index"]


async def test_a_flow_is_used_once(platform, holder, provider):
    redirect, request_id = await came_back(platform, holder), str(uuid4())
    first = await platform.complete_sign_in(holder, request_id, **redirect)

    again = await platform.complete_sign_in(holder, request_id, **redirect)
    another = await platform.complete_sign_in(holder, **redirect)

    assert (again, another.outcome) == (first, Outcome.EXPIRED)
    assert len(provider.requests("/token")) == 1


async def test_a_repeated_start_is_the_same_flow(platform, holder, provider):
    request_id, confirmation = str(uuid4()), no_mobile()

    first = await platform.start_sign_in(holder, REDIRECT_URI, request_id, no_mobile=confirmation)

    assert first == await platform.start_sign_in(holder, REDIRECT_URI, request_id, no_mobile=confirmation)


async def test_another_accounts_flow_is_none(platform, holder, provider):
    await platform.submit(platform.registration("u2", (1999, 1, 31), full_name=PERSON["name"]))
    redirect = await came_back(platform, holder)

    answer = await platform.complete_sign_in("u2", **redirect)

    assert (answer.outcome, list(answer.account.evidence)) == (Outcome.EXPIRED, [])
    assert (await platform.complete_sign_in(holder, **redirect)).outcome == Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        ({"claims": {"nonce": "another"}}, Outcome.FORGED),
        ({"claims": {"aud": "somebody-else"}}, Outcome.FORGED),
        ({"claims": {"exp": 1, "iat": 0}}, Outcome.EXPIRED),
        ({"sign": "stranger"}, Outcome.FORGED),
        ({"sign": "none"}, Outcome.FORGED),
    ],
)
async def test_a_token_that_is_not_of_this_flow_proves_nothing(platform, holder, provider, tamper, expected):
    provider.set(tamper=tamper)

    answer = await platform.complete_sign_in(holder, **await came_back(platform, holder))

    assert (answer.outcome, list(answer.account.evidence)) == (expected, [])
    assert not (await platform.check(holder)).allowed


async def test_a_level_that_is_not_accepted_confirms_nobody(platform, holder, provider):
    provider.set(acr="1")

    assert await outcome(platform, holder) == Outcome.NOT_CONFIRMED


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    "person",
    [
        {"name": "Trần Thị Bình"},
        {"birthdate": "1999-02-01"},
    ],
)
async def test_somebody_else_who_signs_in_proves_nothing_of_the_holder(platform, holder, provider, person):
    known = {"identity": {"number": PERSON["number"]}, "name": PERSON["name"], "birthdate": PERSON["birth_date"]}
    provider.set(person={**known, **person})

    assert await outcome(platform, holder) == Outcome.DETAILS_DIFFER


async def test_a_sign_in_without_a_personal_id_confirms_none(platform, holder, provider):
    provider.set(person={"identity": {}, "name": PERSON["name"], "birthdate": PERSON["birth_date"]})

    assert await outcome(platform, holder) == Outcome.NOT_CONFIRMED


async def test_who_refuses_at_the_provider_comes_back_with_an_error(platform, holder, provider):
    provider.set(deny=True)

    answer = await platform.complete_sign_in(holder, **await came_back(platform, holder))

    assert answer.outcome == Outcome.DENIED


async def test_another_issuers_answer_is_not_exchanged(platform, holder, provider):
    redirect = await came_back(platform, holder)
    assert redirect["iss"] == provider.issuer

    answer = await platform.complete_sign_in(holder, **{**redirect, "iss": "https://id.evil.example"})

    assert answer.outcome == Outcome.FORGED
    assert provider.requests("/token") == []


async def test_a_provider_that_hangs_is_told_in_time(platform, holder, provider):
    redirect = await came_back(platform, holder)
    provider.fail("hang", "/token")
    began = time.monotonic()

    answer = await platform.complete_sign_in(holder, **redirect)

    assert (answer.outcome, list(answer.account.evidence)) == (Outcome.PROVIDER_UNAVAILABLE, [])
    assert answer.retry_delay.ToTimedelta().total_seconds() > 0
    assert time.monotonic() - began < 20


async def test_keys_that_were_rotated_are_fetched_anew(platform, holder, provider, eventually):
    assert await outcome(platform, holder) == Outcome.CONFIRMED
    provider.rotate()

    async def confirmed():
        return await outcome(platform, holder) == Outcome.CONFIRMED

    await eventually(confirmed, within=timedelta(seconds=15))


async def test_an_address_that_is_not_registered_is_named(platform, holder, provider):
    error = await refusal(platform.start_sign_in(holder, "https://forum.example.evil.example/eid"))

    assert (error.code(), faults_of(error)) == (grpc.StatusCode.INVALID_ARGUMENT, {"redirect_uri"})


async def test_a_provider_that_is_not_configured_is_named(platform, holder, provider):
    error = await refusal(platform.start_sign_in(holder, REDIRECT_URI, provider="nobody"))

    assert faults_of(error) == {"provider"}


@pytest.mark.rule("R2")
async def test_phone_first_for_signing_in_as_well(api, platform, holder, provider):
    await platform.verify(holder, api.otp.prove(NUMBER, holder))

    error = await refusal(platform.start_sign_in(holder, REDIRECT_URI))

    assert reason_of(error) is Reason.ACCOUNT_STATE
    assert details_of(error).metadata["cause"] == "PHONE_FIRST"


@pytest.mark.rule("R3")
async def test_a_seller_signs_in_beside_the_number(api, platform, holder, provider):
    await platform.verify(holder, api.otp.prove(NUMBER, holder))

    answer = await platform.complete_sign_in(holder, **await came_back(platform, holder, commerce=True))

    assert [proven.kind for proven in answer.account.evidence] == [Evidence.PHONE, Evidence.PERSONAL_ID]
    assert (await platform.check(holder, resources_pb2.LIVESTREAM_COMMERCE)).allowed
