"""A provider that hangs, closes, talks nonsense or sends us elsewhere: told at once, and left alone for a while."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from oidc_provider import REDIRECT_URI

from xacthuc.embedded.ports import free_port
from xacthuc.identity.ports.eid import Confirmation, ProviderDown

DISCOVERY = "/.well-known/openid-configuration"
FAULTS = {
    "hang": "timeout",
    "drip": "timeout",
    "close": "unreachable",
    "half": "unreachable",
    "garbage": "garbled",
    "list": "garbled",
    "oversized": "oversized",
    "redirect": "redirected",
    "error": "unexpected_status",
    "throttle": "throttled",
}


def patience(fault: str) -> str:
    """Little, where it will be tried."""
    return "1.0" if FAULTS[fault] == "timeout" else "4.0"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_provider_that_cannot_describe_itself_begins_nothing(open_ours, provider, fault):
    ours = await open_ours(timeout_seconds=patience(fault))
    provider.fail(fault, DISCOVERY)
    started = time.monotonic()

    with pytest.raises(ProviderDown):
        await ours.sign_in.begin(REDIRECT_URI)

    assert time.monotonic() - started < 20


@pytest.mark.parametrize("path", ["/jwks", "/token", "/me"])
@pytest.mark.parametrize(("fault", "said"), FAULTS.items())
async def test_a_provider_that_fails_in_the_middle_confirms_nobody(open_ours, provider, path, fault, said):
    ours = await open_ours(timeout_seconds=patience(fault), userinfo='"json"')
    flow, code = await ours.code()
    provider.fail(fault, path)
    started = time.monotonic()

    with pytest.raises(ProviderDown) as raised:
        await ours.sign_in.complete(flow, code)

    assert ours.observed == [said]
    assert raised.value.retry_after_seconds >= 2
    assert time.monotonic() - started < 20


async def test_a_code_is_not_spent_before_what_can_fail_without_it(ours, provider):
    flow, code = await ours.code()
    provider.fail("error", "/jwks")
    with pytest.raises(ProviderDown):
        await ours.sign_in.complete(flow, code)
    provider.set(faults={})

    assert isinstance(await ours.sign_in.complete(flow, code), Confirmation)


async def test_nobody_is_sent_where_a_redirect_leads(ours, provider):
    flow, code = await ours.code()
    provider.fail("redirect", "/token")

    with pytest.raises(ProviderDown):
        await ours.sign_in.complete(flow, code)

    assert provider.requests("/elsewhere") == []


async def test_a_code_is_sent_once_however_the_connection_ends(ours, provider):
    flow, code = await ours.code()
    provider.fail("close", "/token")

    with pytest.raises(ProviderDown):
        await ours.sign_in.complete(flow, code)

    assert len(provider.requests("/token")) == 1


async def test_a_cookie_is_not_sent_back(ours, provider):
    provider.fail("cookie", DISCOVERY, "/jwks", "/token")
    await ours.flow()
    await ours.flow()

    assert [request["cookie"] for request in provider.requests("/token")] == ["", ""]


async def test_a_provider_that_is_not_there_is_down(open_ours):
    ours = await open_ours(issuer=f"http://127.0.0.1:{free_port()}")

    with pytest.raises(ProviderDown):
        await ours.sign_in.begin(REDIRECT_URI)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://id.evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://id.provider.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=lambda metadata: next(iter(metadata)),
)
async def test_a_description_that_is_not_this_provider_s_is_not_believed(ours, provider, metadata):
    provider.set(metadata=metadata)

    with pytest.raises(ProviderDown):
        await ours.sign_in.begin(REDIRECT_URI)


async def test_a_provider_that_becomes_another_one_is_not_followed(ours, provider, clock):
    flow, code = await ours.code()
    provider.set(metadata={"issuer": "https://id.evil.example", "token_endpoint": "https://id.evil.example/token"})
    clock.advance(timedelta(hours=1))

    with pytest.raises(ProviderDown):
        await ours.sign_in.complete(flow, code)

    assert ours.observed == ["metadata"]
    assert provider.requests("/token") == []


async def test_a_client_that_is_not_known_is_said_to_be_our_own_fault(open_ours, provider):
    ours = await open_ours(credential="another secret")

    with pytest.raises(ProviderDown):
        await ours.flow()

    assert ours.observed == ["client_refused"]


async def test_a_provider_that_keeps_failing_is_left_alone(ours, provider, clock):
    flow, code = await ours.code()
    provider.fail("error", "/token")
    for _ in range(5):
        with pytest.raises(ProviderDown):
            await ours.sign_in.complete(flow, code)
        begins = await _begins(ours)  # which asks nothing, and so must not count as an answer
    assert not begins

    with pytest.raises(ProviderDown) as raised:
        await ours.sign_in.complete(flow, code)

    assert len(provider.requests("/token")) == 5
    assert ours.observed[-1] == "resting"
    assert raised.value.retry_after_seconds == 2


async def test_who_finds_no_free_connection_says_nothing_of_the_provider(open_ours, provider):
    ours = await open_ours(concurrency="1", timeout_seconds="0.8")
    flows = [await ours.code() for _ in range(6)]
    provider.fail("hang", "/token")

    await asyncio.gather(*(ours.sign_in.complete(*each) for each in flows), return_exceptions=True)

    assert sorted(ours.observed) == ["busy"] * 5 + ["timeout"]
    assert await _begins(ours)


async def test_one_flow_finds_out_that_a_provider_is_back(ours, provider, clock):
    flow, code = await ours.code()
    provider.fail("error", "/token")
    for _ in range(5):
        with pytest.raises(ProviderDown):
            await ours.sign_in.complete(flow, code)
    provider.set(faults={})
    clock.advance(timedelta(seconds=2))

    assert isinstance(await ours.flow(), Confirmation)
    assert isinstance(await ours.flow(), Confirmation)


async def test_a_provider_that_asks_for_patience_gets_it(ours, provider, clock):
    flow, code = await ours.code()
    provider.fail("throttle", "/token")
    with pytest.raises(ProviderDown) as raised:
        await ours.sign_in.complete(flow, code)
    assert raised.value.retry_after_seconds == 7
    provider.set(faults={})

    assert not await _begins(ours)
    clock.advance(timedelta(seconds=7))
    assert await _begins(ours)


async def test_one_person_s_refused_request_keeps_nobody_else_out(ours, provider):
    flow, code = await ours.code()
    for _ in range(6):
        await ours.sign_in.complete(flow, code)

    assert isinstance(await ours.flow(), Confirmation)


@pytest.mark.parametrize("raw", ["x", "a.b.c", "..", "e30.e30.e30.e30.e30", "\u00e9.\u00e9.\u00e9"])
async def test_a_token_that_is_none_confirms_nobody(ours, provider, raw):
    provider.set(tamper={"raw": raw})

    with pytest.raises(ProviderDown):
        await ours.flow()


async def _begins(ours) -> bool:
    try:
        await ours.sign_in.begin(REDIRECT_URI)
    except ProviderDown:
        return False
    return True
