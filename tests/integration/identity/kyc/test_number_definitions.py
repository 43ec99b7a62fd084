"""The adapters of a number's past against CAMARA's own definitions, served by a program nobody here wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_carrier import FakeCarrier, file_of
from fake_kyc import CORRELATOR, NUMBER
from prism import DEFINITION, Preferring, serving

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.kyc.asking import Line
from xacthuc.identity.adapters.kyc.kyc_file import read
from xacthuc.identity.adapters.kyc.subscribers import Operator, offered
from xacthuc.identity.adapters.remote.exchange import Exchange
from xacthuc.identity.ports.eid import ProviderDown

BEFORE = datetime(2024, 9, 18, 7, 37, 53, tzinfo=UTC)
AFTER = datetime(2024, 9, 18, 7, 37, 54, tzinfo=UTC)
"""About the change of the definition's example, which is told in nanoseconds."""


@pytest.fixture(scope="module")
def recycling_url() -> Iterator[str]:
    with serving(DEFINITION.with_name("number-recycling.yaml")) as url:
        yield url


@pytest.fixture(scope="module")
def sim_swap_url() -> Iterator[str]:
    with serving(DEFINITION.with_name("sim-swap.yaml")) as url:
        yield url


class Asked:
    """An operator asked through prism, and what prism complained of."""

    def __init__(self, operator: Operator, transport: Preferring) -> None:
        self.operator = operator
        self.transport = transport

    async def recycled(self, since: datetime = BEFORE, number: str = NUMBER) -> bool | None:
        assert self.operator.recycling is not None
        return await self.operator.recycling.changed_since(number, since, CORRELATOR)

    async def swapped(self, since: datetime = BEFORE) -> bool | None:
        assert self.operator.sim_swaps is not None
        return await self.operator.sim_swaps.changed_since(NUMBER, since, CORRELATOR)


Asker = Callable[[str], Asked]


@pytest.fixture
async def asker(recycling_url: str, sim_swap_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Asker]:
    """Makes operators by a preference for one of the definition's answers. Tokens come from a fake."""
    tokens = FakeCarrier()
    await tokens.open()
    made: list[tuple[Line, Preferring]] = []
    (tmp_path / "secret").write_text("s3cret\n")
    token = f"http://127.0.0.1:{tokens.port}/token"
    file = tmp_path / "operator.toml"
    file.write_text(file_of("operator", "", recycling_url, sim_swap_url, token=token, secret=tmp_path / "secret"))

    def make(preference: str) -> Asked:
        transport = Preferring(preference)
        described = read(file)
        line = Line.to(described, Exchange(transport, 4.0), clock)
        made.append((line, transport))
        return Asked(offered(described, line, lambda _what: lambda _said, _seconds: None), transport)

    yield make
    for line, transport in made:
        await line.tokens.close()
        await transport.aclose()
    await tokens.close()


async def test_our_requests_are_of_the_definitions(asker: Asker) -> None:
    asked = asker("")
    await asked.recycled()
    await asked.swapped()
    assert asked.transport.violations == []


async def test_every_word_about_subscribers_is_understood(asker: Asker) -> None:
    """Prism draws each answer by lot."""
    asked = asker("dynamic=true")
    assert {await asked.recycled() for _ in range(32)} == {True, False}


@pytest.mark.parametrize(
    ("example", "since", "swapped"),
    [
        ("RETRIEVE_DATE", BEFORE, True),
        ("RETRIEVE_DATE", AFTER, False),
        ("RETRIEVE_MONITORED_NULL", AFTER, None),
        ("RETRIEVE_MONITORED_PERIOD", AFTER, None),
        ("RETRIEVE_MONITORED_PERIOD", datetime(2026, 11, 1, tzinfo=UTC), False),
    ],
)
async def test_every_example_about_sims_is_understood(
    asker: Asker, example: str, since: datetime, swapped: bool | None
) -> None:
    assert await asker(f"code=200, example={example}").swapped(since) is swapped


async def test_a_number_of_another_operators_is_an_answer(asker: Asker) -> None:
    preferring = "code=404, example=Phone Number Used By Different Network Operator"
    assert await asker(preferring).recycled() is None
    assert await asker("code=422, example=GENERIC_422_SERVICE_NOT_APPLICABLE").swapped() is None


@pytest.mark.parametrize("code", [400, 401, 403])
async def test_a_refusal_says_nothing_of_a_number(asker: Asker, code: int) -> None:
    for ask in (asker(f"code={code}").recycled, asker(f"code={code}").swapped):
        with pytest.raises(ProviderDown) as raised:
            await ask()
        assert raised.value.retry_after_seconds == 300


async def test_prism_does_look(asker: Asker) -> None:
    """What the tests above rest on: a number without its plus sign is refused, with the definition's first 422."""
    asked = asker("")
    assert await asked.recycled(number="0912345678") is None
    assert len(asked.transport.violations) == 1
