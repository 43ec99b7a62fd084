"""The adapter against a provider over mutual TLS: what it sends, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from fake_eauth import KNOWN, PENDING, STRANGER, FakeEauth, answer, confirmed, report, signed

from xacthuc.clock import FixedClock
from xacthuc.identity.ports.eid import Authenticator, Confirmation, Pending, Refused

REQUEST = "0b0e7c1e-6d3f-4e6c-9d0a-6f6c3b1d2a44"


@pytest.mark.rule("R41")
async def test_somebody_known_is_confirmed(opened, outcomes: list[str]) -> None:
    authenticator: Authenticator = await opened()
    assert await authenticator.confirm(KNOWN, REQUEST) == Confirmation(
        provider="eid",
        level="2",
        transaction_id="tx-1",
        confirm_time=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        personal_id="001090000123",
        full_name="Nguyễn Thị Đào",
        birth_date=date(1990, 12, 31),
    )
    assert outcomes == ["confirmed"]


async def test_somebody_unknown_is_not(opened, outcomes: list[str]) -> None:
    assert await (await opened()).confirm(STRANGER, REQUEST) is Refused.NOT_CONFIRMED
    assert outcomes == ["not_confirmed"]


async def test_details_stand_in_the_body_as_the_provider_wants_them_and_nowhere_else(opened, fake: FakeEauth) -> None:
    await (await opened()).confirm(KNOWN, REQUEST)
    (asked,) = fake.requests
    assert (asked.method, asked.path) == ("POST", "/v1/authentications")
    assert asked.fields == {
        "request": REQUEST,
        "person": {"id": "001090000123", "name": "NGUYEN THI DAO", "dob": "31/12/1990"},
    }
    assert (asked.headers["x-partner"], asked.headers["idempotency-key"]) == ("s3cret", REQUEST)
    elsewhere = f"{asked.path} {asked.headers}"
    assert [part for part in ("001090000123", "NGUYEN", "31/12") if part in elsewhere] == []


async def test_the_same_request_again_is_the_same_question(opened, fake: FakeEauth) -> None:
    authenticator = await opened()
    first = await authenticator.confirm(KNOWN, REQUEST)
    assert first == await authenticator.confirm(KNOWN, REQUEST)
    assert len(fake.answered) == 1


async def test_a_pending_answer_is_asked_for_again_by_its_transaction(opened, fake: FakeEauth) -> None:
    fake.behave("pending", times=2)
    authenticator = await opened()
    assert await authenticator.confirm(KNOWN, REQUEST) == Pending("tx-9", 3.0)
    assert await authenticator.ask_again("tx-9") == Pending("tx-9", 3.0)
    found = await authenticator.ask_again("tx-9")
    assert isinstance(found, Confirmation)
    assert found.transaction_id == "tx-9"
    asked = fake.requests[-1]
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/authentications/tx-9", b"")


async def test_a_transaction_cannot_lead_to_another_address(opened, fake: FakeEauth) -> None:
    fake.otherwise = answer(200, {"code": "02"})
    await (await opened()).ask_again("../admin?x=1#y%2f")
    assert fake.requests[0].path == "/v1/authentications/..%2Fadmin%3Fx%3D1%23y%252f"


@pytest.mark.parametrize("transaction", ["", ".", "..", "a b", "x" * 129, "ố"])
async def test_a_transaction_that_no_provider_gave_has_ended(opened, fake: FakeEauth, transaction: str) -> None:
    assert await (await opened()).ask_again(transaction) is Refused.EXPIRED
    assert fake.requests == []


async def test_a_transaction_that_the_provider_forgot_has_ended(opened, fake: FakeEauth) -> None:
    fake.otherwise = answer(404, {"code": "NOT_FOUND"})
    assert await (await opened()).ask_again("tx-9") is Refused.EXPIRED


async def test_some_are_asked_again_by_a_body(opened, fake: FakeEauth) -> None:
    fake.otherwise = answer(200, PENDING)
    poll = ('path = "/authentications/{transaction_id}"', 'path = "/status"\nmethod = "POST"')
    body = ("[answers]", '[poll.body]\nid = "{transaction_id}"\nkey = "{secret.partner}"\n[answers]')
    assert await (await opened(poll, body)).ask_again("tx-9") == Pending("tx-9", 7.0)
    assert fake.requests[0].fields == {"id": "tx-9", "key": "s3cret"}


async def test_a_provider_that_only_reports_is_not_asked_again(opened, fake: FakeEauth) -> None:
    start = 'path = "/authentications/{transaction_id}"\nevery_seconds = 7'
    authenticator = await opened((start, "every_seconds = 600"))
    assert await authenticator.ask_again("tx-9") == Pending("tx-9", 600.0)
    assert fake.requests == []


async def test_a_report_is_read_by_the_same_rules(opened, clock: FixedClock) -> None:
    body = report(confirmed(transaction="tx-9"))
    found = (await opened()).callbacks.read(signed(body, clock.now()), body)
    assert found is not None
    assert found[0] == "tx-9"


async def test_a_provider_that_wants_no_header_of_ours_gets_none(opened, fake: FakeEauth) -> None:
    fake.otherwise = answer(200, {"code": "02"})
    authenticator = await opened(('path = "/authentications"', 'path = "/a"\nidempotency_header = ""'))
    assert await authenticator.confirm(KNOWN, REQUEST) is Refused.DENIED
    assert "idempotency-key" not in fake.requests[0].headers


async def test_one_connection_serves_many_questions(opened, fake: FakeEauth) -> None:
    authenticator = await opened()
    for _ in range(5):
        await authenticator.confirm(KNOWN, REQUEST)
    assert fake.connections == 1


async def test_an_answer_that_sets_a_cookie_is_not_obeyed(opened, fake: FakeEauth) -> None:
    fake.script.append(answer(200, {"code": "02"}, "Set-Cookie: who=somebody\r\n"))
    authenticator = await opened()
    await authenticator.confirm(KNOWN, REQUEST)
    await authenticator.confirm(KNOWN, REQUEST)
    assert "cookie" not in fake.requests[1].headers
