"""Messages as people read them, and those that cannot be made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.otp.adapters.valkey_challenges import sealed_number_context
from xacthuc.otp.adapters.valkey_notices import sealed_notice_context
from xacthuc.otp.delivery.compose import PURPOSES, Composer, Uncomposable
from xacthuc.otp.delivery.ports import Channel, Claim, Entry
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.texts import Texts
from xacthuc.otp.texts.platform_file import PlatformFile, Reading
from xacthuc.otp.texts.speech import digits_aloud
from xacthuc.policy import Policy, Purpose, gsm7_length
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.telemetry.metrics import Metrics

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


def composer_of(**platforms: PlatformFile) -> Composer:
    return Composer(
        texts=Texts(policy=Policy.load(), platforms=platforms),
        deriver=Deriver({0: KEY}, 0),
        sealer=SEALER,
        number_context=sealed_number_context,
        notice_context=sealed_notice_context,
        metrics=Metrics(CollectorRegistry()),
    )


@pytest.fixture
def composer() -> Composer:
    return composer_of()


@pytest.fixture
def registered() -> Composer:
    """Of a platform that registered whatever can be."""
    own = PlatformFile(
        sender="Registered",
        autofill=Reading("forum.example.vn", "FA+9qCX9VSu"),
        text_ids={"ACCOUNT_VERIFICATION": {"vi": "TPL-1", "vi_web": "TPL-2"}},
    )
    return composer_of(forum=own)


@pytest.mark.rule("R34")
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_message_names_the_brand_first_and_fits_one_segment(
    composer: Composer, purpose: int, locale: str
) -> None:
    message = composer.compose(ENTRY, replace(CLAIM, purpose=purpose, locale=locale, brand="Elevenchars"), Channel.SMS)
    assert message.text.startswith("Elevenchars")
    assert (gsm7_length(message.text) or 999) <= 160
    assert message.code in message.text


def test_purposes_are_numbered_as_in_the_contract() -> None:
    assert {number: purpose.value for number, purpose in PURPOSES.items()} == {
        number: name for name, number in resources_pb2.Challenge.Purpose.items() if number
    }
    assert set(PURPOSES.values()) == set(Purpose)
    assert {c.name: c.value for c in Channel} == {
        n: v for n, v in resources_pb2.Challenge.Channel.items() if n not in {"CHANNEL_UNSPECIFIED", "NETWORK"}
    }


def test_a_message_shows_neither_number_nor_code(composer: Composer) -> None:
    message = composer.compose(ENTRY, CLAIM, Channel.SMS)
    shown = repr(message) + repr(CLAIM)
    assert "912345678" not in shown
    assert message.code not in shown


def test_a_brand_that_makes_a_link_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="text_refused"):
        composer.compose(ENTRY, replace(CLAIM, brand="forum.vn"), Channel.SMS)


def test_a_number_sealed_for_another_platform_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="key_unknown"):
        composer.compose(ENTRY, replace(CLAIM, platform="video"), Channel.SMS)


def test_a_key_that_is_gone_is_refused(composer: Composer) -> None:
    entry = replace(ENTRY, id=challenge_id.make(7, 9, bytes(16)).text)
    with pytest.raises(Uncomposable, match="key_unknown"):
        composer.compose(entry, CLAIM, Channel.SMS)


@pytest.mark.rule("R34")
def test_a_notice_has_no_code(composer: Composer) -> None:
    sealed = SEALER.seal(b"+84912345678", sealed_notice_context("forum", IDENTITY.text))
    template = next(iter(composer.policy.notices))
    claim = replace(CLAIM, template=template, sealed_number=sealed)
    message = composer.compose(replace(ENTRY, bulk=True), claim, Channel.SMS)
    assert message.code == ""
    assert message.challenge == ""
    assert message.parameters == {"brand": "Forum"}


def test_an_unknown_notice_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="template_unknown"):
        composer.compose(replace(ENTRY, bulk=True), replace(CLAIM, template="nothing"), Channel.SMS)


def test_a_purpose_that_a_newer_version_queued_is_refused(composer: Composer) -> None:
    with pytest.raises(Uncomposable, match="purpose_unknown"):
        composer.compose(ENTRY, replace(CLAIM, purpose=99), Channel.SMS)


@pytest.mark.rule("R35")
def test_a_message_goes_under_the_registered_sender_and_text_id(registered: Composer) -> None:
    message = registered.compose(ENTRY, replace(CLAIM, operator="viettel"), Channel.SMS)

    assert (message.brand, message.text_id, message.operator) == ("Registered", "TPL-1", "viettel")
    assert message.text.startswith("Registered: ")


def test_a_message_carries_what_a_template_at_the_provider_takes(registered: Composer) -> None:
    message = registered.compose(ENTRY, CLAIM, Channel.ZALO_ZNS)

    assert message.parameters == {"brand": "Registered", "code": message.code, "minutes": "5"}
    assert (message.purpose, message.platform, message.locale) == ("ACCOUNT_VERIFICATION", "forum", "vi")


def test_zalo_is_not_told_the_operators_id_of_the_text(registered: Composer) -> None:
    assert registered.compose(ENTRY, CLAIM, Channel.ZALO_ZNS).text_id == ""


def test_a_call_reads_the_code_out_twice(composer: Composer) -> None:
    message = composer.compose(ENTRY, replace(CLAIM, locale="en"), Channel.VOICE)

    assert message.channel is Channel.VOICE
    assert message.text.count(digits_aloud(message.code, "en")) == 2


def test_the_same_code_goes_by_whatever_channel(composer: Composer) -> None:
    assert len({composer.compose(ENTRY, CLAIM, channel).code for channel in Channel}) == 1


def test_the_line_that_fills_in_the_code_is_added_for_who_asked_and_counted(registered: Composer) -> None:
    message = registered.compose(ENTRY, replace(CLAIM, autofill=1), Channel.SMS)

    assert message.text.splitlines()[-1] == f"@forum.example.vn #{message.code}"
    assert message.text_id == "TPL-2"
    assert registered.metrics.autofill_lines.value("web", "added") == 1


def test_a_line_that_cannot_be_added_is_counted(registered: Composer, composer: Composer) -> None:
    for each in (registered, composer):
        message = each.compose(ENTRY, replace(CLAIM, autofill=2), Channel.SMS)

        assert "\n" not in message.text
        assert each.metrics.autofill_lines.value("android", "left_out") == 1


@pytest.mark.parametrize("channel", [Channel.ZALO_ZNS, Channel.VOICE])
def test_only_text_messages_have_the_line(registered: Composer, channel: Channel) -> None:
    assert "\n" not in registered.compose(ENTRY, replace(CLAIM, autofill=1), channel).text
