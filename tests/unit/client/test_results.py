"""Results may stand in a log line and in a condition."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xacthuc.client import (
    Account,
    AccountState,
    Action,
    Challenge,
    ChallengeState,
    CheckResult,
    Consent,
    NextStep,
    NextStepKind,
    Purpose,
    Verdict,
    otp,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CHALLENGE = Challenge(
    name="challenges/x",
    masked_phone_number="+84 91 *** **78",
    purpose=Purpose.ACCOUNT_VERIFICATION,
    subject="accounts/an",
    state=ChallengeState.PENDING,
    channel=None,
    available_channels=(),
    create_time=NOW,
    expire_time=NOW,
    next_send_time=None,
    next_check_time=None,
    remaining_checks=5,
    remaining_sends=3,
    delivery=None,
)
ACCOUNT = Account(
    name="accounts/an",
    state=AccountState.VERIFIED,
    evidence=(),
    is_child=False,
    next_step=NextStep(kind=NextStepKind.NONE, text_vi="", text_en=""),
    create_time=NOW,
    update_time=NOW,
    masked_phone_number="+84 91 *** **78",
)


@pytest.mark.parametrize(
    "value",
    [
        CHALLENGE,
        ACCOUNT,
        CheckResult(verdict=Verdict.VERIFIED, proof_token="accounts/an", remaining_checks=5, challenge=CHALLENGE),
        otp.start_challenge("0912345678", subject="accounts/an"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_repr_shows_no_account_no_number_and_no_token(value: object) -> None:
    assert not any(secret in repr(value) for secret in ("accounts/an", "+84", "0912345678"))


def test_the_time_of_a_consent_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Consent(text_version="1", accept_time=datetime(2026, 11, 23), affirmed=True)  # noqa: DTZ001


def test_an_unknown_value_equals_itself_and_no_named_one() -> None:
    assert Action(99) == Action(99)
    assert Action(99) not in set(Action)


def test_a_word_is_not_a_value_of_an_enum() -> None:
    with pytest.raises(ValueError, match="POST"):
        Action("POST")
