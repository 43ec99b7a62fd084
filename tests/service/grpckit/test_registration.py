"""Mistakes in what a process serves are found when it starts, not when somebody calls."""

import asyncio
import os
import re
import signal

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from xacthuc.api.otp.v1 import internal_pb2, service_pb2
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.server import ServerBuilder
from xacthuc.settings import Environment, Settings
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.start import start

PUBLIC = service_pb2.DESCRIPTOR.services_by_name["OtpService"]
INTERNAL = internal_pb2.DESCRIPTOR.services_by_name["OtpInternal"]


@pytest.fixture
async def builder(deploy):
    deployment = await deploy()
    return deployment, ServerBuilder("otp", deployment.settings, deployment.telemetry, keys=deployment.directory)


async def test_a_servicer_that_lacks_methods_is_refused_with_all_of_them_named(builder):
    _, server = builder

    lacking = "RedeemProof is missing; DigestDevice is missing; SendNotice is missing; WatchOutcomes is missing"
    with pytest.raises(ValueError, match=lacking):
        server.internal(INTERNAL, object(), allow={})


async def test_a_method_of_the_wrong_kind_is_refused(builder):
    deployment, server = builder

    class Wrong:
        RedeemProof = deployment.probe.RedeemProof
        SendNotice = WatchOutcomes = print

    with pytest.raises(ValueError, match=r"SendNotice must be a coroutine.*WatchOutcomes must be an async generator"):
        server.internal(INTERNAL, Wrong(), allow={})


async def test_an_allow_list_with_a_misspelt_method_is_refused(builder):
    deployment, server = builder

    with pytest.raises(ValueError, match="has no method RedemProof"):
        server.internal(INTERNAL, deployment.probe, allow={"RedemProof": {"identity"}})


async def test_a_part_of_a_contract_with_a_misspelt_method_is_refused(builder):
    deployment, server = builder

    with pytest.raises(ValueError, match="has no method ChekCode"):
        server.public(PUBLIC, deployment.probe, scopes=Scope.OTP, only={"ChekCode"})


async def test_what_is_done_first_of_a_stream_is_refused(builder):
    """It would be called with a stream for a request, by whoever calls first."""
    deployment, server = builder
    roles = {method.name: () for method in INTERNAL.methods}

    with pytest.raises(ValueError, match="WatchOutcomes streams"):
        server.admin(INTERNAL, deployment.probe, roles=roles, first={"WatchOutcomes": print})


async def test_a_public_method_without_a_scope_is_refused(builder):
    deployment, server = builder

    with pytest.raises(ValueError, match="StartChallenge has no scope"):
        server.public(PUBLIC, deployment.probe, scopes={"CheckCode": {Scope.OTP}})


async def test_a_public_service_without_a_directory_of_keys_is_refused(builder):
    deployment, _ = builder
    server = ServerBuilder("otp", deployment.settings, deployment.telemetry)

    with pytest.raises(ValueError, match="directory of platform keys"):
        server.public(PUBLIC, deployment.probe, scopes=Scope.OTP)


async def test_an_internal_service_without_certificates_does_not_start(builder, tmp_path):
    deployment, _ = builder
    settings = deployment.settings.model_copy(update={"tls_directory": tmp_path})
    server = ServerBuilder("otp", settings, deployment.telemetry).internal(INTERNAL, deployment.probe, allow={})

    with pytest.raises(OSError, match=r"otp\.pem"):
        server.build()


async def test_production_does_not_start_without_the_certificate_of_its_public_port(builder):
    deployment, _ = builder
    settings = deployment.settings.model_copy(update={"environment": Environment.PRODUCTION, "public_plaintext": False})
    server = ServerBuilder("otp", settings, deployment.telemetry, keys=deployment.directory)
    server.public(PUBLIC, deployment.probe, scopes=Scope.OTP)

    with pytest.raises(FileNotFoundError, match=r"otp-public\.pem: .*otp-public\.key.*XACTHUC_PUBLIC_PLAINTEXT=true"):
        server.build()


