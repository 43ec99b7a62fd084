"""A process that is told to stop says so first, ends what it began, sends streams away and refuses the rest."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from xacthuc.api.otp.v1 import internal_pb2

SERVICE = "xacthuc.api.otp.v1.OtpService"


async def test_every_service_and_the_process_report_serving_after_the_start(deploy):
    deployment = await deploy()
    stub = health_pb2_grpc.HealthStub(await deployment.public())

    answers = [
        await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        for name in ("", SERVICE, "xacthuc.api.otp.v1.OtpInternal")
    ]

    assert {answer.status for answer in answers} == {health_pb2.HealthCheckResponse.SERVING}


async def test_readiness_falls_before_calls_are_refused(deploy, verified):
    deployment = await deploy()
    release = asyncio.Event()
    begun = asyncio.Event()

    async def wait(request, call):
        begun.set()
        await release.wait()
        return await verified(request, call)

    deployment.probe.does = wait
    stub = health_pb2_grpc.HealthStub(await deployment.public())
    states = []

    async def watch():
        async for answer in stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE)):
            states.append((answer.status, call.done()))  # noqa: PERF401 - read while it grows

    call = asyncio.ensure_future(deployment.check())
    await begun.wait()
    watching = asyncio.ensure_future(watch())
    while not states:
        await asyncio.sleep(0.001)
    draining = asyncio.ensure_future(deployment.server.drain())
    while len(states) < 2:
        await asyncio.sleep(0.001)
    release.set()
    await call
    watching.cancel()
    await draining

    assert states == [
        (health_pb2.HealthCheckResponse.SERVING, False),
        (health_pb2.HealthCheckResponse.NOT_SERVING, False),
    ]


async def test_a_call_in_flight_ends_with_its_answer(deploy, verified):
    deployment = await deploy()
    begun, release = asyncio.Event(), asyncio.Event()

    async def wait(request, call):
        begun.set()
        await release.wait()
        return await verified(request, call)

    deployment.probe.does = wait
    call = asyncio.ensure_future(deployment.check())
    await begun.wait()
    draining = asyncio.ensure_future(deployment.server.drain())
    await asyncio.sleep(0)
    release.set()

    assert (await call).verdict
    await draining


async def test_a_stream_is_sent_to_another_process(deploy, fails):
    deployment = await deploy()
    begun = asyncio.Event()

    async def endless(_request, _call):
        async def answers():
            yield internal_pb2.WatchOutcomesResponse()
            begun.set()
            await asyncio.Event().wait()

        return answers()

    deployment.probe.does = endless
    channel = await deployment.internal("identity")
    watch = channel.unary_stream(
        "/xacthuc.api.otp.v1.OtpInternal/WatchOutcomes",
        internal_pb2.WatchOutcomesRequest.SerializeToString,
        internal_pb2.WatchOutcomesResponse.FromString,
    )

    async def read_all():
        async for _answer in watch(internal_pb2.WatchOutcomesRequest()):
            pass

    reading = asyncio.ensure_future(read_all())
    await begun.wait()
    await deployment.server.drain()
    failure = await fails(reading)

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")


async def test_after_the_drain_nothing_listens(deploy):
    deployment = await deploy()
    await deployment.server.drain()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await deployment.check()

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
