"""The fraud guard and the silent channel: asking an operator costs nothing, and is no way around proof of a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from fake_operator import FakeOperator, says
from otp_deployment import Deploy
from otp_service import Challenge, Deployment, Refused
from silent_channel import TOKEN, operator

from xacthuc.api.otp.v1.resources_pb2 import Client

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["operator"]

pytestmark = [pytest.mark.engine, pytest.mark.rule("R36")]

ALLOWED = 20
"""Messages that a block gets while none of its codes is entered: ten in flight, and ten that may fail in an hour."""
PERSON = "0912340099"


@pytest.fixture
async def otp(deploy: Deploy, operator: FakeOperator, tmp_path: Path) -> Deployment:
    """A service whose guard is enforced, and whose block of numbers is suspicious already."""
    policy = tmp_path / "guard.toml"
    policy.write_text('version = "guarded-1"\n[guard]\nmode = "enforce"\nrecord_days = 0\n')
    otp = await deploy(policy_file=policy, operators_directory=operator.file(tmp_path / "operators"))
    for place in range(ALLOWED):
        await otp.forum.start(f"09123400{place:02d}", subject=f"accounts/a{place}")
    return otp


async def silently(otp: Deployment, **fields: Any) -> Any:
    return await otp.forum.start(PERSON, **{"subject": "accounts/person", "channel": Challenge.NETWORK, **fields})


async def test_the_code_after_a_silent_start_needs_the_proof_that_a_start_with_a_code_needs(otp: Deployment) -> None:
    started = await silently(otp)
    with pytest.raises(Refused) as refused:
        await otp.forum.resend(started.name)
    assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CAPTCHA_REQUIRED")
    assert refused.value.metadata["limit"] == "guard"
    assert (await otp.forum.get(started.name)).remaining_sends == 4


async def test_who_solved_a_captcha_at_the_silent_start_is_sent_the_code(otp: Deployment) -> None:
    started = await silently(otp, client=Client(captcha_solved=True))
    assert (await otp.forum.resend(started.name)).remaining_sends == 3


async def test_a_device_that_verified_the_number_is_sent_the_code(otp: Deployment, operator: FakeOperator) -> None:
    phone = Client(device_id="phone")
    first = await silently(otp, client=phone)
    await otp.forum.check_network(first.name, TOKEN)
    again = await silently(otp, client=phone)
    assert (await otp.forum.resend(again.name)).remaining_sends == 3


async def test_further_codes_need_nothing_that_the_first_did_not(otp: Deployment) -> None:
    started = await silently(otp, client=Client(captcha_solved=True))
    await otp.forum.resend(started.name)
    otp.clock.advance(timedelta(minutes=1))
    assert (await otp.forum.resend(started.name)).remaining_sends == 2


async def test_an_operator_s_word_needs_no_proof_of_a_person(otp: Deployment, operator: FakeOperator) -> None:
    operator.otherwise = says(verified=True)
    started = await silently(otp)
    assert (await otp.forum.check_network(started.name, TOKEN)).challenge.state == Challenge.VERIFIED
