"""The adapter against CAMARA's own definition, served by a program nobody here wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from prism import Preferring, prism

from xacthuc.clock import FixedClock
from xacthuc.otp.adapters.camara.number_verification import NumberVerification
from xacthuc.otp.adapters.camara.operator_file import OperatorFile
from xacthuc.otp.domain.network import NetworkAnswer

__all__ = ["prism"]

MOBILE = "GENERIC_403_USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"
CORRELATOR = "4bf92f3577b34da6a3ce929d0e0e4736"


class Asked:
    """An operator asked through prism, and what prism complained of."""

    def __init__(self, operator: NumberVerification, transport: Preferring) -> None:
        self.operator = operator
        self.transport = transport

    async def confirm(self, number: str = "+84912345678") -> NetworkAnswer:
        return await self.operator.confirm(number, "t0ken-._~+/=", correlator=CORRELATOR, budget_seconds=10)


Asker = Callable[..., Any]


@pytest.fixture
async def asker(prism: str, clock: FixedClock) -> AsyncIterator[Asker]:
    """Makes operators: `await asker(preference, hashed=...)`."""
    async with AsyncExitStack() as stack:

        async def make(preference: str = "", *, hashed: bool = False) -> Asked:
            transport = Preferring(preference)
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
            described = OperatorFile(name="viettel", base_url=prism, hashed=hashed, timeout_seconds=4)
            return Asked(NumberVerification(described, client, clock, lambda _outcome, _seconds: None), transport)

        yield make


@pytest.mark.parametrize("hashed", [False, True])
async def test_our_request_is_of_the_definition(asker: Asker, hashed: bool) -> None:
    asked = await asker(hashed=hashed)
    assert await asked.confirm() is NetworkAnswer.MATCHES
    assert asked.transport.violations == []


async def test_both_words_of_the_definition_are_understood(asker: Asker) -> None:
    """Prism draws each answer by lot."""
    asked = await asker("dynamic=true")
    said = {await asked.confirm() for _ in range(64)}
    assert said == {NetworkAnswer.MATCHES, NetworkAnswer.DIFFERS}


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ("code=400", NetworkAnswer.UNAVAILABLE),
        ("code=401", NetworkAnswer.TOKEN_REFUSED),
        ("code=403, example=GENERIC_403_PERMISSION_DENIED", NetworkAnswer.TOKEN_NOT_PERMITTED),
        (f"code=403, example={MOBILE}", NetworkAnswer.NOT_BY_MOBILE_NETWORK),
    ],
)
async def test_every_refusal_of_the_definition_is_understood(
    asker: Asker, preference: str, expected: NetworkAnswer
) -> None:
    assert await (await asker(preference)).confirm() is expected


async def test_prism_does_look(asker: Asker) -> None:
    """What the tests above rest on: a number without its plus sign is refused."""
    asked = await asker()
    assert await asked.confirm(number="0912345678") is NetworkAnswer.UNAVAILABLE
    assert len(asked.transport.violations) == 1
