"""Every message that the ladder promises can be sent: no gap outlasts the code, whatever the policy says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.datafile import DataFileError
from xacthuc.otp.domain import challenge as machine
from xacthuc.otp.domain.allowance import Allowance
from xacthuc.otp.domain.challenge import NETWORK, SMS, Resend
from xacthuc.otp.domain.rules import Rules
from xacthuc.policy import Policy
from xacthuc.ratelimit import gcra

NOW_MS = 1_795_000_000_000
RESTED = Allowance(gcra.State(), gcra.State())


def walk(rules: Rules, channel: int) -> list[Resend]:
    """Sends as soon as each gap allows, to a number that was sent nothing before."""
    now_ms, said = NOW_MS, []
    challenge = machine.start(now_ms, rules, channel)
    left = RESTED.spent(rules, 1, now_ms)
    assert isinstance(left, Allowance)
    while challenge.sends <= len(rules.send_gaps_ms):
        now_ms = max(now_ms, challenge.next_send_ms)
        challenge, left, outcome = machine.resend(
            challenge, left, request_id=str(challenge.sends), channel=0, now_ms=now_ms, rules=rules
        )
        said.append(outcome)
        if outcome is not Resend.SENT:
            break
    return said


@pytest.mark.rule("R36")
@pytest.mark.parametrize(("channel", "resends"), [(SMS, 3), (NETWORK, 4)])
def test_a_rested_number_gets_every_message_of_the_default_ladder(channel: int, resends: int) -> None:
    assert walk(Rules.of(Policy.load().otp), channel) == [Resend.SENT] * resends


@given(
    gaps=st.lists(st.integers(min_value=1, max_value=700), min_size=1, max_size=3),
    life_minutes=st.integers(min_value=1, max_value=10),
)
def test_a_policy_that_loads_promises_no_message_that_its_gaps_forbid(
    gaps: list[int], life_minutes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("policy") / "own.toml"
    own.write_text(
        f'version = "own"\n[otp]\nresend_gaps_seconds = {gaps}\ncode_life_seconds = {life_minutes * 60}\n', "utf-8"
    )
    try:
        rules = Rules.of(Policy.load(own).otp)
    except DataFileError as fault:
        assert "resend_gaps_seconds" in str(fault)
        assert max(gaps) >= life_minutes * 60 or sum(gaps) >= 600
        return
    assert walk(rules, SMS) == [Resend.SENT] * len(gaps)
