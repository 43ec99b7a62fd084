"""A provider that changes its keys: nobody is turned away for it, and nobody can make us ask it for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from xacthuc.identity.ports.eid import Confirmation, ProviderDown, Refused


async def test_keys_are_asked_for_once(ours, provider):
    for _ in range(3):
        await ours.flow()

    assert len(provider.requests("/jwks")) == 1
    assert len(provider.requests("/.well-known/openid-configuration")) == 1


async def test_keys_that_change_in_the_middle_of_a_flow_are_asked_for_again(ours, provider):
    await ours.flow()
    flow, code = await ours.code()
    provider.rotate()

    assert isinstance(await ours.sign_in.complete(flow, code), Confirmation)
    assert len(provider.requests("/jwks")) == 2


async def test_a_key_that_the_provider_does_not_publish_is_not_believed(ours, provider):
    provider.rotate(published=False)

    assert await ours.flow() is Refused.FORGED
    assert ours.observed == ["key"]


async def test_unknown_keys_do_not_make_us_ask_again_and_again(ours, provider, clock):
    provider.rotate(published=False)
    await ours.flow()
    with pytest.raises(ProviderDown):
        await ours.flow()
    assert len(provider.requests("/jwks")) == 2

    clock.advance(timedelta(seconds=10))
    provider.set(jwks=None)

    assert isinstance(await ours.flow(), Confirmation)
    assert len(provider.requests("/jwks")) == 3


async def test_a_key_that_was_withdrawn_is_forgotten_within_a_quarter_of_an_hour(ours, provider, clock):
    await ours.flow()
    flow, code = await ours.code()
    provider.set(jwks={"keys": []})
    clock.advance(timedelta(minutes=15))

    assert await ours.sign_in.complete(flow, code) is Refused.FORGED
    assert ours.observed[-1] == "key"


async def test_many_flows_wait_for_one_answer(ours, provider):
    flows = [await ours.code() for _ in range(4)]
    provider.reset()

    answers = await asyncio.gather(*(ours.sign_in.complete(flow, code) for flow, code in flows))

    assert all(isinstance(answer, Confirmation) for answer in answers)
    assert len(provider.requests("/jwks")) == 1
