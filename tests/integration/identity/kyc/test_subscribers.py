"""What an operator is told, and the token by which it lets us ask."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256

import pytest
from fake_kyc import CORRELATOR, HOLDER, NUMBER, SIGNING_KEY, FakeKyc, answer
from joserfc import jwk, jwt

from xacthuc.clock import FixedClock
from xacthuc.identity.domain.reconciliation import Match
from xacthuc.identity.ports.eid import ProviderDown, SubscriberMatch, Subscribers

MATCHED = SubscriberMatch(
    operator="viettel", full_name=Match.MATCH, birth_date=Match.MATCH, personal_id=Match.MATCH, full_name_score=100
)
TIMEOUT = "timeout_seconds = 5.0"


async def test_a_holder_is_compared_detail_by_detail(opened, outcomes: list[str]) -> None:
    operator: Subscribers = await opened()
    assert await operator.match(NUMBER, HOLDER, CORRELATOR) == MATCHED
    assert outcomes == ["compared"]


async def test_number_and_details_stand_in_the_body_and_nowhere_else(opened, fake: FakeKyc) -> None:
    await (await opened()).match(NUMBER, HOLDER, CORRELATOR)
    (asked,) = fake.matches
    assert asked.path == "/kyc-match/v0.4/match"
    assert asked.fields == {
        "phoneNumber": "+84912345678",
        "name": "Nguyễn Thị Đào",
        "birthdate": "1990-12-31",
        "idDocument": "001090000123",
        "idDocumentType": "national_id_card",
    }
    assert (asked.headers["authorization"], asked.headers["x-correlator"]) == ("Bearer token-1", CORRELATOR)
    elsewhere = f"{asked.path} {asked.headers}"
    assert [part for part in ("912345678", "Nguy", "1990-12-31", "001090000123") if part in elsewhere] == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('name_spelling = "plain"\nname_capitals = true\ndetails = ["full_name"]', {"name": "NGUYEN THI DAO"}),
        ('details = ["birth_date"]', {"birthdate": "1990-12-31"}),
        (
            'details = ["personal_id"]\nhashed = ["personal_id"]\ndocument_type = ""',
            {"idDocument": sha256(b"001090000123").hexdigest()},
        ),
    ],
)
async def test_the_operator_is_told_what_it_needs_as_it_wants_it(
    opened, fake: FakeKyc, keys: str, expected: dict[str, str]
) -> None:
    await (await opened((TIMEOUT, keys))).match(NUMBER, HOLDER, CORRELATOR)
    assert fake.matches[0].fields == {"phoneNumber": NUMBER, **expected}


async def test_a_token_is_got_once_however_many_ask(opened, fake: FakeKyc) -> None:
    operator = await opened()
    found = await asyncio.gather(*(operator.match(NUMBER, HOLDER, CORRELATOR) for _ in range(12)))
    assert found == [MATCHED] * 12
    assert len(fake.tokens) == 1


async def test_a_token_is_renewed_before_its_end(opened, fake: FakeKyc, clock: FixedClock) -> None:
    operator = await opened()
    for minutes in (0, 9.4, 0.2):
        clock.advance(timedelta(minutes=minutes))
        await operator.match(NUMBER, HOLDER, CORRELATOR)
    assert [asked.headers["authorization"] for asked in fake.matches] == ["Bearer token-1"] * 2 + ["Bearer token-2"]


async def test_a_token_withdrawn_before_its_time_is_replaced_once_for_all(opened, fake: FakeKyc) -> None:
    operator = await opened()
    await operator.match(NUMBER, HOLDER, CORRELATOR)
    fake.withdrawn.add("token-1")
    found = await asyncio.gather(*(operator.match(NUMBER, HOLDER, CORRELATOR) for _ in range(8)))
    assert found == [MATCHED] * 8
    assert len(fake.tokens) == 2


async def test_a_token_is_not_replaced_twice_for_one_question(opened, fake: FakeKyc, outcomes: list[str]) -> None:
    fake.withdrawn |= {f"token-{number}" for number in range(1, 9)}
    with pytest.raises(ProviderDown):
        await (await opened()).match(NUMBER, HOLDER, CORRELATOR)
    assert (len(fake.tokens), len(fake.matches)) == (2, 2)
    assert outcomes == ["token_refused"]


async def test_whoever_stops_waiting_does_not_take_the_token_from_others(opened, fake: FakeKyc) -> None:
    given = answer(200, {"access_token": "token-slow", "token_type": "bearer"})
    going = asyncio.Event()

    async def slowly(asked, writer) -> None:
        await going.wait()
        await given(asked, writer)

    fake.token_script.append(slowly)
    operator = await opened()
    first = asyncio.create_task(operator.match(NUMBER, HOLDER, CORRELATOR))
    second = asyncio.create_task(operator.match(NUMBER, HOLDER, CORRELATOR))
    await asyncio.sleep(0)
    first.cancel()
    going.set()
    assert await second == MATCHED
    assert len(fake.tokens) == 1


async def test_a_secret_goes_by_basic_authentication(opened, fake: FakeKyc) -> None:
    await (await opened(('client_id = "xacthuc"', 'client_id = "xac:thuc"'))).match(NUMBER, HOLDER, CORRELATOR)
    (asked,) = fake.tokens
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"xac%3Athuc:s3cret"
    assert asked.fields == {
        "grant_type": "client_credentials",
        "scope": "dpv:FraudPreventionAndDetection kyc-match:match",
    }


async def test_a_secret_goes_in_the_form_where_the_operator_wants_that(opened, fake: FakeKyc) -> None:
    await (await opened(("client_secret_basic", "client_secret_post"))).match(NUMBER, HOLDER, CORRELATOR)
    (asked,) = fake.tokens
    assert "authorization" not in asked.headers
    assert (asked.fields["client_id"], asked.fields["client_secret"]) == ("xacthuc", "s3cret")


async def test_a_private_key_signs_who_asks(opened, fake: FakeKyc, clock: FixedClock) -> None:
    signing = ('"client_secret_basic"', '"private_key_jwt"\nkey_id = "k1"')
    await (await opened(("/secret", "/key.pem"), signing)).match(NUMBER, HOLDER, CORRELATOR)
    fields = fake.tokens[0].fields
    assert fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    decoded = jwt.decode(fields["client_assertion"], jwk.import_key(SIGNING_KEY, "EC"), algorithms=["ES256"])
    now = int(clock.now().timestamp())
    assert decoded.header == {"typ": "JWT", "alg": "ES256", "kid": "k1"}
    assert len(decoded.claims.pop("jti")) == 36
    assert decoded.claims == {
        "iss": "xacthuc",
        "sub": "xacthuc",
        "aud": f"http://127.0.0.1:{fake.port}/token",
        "iat": now,
        "exp": now + 120,
    }
