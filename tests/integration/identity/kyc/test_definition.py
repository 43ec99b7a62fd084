"""The adapter against CAMARA's own definition, served by a program nobody here wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from fake_kyc import CORRELATOR, HOLDER, NUMBER, FakeKyc
from prism import DEFINITION, Preferring, serving

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.kyc.asking import Line
from xacthuc.identity.adapters.kyc.kyc_file import read
from xacthuc.identity.adapters.kyc.subscribers import KycMatch, offered
from xacthuc.identity.adapters.remote.exchange import Exchange
from xacthuc.identity.domain.reconciliation import Match
from xacthuc.identity.ports.eid import ProviderDown, SubscriberMatch

KYC = DEFINITION.with_name("kyc-match.yaml")
UNKNOWN = SubscriberMatch(
    operator="viettel", full_name=Match.UNKNOWN, birth_date=Match.UNKNOWN, personal_id=Match.UNKNOWN
)


@pytest.fixture(scope="module")
def operator_url() -> Iterator[str]:
    with serving(KYC) as url:
        yield url


class Asked:
    """An operator asked through prism, and what prism complained of."""

    def __init__(self, operator: KycMatch, line: Line, transport: Preferring) -> None:
        self.operator = operator
        self.line = line
        self.transport = transport

    async def match(self, number: str = NUMBER) -> SubscriberMatch:
        return await self.operator.match(number, HOLDER, CORRELATOR)


Asker = Callable[..., Asked]


@pytest.fixture
async def asker(operator_url: str, fake: FakeKyc, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Asker]:
    """Makes operators: `asker(preference, *changes of the file)`. Tokens come from the fake."""
    made: list[Asked] = []

    def make(preference: str = "", *changes: tuple[str, str]) -> Asked:
        described = read(fake.file(tmp_path, *changes, base_url=operator_url))
        transport = Preferring(preference)
        line = Line.to(described, Exchange(transport, 4.0), clock)
        kyc = offered(described, line, lambda _what: lambda _said, _seconds: None).kyc
        assert kyc is not None
        made.append(Asked(kyc, line, transport))
        return made[-1]

    yield make
    for asked in made:
        await asked.line.tokens.close()
        await asked.transport.aclose()


def patient(*keys: str) -> tuple[str, str]:
    return "timeout_seconds = 5.0", "\n".join(["timeout_seconds = 4.0", *keys])


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ('name_spelling = "plain"', "name_capitals = true"),
        ('details = ["birth_date"]',),
        ('details = ["full_name", "personal_id"]', 'hashed = ["full_name", "personal_id"]'),
        ('document_type = ""',),
    ],
)
async def test_our_request_is_of_the_definition(asker: Asker, keys: tuple[str, ...]) -> None:
    asked = asker("", patient(*keys))
    await asked.match()
    assert asked.transport.violations == []


async def test_the_answer_of_the_definition_is_understood(asker: Asker) -> None:
    assert await asker("code=200, example=KYC_Match200Example", patient()).match() == SubscriberMatch(
        operator="viettel",
        full_name=Match.MATCH,
        birth_date=Match.MISMATCH,
        personal_id=Match.MATCH,
        full_name_score=100,
    )


async def test_every_word_of_the_definition_is_understood(asker: Asker) -> None:
    """Prism draws each answer by lot."""
    asked = asker("dynamic=true", patient())
    found = [await asked.match() for _ in range(48)]
    assert {each.full_name for each in found} == set(Match)
    assert {each.birth_date for each in found} == set(Match)
    assert {each.personal_id for each in found} == set(Match)
    scores = {each.full_name_score for each in found if each.full_name is Match.MISMATCH} - {None}
    assert all(0 <= score <= 99 for score in scores if score is not None)
    assert {each.full_name_score for each in found if each.full_name is Match.MATCH} == {100}


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ("code=404, example=GENERIC_404_IDENTIFIER_NOT_FOUND", UNKNOWN),
        ("code=422, example=GENERIC_422_SERVICE_NOT_APPLICABLE", UNKNOWN),
        (
            "code=403, example=KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH",
            SubscriberMatch(
                operator="viettel", full_name=Match.UNKNOWN, birth_date=Match.UNKNOWN, personal_id=Match.MISMATCH
            ),
        ),
    ],
)
async def test_refusals_that_are_answers_are_understood(
    asker: Asker, preference: str, expected: SubscriberMatch
) -> None:
    assert await asker(preference, patient()).match() == expected


@pytest.mark.parametrize(
    ("preference", "wait_seconds"),
    [
        ("code=400, example=GENERIC_400_INVALID_ARGUMENT", 300),
        ("code=400, example=KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION", 300),
        ("code=401", 300),
        ("code=403, example=GENERIC_403_PERMISSION_DENIED", 300),
        ("code=403, example=GENERIC_403_INVALID_TOKEN_CONTEXT", 300),
        ("code=403, example=KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED", 300),
        ("code=404, example=GENERIC_404_NOT_FOUND", 300),
        ("code=422, example=GENERIC_422_MISSING_IDENTIFIER", 300),
    ],
)
async def test_every_other_refusal_says_nothing_of_the_subscriber(
    asker: Asker, preference: str, wait_seconds: int
) -> None:
    with pytest.raises(ProviderDown) as raised:
        await asker(preference, patient()).match()
    assert raised.value.retry_after_seconds == wait_seconds


async def test_prism_does_look(asker: Asker) -> None:
    """What the tests above rest on: a number without its plus sign is refused, with the definition's first 422."""
    asked = asker("", patient())
    assert await asked.match(number="0912345678") == UNKNOWN
    assert len(asked.transport.violations) == 1
