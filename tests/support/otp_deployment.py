"""The one-time-code service as `main.compose` puts it together, on a real store, with a clock that tests move."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from otp_service import Deployment, Platform

from xacthuc.api.otp.v1 import admin_pb2_grpc, internal_pb2_grpc, service_pb2_grpc
from xacthuc.clock import FixedClock, SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.credentials.signing import signing_key, verifying_key
from xacthuc.otp import main as otp_main
from xacthuc.otp.adapters.camara.operators import opened_operators
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.settings import OtpSettings
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.sealing import KeyRing
from xacthuc.settings import Environment
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.start import start as start_telemetry
from xacthuc.up import certificates, keys
from xacthuc.valkey import Store


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files and certificates, as `xacthuc up` makes them."""
    directory = tmp_path_factory.mktemp("secrets")
    keys.make_missing(directory)
    certificates.ensure(directory, datetime.now(UTC), ("otp", "identity", "guardian", "backfill", "cli"))
    return directory


Deploy = Callable[..., Any]


@pytest.fixture
async def deploy(valkey_url: str, clock: FixedClock, secrets: Path, tmp_path: Path) -> AsyncIterator[Deploy]:
    """Starts services: `await deploy(environment=...)`. All are stopped at the end."""
    log = tmp_path / "log"
    async with AsyncExitStack() as stack:

        async def start(
            *,
            store_url: str = valkey_url,
            environment: Environment = Environment.DEVELOPMENT,
            operators_directory: Path = tmp_path / "no-operators",
            policy_file: Path | None = None,
            texts_directory: Path = tmp_path / "no-texts",
        ) -> Deployment:
            settings = OtpSettings(
                environment=environment,
                policy_file=policy_file,
                texts_directory=texts_directory,
                public_plaintext=True,
                state_url=store_url,
                tls_directory=secrets,
                keys_directory=secrets,
                public_address="127.0.0.1:0",
                internal_address="127.0.0.1:0",
                drain_seconds=1,
                trace_sample_ratio=1,
            )
            descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            stack.callback(os.close, descriptor)
            plan = NumberPlan.load(settings.numbering_plan_file)
            reporting = start_telemetry("otp", settings, operators=plan.operators, writer=LineWriter(descriptor))
            stack.callback(reporting.close)
            store = await Store.connect(store_url)
            stack.push_async_callback(store.close)
            publisher = KeyPublisher(store, signing_key(secrets / "identity-sign.key"))
            texts = {}
            for platform in ("forum", "video"):
                key = PlatformKey.generate(environment)
                texts[platform] = key.text
                record = KeyRecord(
                    platform=platform,
                    key_id=f"{platform}-1",
                    sha256=key.sha256,
                    scopes=frozenset({Scope.OTP}),
                    state=KeyState.ACTIVE,
                    expire_ms=None,
                    version=1,
                    brand=platform.upper(),
                )
                await publisher.publish([record])
            directory = KeyDirectory(
                store,
                verifying_key(secrets / "identity-sign.pub"),
                SystemClock(),  # keys grow stale by the machine's time, whatever time a test makes
                reporting.metrics,
                development=settings.development,
            )
            await directory.start()
            stack.push_async_callback(directory.stop)
            staff = SessionDirectory(
                store, verifying_key(secrets / "identity-sign.pub"), SystemClock(), reporting.metrics
            )
            await staff.start()
            stack.push_async_callback(staff.stop)
            limiter = Limiter(store, clock_tolerance_ms=0)
            stack.push_async_callback(limiter.drain)
            operators = await stack.enter_async_context(opened_operators(operators_directory, clock, reporting.metrics))
            server = otp_main.compose(
                settings,
                otp_main.Surroundings(
                    clock=clock,
                    store=store,
                    keys=directory,
                    staff=staff,
                    reporting=reporting,
                    limiter=limiter,
                    plan=plan,
                    clock_tolerance_ms=0,
                    operators=operators,
                ),
            ).build()
            addresses = await server.start()
            stack.push_async_callback(server.drain)

            async def channel(peer: str = "") -> grpc.aio.Channel:
                if not peer:
                    return await stack.enter_async_context(grpc.aio.insecure_channel(addresses["public"]))
                credentials = grpc.ssl_channel_credentials(
                    (secrets / "ca.pem").read_bytes(),
                    (secrets / f"{peer}.key").read_bytes(),
                    (secrets / f"{peer}.pem").read_bytes(),
                )
                named = (("grpc.ssl_target_name_override", "otp"),)
                return await stack.enter_async_context(
                    grpc.aio.secure_channel(addresses["internal"], credentials, options=named)
                )

            public = service_pb2_grpc.OtpServiceStub(await channel())
            peers = {peer: await channel(peer) for peer in ("identity", "guardian", "backfill", "cli")}
            ring = KeyRing.read(secrets / "otp.keys")
            return Deployment(
                clock=clock,
                store=store,
                limiter=limiter,
                forum=Platform(public, texts["forum"]),
                video=Platform(public, texts["video"]),
                internal=internal_pb2_grpc.OtpInternalStub(peers["identity"]),
                backfill=internal_pb2_grpc.OtpInternalStub(peers["backfill"]),
                admin=admin_pb2_grpc.OtpAdminStub(peers["cli"]),
                deriver=Deriver(ring.keys, ring.current),
                log=log,
                metrics=reporting.metrics,
                address=addresses["public"],
                internal_address=addresses["internal"],
                channels=peers,
                notice_templates=frozenset(Policy.load().notices),
            )

        yield start


@pytest.fixture
async def otp(deploy: Deploy) -> Deployment:
    """One running service."""
    return await deploy()
