"""A provider that fails in every way it can: nothing is known, nobody waits long, and nothing personal gets out."""

from __future__ import annotations

import asyncio
import time
import traceback
from datetime import timedelta

import pytest
from fake_eauth import BEHAVIOURS, KNOWN, STRANGER, FakeEauth, answer, confirmed
from structlog.testing import capture_logs

from xacthuc.clock import FixedClock
from xacthuc.identity.ports.eid import Confirmation, Pending, ProviderDown, Refused

REQUEST = "0b0e7c1e-6d3f-4e6c-9d0a-6f6c3b1d2a44"
FAULTS = {
    "hang": "timeout",
    "close": "broken",
    "drip": "timeout",
    "garbage": "unclear",
    "not_http": "broken",
    "silence": "broken",
    "oversized": "oversized",
    "packed": "unclear",
    "redirect": "unclear",
    "unknown_code": "unclear",
    "status_alone": "unclear",
    "own_trouble": "down",
    "error": "unclear",
    "unavailable": "unavailable",
    "throttle": "throttled",
    "unauthorized": "credentials_refused",
    "refuse": "request_refused",
}


def test_every_fault_the_fake_knows_is_tried() -> None:
    assert set(BEHAVIOURS) - {"compare", "pending", "hang_up"} == set(FAULTS)


@pytest.mark.parametrize(("fault", "cause"), FAULTS.items())
async def test_a_provider_that_fails_says_nothing_of_anybody(
    opened, fake: FakeEauth, outcomes: list[str], fault: str, cause: str
) -> None:
    fake.behave(fault)
    authenticator = await opened()
    started = time.monotonic()
    with capture_logs() as logged:
        for ask in (authenticator.confirm(KNOWN, REQUEST), authenticator.ask_again("tx-1")):
            with pytest.raises(ProviderDown) as raised:
                await ask
            assert raised.value.retry_after_seconds > 0
            told = "".join(traceback.format_exception(raised.value))
            assert raised.value.__context__ is None
            assert [part for part in secrets_of(fake) if part in f"{told}{logged}"] == []
    assert time.monotonic() - started < 60
    assert outcomes[0] == cause
    assert [(event["event"], event["provider"], event["cause"]) for event in logged[:1]] == [
        ("eauth_provider_did_not_answer", "eid", cause)
    ]


def secrets_of(fake: FakeEauth) -> list[str]:
    return [KNOWN.personal_id, KNOWN.full_name, "NGUYEN", "31/12/1990", "1990-12-31", "s3cret", f":{fake.port}"]


async def test_a_provider_that_is_not_there_is_down(opened, fake: FakeEauth, outcomes: list[str]) -> None:
    authenticator = await opened()
    await fake.close()
    with pytest.raises(ProviderDown):
        await authenticator.confirm(KNOWN, REQUEST)
    assert outcomes == ["unreachable"]


async def test_a_connection_that_breaks_is_tried_once_more_as_the_same_question(opened, fake: FakeEauth) -> None:
    fake.behave("hang_up", times=1)
    found = await (await opened()).confirm(KNOWN, REQUEST)
    assert isinstance(found, Confirmation)
    assert found.transaction_id == "tx-first", "what the provider had decided before the connection broke"
    assert [asked.headers["idempotency-key"] for asked in fake.requests] == [REQUEST] * 2


async def test_a_connection_that_breaks_again_is_not_tried_for_ever(opened, fake: FakeEauth) -> None:
    fake.behave("hang_up", times=2)
    with pytest.raises(ProviderDown):
        await (await opened()).confirm(KNOWN, REQUEST)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("fault", ["hang", "error", "garbage", "throttle"])
async def test_whatever_may_have_been_understood_is_not_asked_twice(opened, fake: FakeEauth, fault: str) -> None:
    fake.behave(fault)
    with pytest.raises(ProviderDown):
        await (await opened()).confirm(KNOWN, REQUEST)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("certificate", ["elsewhere", "expired", "other-server"])
async def test_a_server_with_a_wrong_certificate_is_told_nothing(
    opened, fake: FakeEauth, outcomes: list[str], certificate: str
) -> None:
    await fake.close()
    fake.certificate = certificate
    await fake.open()
    with pytest.raises(ProviderDown):
        await (await opened()).confirm(KNOWN, REQUEST)
    assert fake.requests == []
    assert outcomes == ["tls"]


