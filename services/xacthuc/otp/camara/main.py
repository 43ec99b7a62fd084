"""The CAMARA facade, put together. Run with `python -m xacthuc.otp.camara`."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Final

import grpc.aio

from xacthuc import posted, process
from xacthuc.api.otp.v1.service_pb2_grpc import OtpServiceStub
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.signing import verifying_key
from xacthuc.otp.camara.application import Facade
from xacthuc.otp.camara.settings import CamaraSettings
from xacthuc.otp.texts import loading
from xacthuc.policy import Policy
from xacthuc.telemetry import start as telemetry
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import Store

_IN_TURN: Final = (("grpc.lb_policy_name", "round_robin"),)
"""Every address that the name has is used; by itself gRPC would keep to the first one."""


async def serve(settings: CamaraSettings) -> None:
    """Serves until SIGTERM or SIGINT; requests in flight end first."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        reporting = telemetry.start("otp-camara", settings)
        stack.callback(reporting.close)
        store = await Store.connect(settings.state_url)
        stack.push_async_callback(store.close)
        signed_by = verifying_key(settings.identity_public_key)
        keys = KeyDirectory(store, signed_by, SystemClock(), reporting.metrics, development=settings.development)
        await keys.start()
        stack.push_async_callback(keys.stop)
        channel = await stack.enter_async_context(_channel(settings))
        texts = loading.load(settings.texts_directory, Policy.load(settings.policy_file))
        facade = Facade(OtpServiceStub(channel), keys, texts)
        address = await stack.enter_async_context(posted.listening(settings.public_address, facade.application()))
        get_logger().info("serving", public=address)
        await stop.wait()


def _channel(settings: CamaraSettings) -> grpc.aio.Channel:
    if settings.upstream_ca is None:
        return grpc.aio.insecure_channel(settings.otp_public_address, _IN_TURN)
    credentials = grpc.ssl_channel_credentials(settings.upstream_ca.read_bytes())
    return grpc.aio.secure_channel(settings.otp_public_address, credentials, _IN_TURN)


def main() -> None:
    """Reads the environment and serves."""
    process.main(CamaraSettings, serve)


if __name__ == "__main__":
    main()
