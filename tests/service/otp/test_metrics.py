"""What the one-time-code service counts of its business, as Prometheus would read it."""

from __future__ import annotations

import pytest
from otp_service import Deployment, Refused
from prometheus_client import generate_latest

pytestmark = pytest.mark.engine


def counted(otp: Deployment) -> list[str]:
    return generate_latest(otp.metrics.registry).decode().splitlines()


async def test_a_challenge_is_counted_once_however_often_it_is_asked_for(otp):
    first = await otp.forum.start(request_id="6f1c7f34-9df7-4c32-a7b4-9d1f6f1a3c55")
    again = await otp.forum.start(request_id="6f1c7f34-9df7-4c32-a7b4-9d1f6f1a3c55")

    assert first.name == again.name
    assert 'xacthuc_challenges_total{channel="SMS",operator="vinaphone"} 1.0' in counted(otp)


async def test_codes_are_counted_by_verdict(otp):
    challenge = await otp.forum.start()
    await otp.forum.check(challenge.name, otp.wrong(challenge.name))
    await otp.forum.check(challenge.name, otp.code(challenge.name))

    lines = counted(otp)
    assert 'xacthuc_codes_checked_total{verdict="WRONG"} 1.0' in lines
    assert 'xacthuc_codes_checked_total{verdict="VERIFIED"} 1.0' in lines


async def test_a_limit_that_refuses_is_counted_by_its_name(otp):
    challenge = await otp.forum.start()
    with pytest.raises(Refused):
        await otp.forum.resend(challenge.name)

    assert 'xacthuc_limits_hit_total{limit="challenge"} 1.0' in counted(otp)


async def test_the_places_for_calls_are_shown_with_how_many_are_taken(otp):
    lines = counted(otp)

    assert 'xacthuc_slots_taken{of="calls"} 0.0' in lines
    assert [line for line in lines if line.startswith('xacthuc_slots{of="calls"}')] != []
