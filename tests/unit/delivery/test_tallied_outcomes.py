"""What each outcome adds to the figures of its provider."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.adapters.valkey_tallies import change_of
from xacthuc.otp.delivery.domain.figures import Figures, timed


def outcome(kind: str, **fields: str) -> dict[bytes, bytes]:
    told = {"k": kind, "t": "10000", "d": "", "co": "0", "dq": "7500", "dt": "8000", **fields}
    return {name.encode(): value.encode() for name, value in told.items()}


@pytest.mark.parametrize(
    ("told", "change"),
    [
        (outcome("SENT", co="320"), Figures(sent=1, cost_vnd=320)),
        (outcome("VERIFIED"), Figures(verified=1)),
        (outcome("DELIVERED"), Figures(delivered=1, latency_ms=2_500, timed=timed(2_500))),
        (outcome("DELIVERED", dq="10001"), Figures(delivered=1, timed=timed(0))),
        (outcome("FAILED", d="number_inactive"), Figures(failed=1)),
        (outcome("FAILED"), Figures(failed=1)),
    ],
)
def test_an_outcome_that_says_something_of_its_provider_is_counted(told, change) -> None:
    assert change_of(told) == change


@pytest.mark.parametrize("kind", ["STARTED", "RESENT", "WRONG", "EXHAUSTED", "CANCELED", "UNREQUESTED", "ADMINISTERED"])
def test_other_outcomes_say_nothing_of_a_provider(kind) -> None:
    assert change_of(outcome(kind)) is None


@pytest.mark.parametrize("reason", ["expired", "stopped", "quiet_hours", "spend_cap", "blocked", "channel_unavailable"])
def test_what_kept_a_message_back_is_no_failure_of_its_provider(reason) -> None:
    assert change_of(outcome("FAILED", d=reason)) is None
