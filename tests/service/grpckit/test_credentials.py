"""Who may call the public port: a platform with a key that is known, active, unexpired and of the right scope."""

from datetime import timedelta

import grpc
import pytest

from xacthuc.credentials.records import KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.settings import Environment

UNKNOWN_KEY = "xt_live_" + "A" * 43


async def test_a_call_without_credentials_is_unauthenticated(deploy, fails):
    deployment = await deploy()

    failure = await fails(deployment.check(key=None))

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_MISSING")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer  x", UNKNOWN_KEY, f"Basic {UNKNOWN_KEY}", f"Bearer {UNKNOWN_KEY}x"]
)
async def test_a_header_that_holds_no_key_is_malformed(deploy, fails, header):
    deployment = await deploy()

    failure = await fails(deployment.check(key=header))

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_MALFORMED")


async def test_an_unknown_key_is_unauthenticated(deploy, fails):
    deployment = await deploy()

    failure = await fails(deployment.check(key=f"Bearer {UNKNOWN_KEY}"))

    assert failure.reason == "CREDENTIALS_UNKNOWN"


async def test_a_revoked_key_is_unauthenticated(deploy, fails):
    deployment = await deploy()
    key = await deployment.create_key(state=KeyState.REVOKED)

    failure = await fails(deployment.check(key=f"Bearer {key.text}"))

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_REVOKED")


async def test_a_key_is_good_until_the_instant_it_expires(deploy, verified):
    deployment = await deploy()
    deployment.probe.does = verified
    key = await deployment.create_key(lasts=timedelta(hours=1))

    deployment.clock.advance(timedelta(hours=1, milliseconds=-1))
    await deployment.directory.refresh()
    answer = await deployment.check(key=f"Bearer {key.text}")

    assert answer.verdict


async def test_a_key_is_refused_at_the_instant_it_expires(deploy, fails):
    deployment = await deploy()
    key = await deployment.create_key(lasts=timedelta(hours=1))

    deployment.clock.advance(timedelta(hours=1))
    await deployment.directory.refresh()
    failure = await fails(deployment.check(key=f"Bearer {key.text}"))

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIALS_EXPIRED")


async def test_a_key_without_the_scope_is_denied_and_told_which_one_it_lacks(deploy, fails):
    deployment = await deploy()
    key = await deployment.create_key(scopes=frozenset({Scope.IDENTITY}))

    failure = await fails(deployment.check(key=f"Bearer {key.text}"))

    assert (failure.code, failure.reason, failure.info.metadata["scope"]) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "SCOPE_MISSING",
        "OTP",
    )


async def test_a_development_key_opens_nothing_in_production(deploy, fails):
    deployment = await deploy(environment=Environment.PRODUCTION)
    key = await deployment.create_key(environment=Environment.DEVELOPMENT)

    failure = await fails(deployment.check(key=f"Bearer {key.text}"))

    assert failure.reason == "CREDENTIALS_UNKNOWN"


async def test_a_forged_platform_header_means_nothing_on_the_public_port(deploy, verified):
    deployment = await deploy()
    platforms = []

    async def remember(request, call):
        platforms.append(call.platform)
        return await verified(request, call)

    deployment.probe.does = remember
    await deployment.check(metadata={"x-xacthuc-platform": "somebody-else"})

    assert platforms == ["forum"]


async def test_the_key_appears_in_no_log_line(deploy, fails):
    deployment = await deploy()

    await fails(deployment.check(key=f"Bearer {UNKNOWN_KEY}"))
    await fails(deployment.check(b"\xff"))

    deployment.telemetry.writer.flush()
    text = deployment.log.read_text()
    assert UNKNOWN_KEY not in text
    assert deployment.key.text not in text
