"""Beyond its maximum a process sheds at once and says so; health goes on answering."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc


@pytest.fixture
async def full(deploy, verified):
    """A process that serves as many calls as it may; setting the event lets them end."""
    deployment = await deploy(maximum=2)
    begun = 0
    release = asyncio.Event()

    async def wait(request, call):
        nonlocal begun
        begun += 1
        await release.wait()
        return await verified(request, call)

    deployment.probe.does = wait
    calls = [asyncio.ensure_future(deployment.check()) for _ in range(2)]
    while begun < 2:
        await asyncio.sleep(0.001)
    yield deployment, release, calls
    release.set()
    await asyncio.gather(*calls)


async def test_a_call_beyond_the_maximum_is_shed_with_a_retry_time(full, fails):
    deployment, _, _ = full

    failure = await fails(deployment.check())

    assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert failure.retry_after > timedelta(0)


async def test_a_full_process_is_healthy(full):
    deployment, _, _ = full
    stub = health_pb2_grpc.HealthStub(await deployment.public())

    answer = await stub.Check(health_pb2.HealthCheckRequest(service="xacthuc.api.otp.v1.OtpService"), timeout=5)

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_calls_are_served_again_once_others_have_ended(full):
    deployment, release, calls = full
    release.set()
    await asyncio.gather(*calls)

    answer = await deployment.check()

    assert answer.verdict


async def test_calls_that_failed_or_were_cancelled_leave_no_trace_in_the_count(deploy, fails, verified):
    deployment = await deploy(maximum=1)
    await fails(deployment.check(key=None))
    await fails(deployment.check(b"\xff"))
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait(_request, _call):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    deployment.probe.does = wait
    given_up = asyncio.ensure_future(deployment.check())
    await begun.wait()
    given_up.cancel()
    await asyncio.wait_for(ended.wait(), 5)
    deployment.probe.does = verified

    answer = await deployment.check()

    assert answer.verdict
