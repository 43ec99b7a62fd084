"""A licensed provider compares, answers later or reports by itself; an operator compares beside it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fake_eauth import KNOWN, confirmed, report, signed
from fake_eauth import answer as says
from fake_kyc import HOLDER, MATCHING, answer
from identity_service import NUMBER

from xacthuc.api.identity.v1 import resources_pb2

Account, Evidence = resources_pb2.Account, resources_pb2.Evidence
Outcome = resources_pb2.PersonalIdVerification


@pytest.fixture
async def holder(platform):
    """Whom the provider knows, registered here."""
    await platform.submit(platform.registration("u1", (1990, 12, 31), full_name=KNOWN.full_name))
    return "u1"


async def details(world, platform, tag):
    rows = await world.rows(
        "SELECT detail FROM identity.audit WHERE platform = $1 AND tag = $2 ORDER BY id", platform.name, tag
    )
    return [json.loads(row["detail"]) for row in rows]


async def pending(platform, account, eauth):
    """Leaves a question pending; returns the provider's name for it."""
    transaction = f"tx-{uuid4().hex}"
    eauth.otherwise = says(202, {"code": "99", "data": {"transaction": transaction}}, "Retry-After: 60\r\n")
    assert (await platform.verify_personal_id(account, KNOWN.personal_id)).outcome == Outcome.PENDING
    return transaction


async def posted(world, body):
    async with httpx.AsyncClient(trust_env=False) as provider:
        response = await provider.post(world.reports, content=body, headers=signed(body, datetime.now(UTC)))
    return response.status_code


@pytest.mark.rule("R41")
async def test_a_confirmation_is_kept_with_provider_level_transaction_and_time(platform, holder, eauth, world):
    verified = await platform.verify_personal_id(holder, KNOWN.personal_id)

    assert verified.outcome == Outcome.CONFIRMED
    (kept,) = await world.rows(
        "SELECT source, level, transaction_id, verify_time FROM identity.evidence"
        " WHERE platform = $1 AND kind = 'PERSONAL_ID'",
        platform.name,
    )
    assert (kept["source"], kept["level"], kept["transaction_id"]) == ("eid/eid", "2", "tx-1")
    assert kept["verify_time"] == datetime(2026, 11, 23, 3, tzinfo=UTC)


async def test_a_question_is_repeated_under_its_own_key_until_it_is_answered(platform, holder, eauth, eventually):
    eauth.behave("close")

    verified = await platform.verify_personal_id(holder, KNOWN.personal_id)
    eauth.behave("compare")

    async def authenticated():
        return (await platform.get(holder)).state == Account.VERIFIED

    assert verified.outcome == Outcome.PENDING
    await eventually(authenticated, within=timedelta(seconds=15))
    assert len(eauth.requests) >= 3
    assert len({asked.headers["idempotency-key"] for asked in eauth.requests}) == 1


async def test_a_report_settles_a_pending_question_once(platform, holder, eauth, world):
    transaction = await pending(platform, holder, eauth)
    body = report(confirmed(transaction=transaction))

    statuses = await asyncio.gather(*(posted(world, body) for _ in range(4)))

    assert set(statuses) <= {200, 404}
    assert 200 in statuses
    assert [proven.kind for proven in (await platform.get(holder)).evidence] == [Evidence.PERSONAL_ID]
    assert len(await details(world, platform, "identity:account:personal_id_verified")) == 1


async def test_a_report_that_nobody_signed_settles_nothing(platform, holder, eauth, world):
    transaction = await pending(platform, holder, eauth)
    body = report(confirmed(transaction=transaction))

    async with httpx.AsyncClient(trust_env=False) as stranger:
        response = await stranger.post(world.reports, content=body)

    assert response.status_code == 401
    assert (await platform.get(holder)).state == Account.PENDING_PERSONAL_ID


async def test_a_report_about_what_nobody_asked_is_to_be_repeated(world, eauth):
    assert await posted(world, report(confirmed(transaction="tx-of-nobody"))) == 404


async def test_an_operators_answer_is_kept_for_each_detail_and_authenticates_nobody(
    api, platform, holder, eauth, operator, world
):
    await platform.verify(holder, api.otp.prove(NUMBER, holder))
    eauth.behave("close")
    operator.script.append(answer(200, {**MATCHING, "nameMatch": "false", "nameMatchScore": 80}))

    verified = await platform.verify_personal_id(holder, HOLDER.personal_id, commerce=True)

    assert verified.outcome == Outcome.PENDING
    (found,) = await details(world, platform, "identity:account:subscriber_compared")
    assert found == {
        "operator": "viettel",
        "full_name": "MISMATCH",
        "birth_date": "MATCH",
        "personal_id": "MATCH",
        "full_name_score": 80,
    }


async def test_a_match_in_everything_supports_and_does_not_authenticate(api, platform, holder, eauth, operator, world):
    await platform.verify(holder, api.otp.prove(NUMBER, holder))
    eauth.behave("close")

    verified = await platform.verify_personal_id(holder, HOLDER.personal_id, commerce=True)

    assert [proven.kind for proven in verified.account.evidence] == [Evidence.PHONE, Evidence.PERSONAL_ID_DECLARED]
    assert len(await details(world, platform, "identity:account:subscriber_compared")) == 1
    assert not (await platform.check(holder, resources_pb2.LIVESTREAM_COMMERCE)).allowed


async def test_an_operator_is_not_asked_about_who_has_no_number(platform, holder, eauth, operator):
    await platform.verify_personal_id(holder, KNOWN.personal_id)

    assert operator.matches == []


@pytest.mark.rule("R12")
async def test_who_is_given_what_of_whom_is_on_record_before_it_is_given(api, platform, holder, eauth, operator, world):
    await platform.verify(holder, api.otp.prove(NUMBER, holder))
    eauth.behave("close")

    await platform.verify_personal_id(holder, HOLDER.personal_id, commerce=True)

    given = await details(world, platform, "identity:account:personal_data_disclosed")
    assert {(each["to"], each["what"]) for each in given} == {
        ("eid/eid", "personal_id,full_name,birth_date"),
        ("operator/viettel", "personal_id,full_name,birth_date,phone_number"),
    }
