"""Streams: checked like calls, without a ceiling, ended kindly, and never leaking what they began."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from xacthuc.api.otp.v1 import internal_pb2

WATCH = "/xacthuc.api.otp.v1.OtpInternal/WatchOutcomes"


@pytest.fixture(scope="module")
def importer():
    """A contract with a stream both ways, which none of the published ones has yet."""
    file = descriptor_pb2.FileDescriptorProto(name="test/importer.proto", package="test.importer", syntax="proto3")
    batch = file.message_type.add(name="Batch")
    batch.field.add(
        name="id",
        number=1,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
    )
    service = file.service.add(name="Importer")
    service.method.add(
        name="Import",
        input_type=".test.importer.Batch",
        output_type=".test.importer.Batch",
        client_streaming=True,
        server_streaming=True,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName("test.importer.Importer")


def watch_of(channel):
    return channel.unary_stream(
        WATCH,
        lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
        internal_pb2.WatchOutcomesResponse.FromString,
    )


def yielding(*answers):
    async def behave(_request, _call):
        async def each():
            for answer in answers:
                yield answer

        return each()

    return behave


async def collect(stream):
    return [answer async for answer in stream]


async def test_a_stream_yields_what_the_servicer_yields_in_order(deploy):
    deployment = await deploy()
    answers = [internal_pb2.WatchOutcomesResponse(cursor=bytes([number])) for number in range(5)]
    deployment.probe.does = yielding(*answers)

    watch = watch_of(await deployment.internal("identity"))

    assert await collect(watch(internal_pb2.WatchOutcomesRequest())) == answers


async def test_a_stream_is_not_cut_at_the_ceiling_of_calls(deploy):
    deployment = await deploy(ceiling=timedelta(milliseconds=20))

    async def slow(_request, _call):
        async def each():
            await asyncio.sleep(0.1)
            yield internal_pb2.WatchOutcomesResponse()

        return each()

    deployment.probe.does = slow
    watch = watch_of(await deployment.internal("identity"))

    assert len(await collect(watch(internal_pb2.WatchOutcomesRequest()))) == 1


async def test_a_stream_ends_with_ok_at_the_end_of_its_life(deploy):
    deployment = await deploy(stream_life=timedelta(milliseconds=50))

    async def endless(_request, _call):
        async def each():
            yield internal_pb2.WatchOutcomesResponse()
            await asyncio.Event().wait()

        return each()

    deployment.probe.does = endless
    watch = watch_of(await deployment.internal("identity"))

    assert len(await collect(watch(internal_pb2.WatchOutcomesRequest()))) == 1


async def test_a_malformed_request_of_a_stream_is_refused(deploy, fails):
    deployment = await deploy()
    watch = watch_of(await deployment.internal("identity"))

    failure = await fails(collect(watch(b"\xff\xff")))

    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_an_invalid_request_of_a_stream_names_its_field(deploy, fails):
    deployment = await deploy()
    watch = watch_of(await deployment.internal("identity"))

    failure = await fails(collect(watch(internal_pb2.WatchOutcomesRequest(cursor=b"x" * 9000))))

    assert failure.fields == {"cursor": "BYTES_MAX_LEN"}


async def test_a_stream_of_a_peer_that_is_not_listed_is_denied(deploy, fails):
    deployment = await deploy()
    watch = watch_of(await deployment.internal("livestream"))

    failure = await fails(collect(watch(internal_pb2.WatchOutcomesRequest())))

    assert failure.reason == "PEER_NOT_ALLOWED"


async def test_the_servicers_generator_is_closed_when_the_reader_goes_away(deploy):
    deployment = await deploy()
    closed = asyncio.Event()

    async def endless(_request, _call):
        async def each():
            try:
                yield internal_pb2.WatchOutcomesResponse()
                await asyncio.Event().wait()
            finally:
                closed.set()

        return each()

    deployment.probe.does = endless
    watch = watch_of(await deployment.internal("identity"))
    stream = watch(internal_pb2.WatchOutcomesRequest())
    await stream.read()
    stream.cancel()

    await asyncio.wait_for(closed.wait(), 5)


async def test_a_reader_that_takes_nothing_is_let_go_and_told_when_it_reads_on(deploy, fails):
    deployment = await deploy(patience=timedelta(milliseconds=200))
    closed, written = asyncio.Event(), []

    async def endless(_request, _call):
        async def each():
            try:
                while True:
                    written.append(len(written))
                    yield internal_pb2.WatchOutcomesResponse(cursor=b"x" * 50_000)
            finally:
                closed.set()

        return each()

    deployment.probe.does = endless
    stream = watch_of(await deployment.internal("identity"))(internal_pb2.WatchOutcomesRequest())
    await stream.read()  # and nothing more
    await asyncio.wait_for(closed.wait(), 20)
    read = []

    async def read_on():
        while (answer := await stream.read()) is not grpc.aio.EOF:
            read.append(answer)

    failure = await fails(read_on())

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "READER_TOO_SLOW")
    assert len(read) < len(written)


async def test_a_reader_that_waits_for_an_answer_is_not_slow(deploy):
    deployment = await deploy(patience=timedelta(milliseconds=20))

    async def seldom(_request, _call):
        async def each():
            yield internal_pb2.WatchOutcomesResponse(cursor=b"1")
            await asyncio.sleep(0.2)
            yield internal_pb2.WatchOutcomesResponse(cursor=b"2")

        return each()

    deployment.probe.does = seldom
    watch = watch_of(await deployment.internal("identity"))

    assert [answer.cursor for answer in await collect(watch(internal_pb2.WatchOutcomesRequest()))] == [b"1", b"2"]


class Echo:
    async def Import(self, requests, _call):  # noqa: N802 - the contract's name
        async for request in requests:
            yield request


async def test_a_stream_both_ways_answers_each_message(deploy, importer):
    batch = message_factory.GetMessageClass(importer.methods_by_name["Import"].input_type)
    deployment = await deploy(contracts={importer: (Echo(), {"Import": {"identity"}})})
    channel = await deployment.internal("identity")
    method = channel.stream_stream("/test.importer.Importer/Import", batch.SerializeToString, batch.FromString)

    answers = await collect(method(iter([batch(id="1"), batch(id="2")])))

    assert [answer.id for answer in answers] == ["1", "2"]


async def test_a_malformed_message_within_a_stream_ends_it_after_the_answers_before(deploy, importer, fails):
    deployment = await deploy(contracts={importer: (Echo(), {"Import": {"identity"}})})
    channel = await deployment.internal("identity")
    method = channel.stream_stream("/test.importer.Importer/Import")
    answers = []

    async def read_all():
        async for answer in method(iter([b"\x0a\x011", b"\xff\xff"])):
            answers.append(answer)  # noqa: PERF401 - those before the failure count

    failure = await fails(read_all())

    assert (failure.reason, answers) == ("MALFORMED_REQUEST", [b"\x0a\x011"])
