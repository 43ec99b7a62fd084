"""Messages as people read them, and those that cannot be made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context
from xacthuc.otp.adapters.valkey_notices import sealed_notice_context
from xacthuc.otp.delivery.compose import PURPOSES, Composer, Uncomposable
from xacthuc.otp.delivery.ports import Channel, Claim, Entry
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.policy import Policy, Purpose, gsm7_length
from xacthuc.sealing import KeyRing, Sealer

KEY = bytes(range(32))
IDENTITY = challenge_id.make(7, 0, bytes(16))
SEALER = Sealer(KeyRing({0: KEY}, 0))
ENTRY = Entry(7, "1-1", False, IDENTITY.text, 1, Channel.SMS, 0, "forum")
CLAIM = Claim(
    platform="forum",
    purpose=1,
    template="",
    locale="vi",
    brand="Forum",
    sealed_number=SEALER.seal(b"+84912345678", sealed_number_context("forum", IDENTITY)),
    trace="",
    request=1,
    token="t",
)


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(
        policy=Policy.load(),
        deriver=Deriver({0: KEY}, 0),
        sealer=SEALER,
        number_context=sealed_number_context,
        notice_context=sealed_notice_context,
    )


@pytest.mark.rule("R34")
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_message_names_the_brand_first_and_fits_one_segment(
    composer: Composer, purpose: int, locale: str
) -> None:
    message = composer.compose(ENTRY, replace(CLAIM, purpose=purpose, locale=locale, brand="Elevenchars"))
    assert message.text.startswith("Elevenchars")
    assert (gsm7_length(message.text) or 999) <= 160
    assert message.code in message.text


def test_purposes_are_numbered_as_in_the_contract() -> None:
    assert {number: purpose.value for number, purpose in PURPOSES.items()} == {
        number: name for name, number in resources_pb2.Challenge.Purpose.items() if number
    }
    assert set(PURPOSES.values()) == set(Purpose)
    assert {c.name: c.value for c in Channel} == {n: v for n, v in resources_pb2.Challenge.Channel.items() if v}


def test_a_message_shows_neither_number_nor_code(composer: Composer) -> None:
    message = composer.compose(ENTRY, CLAIM)
    shown = repr(message) + repr(CLAIM)
    assert "912345678" not in shown
    assert message.code not in shown


def test_a_brand_that_makes_a_link_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="text_refused"):
        composer.compose(ENTRY, replace(CLAIM, brand="forum.vn"))


def test_a_number_sealed_for_another_platform_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="key_unknown"):
        composer.compose(ENTRY, replace(CLAIM, platform="video"))


def test_a_key_that_is_gone_is_refused(composer: Composer) -> None:
    entry = replace(ENTRY, id=challenge_id.make(7, 9, bytes(16)).text)
    with pytest.raises(Uncomposable, match="key_unknown"):
        composer.compose(entry, CLAIM)


@pytest.mark.rule("R34")
def test_a_notice_has_no_code(composer: Composer) -> None:
    sealed = SEALER.seal(b"+84912345678", sealed_notice_context("forum", IDENTITY.text))
    template = next(iter(composer.policy.notices))
    message = composer.compose(replace(ENTRY, bulk=True), replace(CLAIM, template=template, sealed_number=sealed))
    assert message.code == ""
    assert message.challenge == ""


def test_an_unknown_notice_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="template_unknown"):
        composer.compose(replace(ENTRY, bulk=True), replace(CLAIM, template="nothing"))
