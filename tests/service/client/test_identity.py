"""What the calls of IdentityService send and return, of both clients."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from client_messages import ACCOUNT, DECISION, NOW, STEP, stamp
from google.type import date_pb2

from xacthuc.api.identity.v1 import resources_pb2 as identity
from xacthuc.api.identity.v1 import service_pb2 as service
from xacthuc.client import (
    Action,
    Commerce,
    ConsentKind,
    ConsentRecord,
    EvidenceKind,
    Lock,
    NextStepKind,
    NoMobile,
    PersonalIdOutcome,
    RevocationReason,
    SignIn,
    VerificationPath,
    VerificationPathKind,
)

if TYPE_CHECKING:
    from client_peer import Peer

JWK = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k", "x": "x-1", "y": "y_1"}


async def test_a_correction_sends_only_what_is_corrected(client: Any, peer: Peer) -> None:
    peer.answer("CorrectAccount", ACCOUNT)

    await client.identity.correct_account("an", birth_date=date(1990, 2, 3))

    sent = peer.received[0].request
    assert ("accounts/an", "") == (sent.name, sent.full_name)
    assert sent.birth_date == date_pb2.Date(year=1990, month=2, day=3)


async def test_a_correction_of_the_name_leaves_the_birth_date_out(client: Any, peer: Peer) -> None:
    peer.answer("CorrectAccount", ACCOUNT)

    await client.identity.correct_account("an", full_name="Trần Văn An")

    assert not peer.received[0].request.HasField("birth_date")


async def test_a_list_is_read_page_by_page_until_its_end(client: Any, peer: Peer) -> None:
    other = identity.Account(name="accounts/binh", state=identity.Account.UNVERIFIED)
    peer.answer(
        "ListAccounts",
        service.ListAccountsResponse(accounts=[ACCOUNT], next_page_token="an"),
        service.ListAccountsResponse(next_page_token="az"),
        service.ListAccountsResponse(accounts=[other]),
    )

    names = [account.name async for account in client.identity.list_accounts(page_size=1)]

    assert names == ["accounts/an", "accounts/binh"]
    assert [(each.request.page_size, each.request.page_token) for each in peer.received] == [
        (1, ""),
        (1, "an"),
        (1, "az"),
    ]


async def test_many_questions_are_one_call_and_answered_in_order(client: Any, peer: Peer) -> None:
    refused = identity.Decision(allowed=False, reason=identity.Decision.NOT_VERIFIED)
    peer.answer("BatchCheckActions", service.BatchCheckActionsResponse(decisions=[DECISION, refused]))

    decisions = await client.identity.check_actions([("an", Action.POST), ("accounts/binh", Action.SHARE)])

    assert [bool(each) for each in decisions] == [True, False]
    assert [(each.name, each.action) for each in peer.received[0].request.checks] == [
        ("accounts/an", identity.POST),
        ("accounts/binh", identity.SHARE),
    ]


async def test_a_standing_token_says_what_it_lists_and_shows_nothing(client: Any, peer: Peer) -> None:
    issued = identity.StandingToken(token="eyJ", expire_time=stamp(60), actions=[identity.READ, identity.POST])
    peer.answer("IssueStandingToken", issued)

    standing = await client.identity.issue_standing_token("an")

    assert ("eyJ", (Action.READ, Action.POST)) == (standing.token, standing.actions)
    assert standing
    assert standing.expire_time == NOW + timedelta(seconds=60)
    assert "eyJ" not in repr(standing)


async def test_where_nothing_may_be_kept_there_is_no_token_and_the_result_is_false(client: Any, peer: Peer) -> None:
    peer.answer("IssueStandingToken", identity.StandingToken(next_step=STEP))

    standing = await client.identity.issue_standing_token("an")

    assert not standing
    assert (None, NextStepKind.NONE) == (standing.expire_time, standing.next_step.kind)


async def test_keys_are_a_jwk_set(client: Any, peer: Peer) -> None:
    peer.answer("GetJwks", identity.Jwks(keys=[identity.Jwk(**JWK)]))

    assert await client.identity.get_jwks() == {"keys": [JWK]}


async def test_a_lock_is_sent_and_read_with_its_end(client: Any, peer: Peer) -> None:
    locked = identity.Account(name="accounts/an", state=identity.Account.LOCKED)
    locked.lock.CopyFrom(identity.Lock(basis="order 1", create_time=stamp(), expire_time=stamp(60)))
    peer.answer("LockAccount", locked)
    end = NOW + timedelta(seconds=60)

    account = await client.identity.lock_account("an", "order 1", expire_time=end)

    assert account.lock == Lock(basis="order 1", create_time=NOW, expire_time=end)
    assert peer.received[0].request.expire_time.ToDatetime(tzinfo=UTC) == end


async def test_a_time_without_a_zone_is_not_sent(client: Any, peer: Peer) -> None:
    with pytest.raises(ValueError, match="expire_time has no time zone"):
        await client.identity.lock_account("an", "order 1", expire_time=datetime(2027, 1, 1))  # noqa: DTZ001

    assert not peer.received


async def test_consents_are_told_with_both_their_times(client: Any, peer: Peer) -> None:
    record = service.ConsentRecord(
        kind=service.ConsentRecord.REGISTRATION, text_version="1", accept_time=stamp(), record_time=stamp(1)
    )
    peer.answer("ListConsents", service.ListConsentsResponse(consents=[record]))

    assert await client.identity.list_consents("an") == (
        ConsentRecord(
            kind=ConsentKind.REGISTRATION, text_version="1", accept_time=NOW, record_time=NOW + timedelta(seconds=1)
        ),
    )


async def test_a_confirmed_personal_id_is_a_result_that_is_true(client: Any, peer: Peer) -> None:
    confirmed = identity.PersonalIdVerification(outcome=identity.PersonalIdVerification.CONFIRMED, account=ACCOUNT)
    peer.answer("VerifyPersonalId", confirmed)
    confirmation = NoMobile(confirmed=True, text_version="1", confirm_time=NOW)

    result = await client.identity.verify_personal_id("an", "001 090 000 001", reason=confirmation)

    assert result
    assert (True, None) == (result.account.verified, result.retry_delay)
    assert peer.received[0].request.no_mobile == service.NoMobile(
        confirmed=True, text_version="1", confirm_time=stamp()
    )


async def test_a_personal_id_that_is_asked_about_is_false_and_says_when_to_look_again(client: Any, peer: Peer) -> None:
    pending = identity.PersonalIdVerification(outcome=identity.PersonalIdVerification.PENDING, account=ACCOUNT)
    pending.retry_delay.FromSeconds(60)
    peer.answer("VerifyPersonalId", pending)

    result = await client.identity.verify_personal_id("an", "001090000001", reason=Commerce())

    assert not result
    assert (PersonalIdOutcome.PENDING, timedelta(seconds=60)) == (result.outcome, result.retry_delay)
    assert "commerce" == peer.received[0].request.WhichOneof("reason")


async def test_a_sign_in_says_where_to_send_the_person(client: Any, peer: Peer) -> None:
    begun = service.StartElectronicIdResponse(authorization_uri="https://id", state="s", expire_time=stamp(600))
    peer.answer("StartElectronicId", begun)

    sign_in = await client.identity.start_electronic_id("an", redirect_uri="https://back", reason=Commerce())

    assert sign_in == SignIn(authorization_uri="https://id", state="s", expire_time=NOW + timedelta(seconds=600))


@pytest.mark.parametrize("result", ["code", "error"])
async def test_what_the_person_came_back_with_is_sent_as_it_came(client: Any, peer: Peer, result: str) -> None:
    denied = identity.PersonalIdVerification(outcome=identity.PersonalIdVerification.DENIED, account=ACCOUNT)
    peer.answer("CompleteElectronicId", denied)

    await client.identity.complete_electronic_id("an", state="s", **{result: "given"})

    sent = peer.received[0].request
    assert (result, "given") == (sent.WhichOneof("result"), getattr(sent, result))


async def test_what_is_taken_back_is_named_with_its_reason(client: Any, peer: Peer) -> None:
    peer.answer("RevokeVerification", ACCOUNT)

    await client.identity.revoke_verification("an", {EvidenceKind.PHONE}, reason=RevocationReason.LOSS_REPORTED)

    sent = peer.received[0].request
    assert ([identity.Evidence.PHONE], sent.LOSS_REPORTED) == (list(sent.kinds), sent.reason)


async def test_the_paths_are_told_in_both_languages(client: Any, peer: Peer) -> None:
    path = {"who_vi": "mọi người", "who_en": "all", "what_vi": "mã", "what_en": "a code", "legal_basis": "Art. 23"}
    told = identity.VerificationPath(kind=identity.VerificationPath.PHONE, **path)
    peer.answer("ListVerificationPaths", service.ListVerificationPathsResponse(paths=[told]))

    assert await client.identity.list_verification_paths() == (
        VerificationPath(kind=VerificationPathKind.PHONE, **path),
    )