async def test_production_serves_tls_on_its_public_port_with_the_certificate_it_is_given(builder, tmp_path, issue):
    deployment, _ = builder
    issue(tmp_path, "otp-public")
    settings = deployment.settings.model_copy(
        update={"environment": Environment.PRODUCTION, "public_plaintext": False, "tls_directory": tmp_path}
    )
    server = ServerBuilder("otp", settings, deployment.telemetry, keys=deployment.directory)
    running = server.public(PUBLIC, deployment.probe, scopes=Scope.OTP).build()
    addresses = await running.start()
    trusted = grpc.ssl_channel_credentials((tmp_path / "ca.pem").read_bytes())
    named = [("grpc.ssl_target_name_override", "otp-public")]

    async with grpc.aio.secure_channel(addresses["public"], trusted, options=named) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    await running.drain()

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    "allowed", [{"environment": Environment.DEVELOPMENT, "public_plaintext": False}, {"public_plaintext": True}]
)
async def test_a_public_port_without_a_certificate_is_plaintext_where_that_was_asked_for(builder, allowed):
    deployment, _ = builder
    settings = deployment.settings.model_copy(update={"environment": Environment.PRODUCTION, **allowed})
    server = ServerBuilder("otp", settings, deployment.telemetry, keys=deployment.directory)

    running = server.public(PUBLIC, deployment.probe, scopes=Scope.OTP).build()

    assert running is not None


async def test_an_address_that_is_taken_is_an_error_at_the_start(builder):
    deployment, server = builder
    settings = deployment.settings.model_copy(update={"public_address": deployment.addresses["public"]})
    server = ServerBuilder("otp", settings, deployment.telemetry, keys=deployment.directory)
    server.public(PUBLIC, deployment.probe, scopes=Scope.OTP)

    with pytest.raises(RuntimeError):
        await server.build().start()


async def test_reflection_lists_what_the_port_serves(builder):
    deployment, _ = builder
    stub = reflection_pb2_grpc.ServerReflectionStub(await deployment.public())

    async def ask():
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    (answer,) = [answer async for answer in stub.ServerReflectionInfo(ask())]

    assert {service.name for service in answer.list_services_response.service} == {
        "xacthuc.api.otp.v1.OtpService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


async def test_a_process_that_is_terminated_drains_and_returns(builder, tmp_path, eventually):
    deployment, server = builder
    running = asyncio.ensure_future(server.public(PUBLIC, deployment.probe, scopes=Scope.OTP).build().run())
    await eventually(lambda: any(line["event"] == "serving" for line in deployment.lines()))

    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 10)

    assert [line["event"] for line in deployment.lines()][-2:] == ["draining", "stopped"]


async def test_the_line_that_says_where_a_process_serves_holds_its_addresses(builder, eventually):
    deployment, server = builder
    running = server.public(PUBLIC, deployment.probe, scopes=Scope.OTP).build()
    task = asyncio.ensure_future(running.run())
    await eventually(lambda: any(line["event"] == "serving" for line in deployment.lines()))
    running.stop()
    await asyncio.wait_for(task, 10)

    (line,) = [line for line in deployment.lines() if line["event"] == "serving"]
    assert re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]*", line["public"])


async def test_telemetry_starts_from_settings_alone(tmp_path):
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    telemetry = start("otp", Settings(metrics_address="127.0.0.1:0"), writer=LineWriter(descriptor))

    assert telemetry.tracer.root().trace_id
    telemetry.close()
    os.close(descriptor)


async def test_a_renewed_certificate_is_used_without_a_restart(deploy, tmp_path, issue):
    directory = tmp_path / "tls"
    directory.mkdir()
    issue(directory, "otp", "identity")
    deployment = await deploy(tls_directory=directory)

    async def redeem(request, call):
        return internal_pb2.Proof(subject=call.peer)

    deployment.probe.does = redeem
    issue(directory, "otp", "identity")
    channel = await deployment.internal("identity")
    method = channel.unary_unary(
        "/xacthuc.api.otp.v1.OtpInternal/RedeemProof",
        internal_pb2.RedeemProofRequest.SerializeToString,
        internal_pb2.Proof.FromString,
    )
    request = internal_pb2.RedeemProofRequest(
        proof_token=f"{'a' * 24}.{'b' * 43}",
        request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
        subject="accounts/a",
        purposes=["ACCOUNT_VERIFICATION"],
    )

    assert (await method(request, timeout=5)).subject == "identity"