@pytest.mark.parametrize("certificate", ["client-expired", "other-client"])
async def test_a_certificate_of_ours_that_is_not_believed_makes_the_provider_down(
    opened, fake: FakeEauth, outcomes: list[str], certificate: str
) -> None:
    pair = (fake.directory / "client.pem", fake.directory / "client.key")
    for file in pair:
        file.write_bytes((fake.directory / f"{certificate}{file.suffix}").read_bytes())
    with pytest.raises(ProviderDown):
        await (await opened()).confirm(KNOWN, REQUEST)
    assert fake.requests == []
    # Our side of TLS 1.3 is done before theirs refuses: whether the refusal or the end arrives first is chance.
    assert outcomes[0] in {"tls", "broken"}


async def test_a_renewed_certificate_needs_no_restart(opened, fake: FakeEauth) -> None:
    good = {suffix: (fake.directory / f"client{suffix}").read_bytes() for suffix in (".pem", ".key")}
    for suffix in good:
        (fake.directory / f"client{suffix}").write_bytes((fake.directory / f"client-expired{suffix}").read_bytes())
    authenticator = await opened()
    with pytest.raises(ProviderDown):
        await authenticator.confirm(KNOWN, REQUEST)
    (fake.directory / "client.pem").write_bytes(good[".pem"])
    with capture_logs() as logged, pytest.raises(ProviderDown):  # in the middle of being replaced
        await authenticator.confirm(KNOWN, REQUEST)
    assert logged[0] == {"event": "client_certificate_not_renewed", "cause": "SSLError", "log_level": "warning"}
    (fake.directory / "client.key").write_bytes(good[".key"])
    assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Confirmation)


async def test_five_failures_leave_the_provider_alone_until_one_trial_succeeds(
    opened, fake: FakeEauth, clock: FixedClock
) -> None:
    fake.behave("error")
    authenticator = await opened()
    for _ in range(8):
        with pytest.raises(ProviderDown):
            await authenticator.confirm(KNOWN, REQUEST)
    assert len(fake.requests) == 5
    fake.behave("compare")
    clock.advance(timedelta(seconds=2))
    assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Confirmation)


@pytest.mark.parametrize("fault", ["throttle", "unavailable"])
async def test_a_wish_to_be_left_alone_is_told_and_kept(opened, fake: FakeEauth, clock: FixedClock, fault: str) -> None:
    fake.behave(fault, times=1)
    authenticator = await opened()
    with pytest.raises(ProviderDown) as raised:
        await authenticator.confirm(KNOWN, REQUEST)
    assert raised.value.retry_after_seconds == 40
    clock.advance(timedelta(seconds=39))
    with pytest.raises(ProviderDown) as raised:
        await authenticator.confirm(KNOWN, REQUEST)
    assert raised.value.retry_after_seconds == 1
    clock.advance(timedelta(seconds=1))
    assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Confirmation)


async def test_one_request_that_is_not_liked_does_not_take_the_provider_from_others(opened, fake: FakeEauth) -> None:
    fake.behave("refuse", times=8)
    authenticator = await opened()
    for _ in range(8):
        with pytest.raises(ProviderDown):
            await authenticator.confirm(STRANGER, REQUEST)
    assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Confirmation)


async def test_refusals_and_pending_answers_are_no_failures(opened, fake: FakeEauth) -> None:
    authenticator = await opened()
    fake.behave("pending", times=6)
    for _ in range(6):
        assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Pending)
    for _ in range(6):
        assert await authenticator.confirm(STRANGER, REQUEST) is Refused.NOT_CONFIRMED
    assert isinstance(await authenticator.confirm(KNOWN, "another-request"), Confirmation)


@pytest.mark.parametrize("about", [{"id": STRANGER.personal_id}, {"request": "another"}])
async def test_an_answer_about_somebody_else_confirms_nobody(
    opened, fake: FakeEauth, outcomes: list[str], about: dict[str, str]
) -> None:
    fake.otherwise = answer(200, confirmed(**{"request": REQUEST, **about}))
    with pytest.raises(ProviderDown):
        await (await opened()).confirm(KNOWN, REQUEST)
    assert outcomes == ["another"]


async def test_more_questions_than_connections_wait_their_turn_and_blame_nobody(
    opened, fake: FakeEauth, outcomes: list[str]
) -> None:
    fake.behave("hang", times=1)
    authenticator = await opened(("timeout_seconds = 5.0", "timeout_seconds = 5.0\nconcurrency = 1"))
    asked = [authenticator.confirm(KNOWN, f"request-{number}") for number in range(4)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, ProviderDown) for each in found)
    assert sorted(outcomes) == ["busy"] * 3 + ["timeout"]


async def test_a_caller_that_gives_up_leaves_nothing_behind(opened, fake: FakeEauth) -> None:
    fake.behave("hang", times=1)
    authenticator = await opened()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await authenticator.confirm(KNOWN, REQUEST)
    assert isinstance(await authenticator.confirm(KNOWN, REQUEST), Confirmation)
