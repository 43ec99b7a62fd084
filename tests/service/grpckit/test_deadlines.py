"""A call takes no longer than its caller grants, nor than the ceiling; a call given up stops working."""

import asyncio
from datetime import timedelta

import grpc
import pytest

SHORT = timedelta(milliseconds=60)


async def forever(_request, _call):
    await asyncio.Event().wait()


async def test_a_call_without_a_deadline_ends_at_the_ceiling(deploy, fails):
    deployment = await deploy(ceiling=SHORT)
    deployment.probe.does = forever

    failure = await fails(deployment.check(timeout=None))

    assert (failure.code, failure.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


async def test_an_absurdly_long_deadline_is_cut_to_the_ceiling(deploy, fails):
    deployment = await deploy(ceiling=SHORT)
    deployment.probe.does = forever

    failure = await fails(deployment.check(timeout=10 * 365 * 86400))

    assert (failure.code, failure.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("timeout", [0, -1, 1e-6])
async def test_an_expired_deadline_is_deadline_exceeded(deploy, timeout):
    deployment = await deploy()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await deployment.check(timeout=timeout)

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_the_servicer_is_told_what_is_left_of_the_callers_deadline(deploy, verified):
    deployment = await deploy(ceiling=timedelta(minutes=1))
    left = []

    async def remember(request, call):
        left.append((call.remaining(), call.budget_seconds()))
        return await verified(request, call)

    deployment.probe.does = remember
    await deployment.check(timeout=20)

    ((remaining, budget),) = left
    # gRPC rounds a timeout up to what its header can say, so a little more than 20 s may arrive.
    assert timedelta(seconds=10) < remaining < timedelta(seconds=20.1)
    assert budget < remaining.total_seconds() - 0.015


async def test_the_servicer_is_cancelled_when_its_caller_goes_away(deploy, eventually):
    deployment = await deploy()
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(_request, _call):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    deployment.probe.does = wait
    call = asyncio.ensure_future(deployment.check())
    await begun.wait()
    call.cancel()
    await asyncio.wait([call])

    await asyncio.wait_for(cancelled.wait(), 5)
    await eventually(deployment.calls)
    assert [line["status"] for line in deployment.calls()] == ["CANCELLED"]


async def test_a_deadline_that_passes_at_the_server_is_reported_as_such(deploy, eventually):
    deployment = await deploy()
    deployment.probe.does = forever

    with pytest.raises(grpc.aio.AioRpcError):
        await deployment.check(timeout=0.1)

    await eventually(deployment.calls)
    assert [line["status"] for line in deployment.calls()] == ["DEADLINE_EXCEEDED"]


async def test_a_servicers_own_timeout_is_told_as_an_unknown_outcome(deploy, fails):
    deployment = await deploy()

    async def give_up(_request, _call):
        raise TimeoutError

    deployment.probe.does = give_up
    failure = await fails(deployment.check())

    assert (failure.code, failure.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
