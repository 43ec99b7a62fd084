"""A new process takes the place of an old one, as a rolling update does it, while other services and platforms call."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from otp_installation import Installation, verify
from served import Served
from upgrade import DRAIN, balanced, is_of, replaced, unbroken
from version_before import unpacked_before

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.api.otp.v1.internal_pb2_grpc import OtpInternalStub
from xacthuc.grpckit.channels import ServiceChannel, service_config
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.settings import Settings
from xacthuc.telemetry.lines import LineWriter
from xacthuc.telemetry.start import Telemetry, start

pytestmark = pytest.mark.engine

CALLS_AT_ONCE = 8
CONTRACT = "protos/xacthuc/api/otp"


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """What the calling service reports with."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    made = start("guardian", Settings(), writer=LineWriter(nowhere))
    yield made
    made.close()
    os.close(nowhere)


@pytest.fixture
def serve(valkey_url: str, secrets: Path, tmp_path: Path) -> Iterator[Any]:
    """`serve()` starts a process of production, behind a proxy that ends TLS."""
    with ExitStack() as stack:

        def process() -> Served:
            made = Served(
                "otp",
                tmp_path,
                files={"XACTHUC_STATE_URL": valkey_url},
                XACTHUC_PUBLIC_PLAINTEXT="true",
                XACTHUC_TLS_DIRECTORY=str(secrets),
                XACTHUC_KEYS_DIRECTORY=str(secrets),
                XACTHUC_DRAIN_SECONDS="15",
            )
            stack.callback(made.close)
            return made

        yield process


async def test_a_new_version_takes_over_from_the_old_one_under_load_without_a_failed_call(
    serve: Any, secrets: Path, telemetry: Telemetry, eventually: Any
) -> None:
    old = serve()
    await asyncio.to_thread(old.until_ready)
    new = serve()
    ending, served = asyncio.Event(), [0]
    otp = ServiceChannel(
        f"ipv4:{old.internal},{new.internal}",
        TlsFiles(secrets, "guardian"),
        telemetry,
        peer="otp",
        service_config=service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json"),
    )
    digest = OtpInternalStub(otp.channel).DigestDevice
    request = internal_pb2.DigestDeviceRequest(device_id="a phone")

    async def call_on_and_on() -> None:
        while not ending.is_set():
            answer = await otp.tell(digest, request, within=timedelta(seconds=30), platform="forum")
            assert answer.device
            served[0] += 1

    async with otp, asyncio.TaskGroup() as callers:  # the first call that failed fails the test
        for _ in range(CALLS_AT_ONCE):
            callers.create_task(call_on_and_on())
        await asyncio.to_thread(new.until_ready)
        await eventually(lambda: old.answered() and new.answered(), within=timedelta(seconds=30))

        status = await asyncio.to_thread(old.terminate)
        alone = served[0]
        await eventually(lambda: served[0] > alone + 10 * CALLS_AT_ONCE, within=timedelta(seconds=30))
        ending.set()

    assert status == 0
    assert not old.ready()


@dataclass(frozen=True)
class Replaced:
    """A process that was told to start when it was made."""

    served: Served

    @property
    def log(self) -> Path:
        return self.served.log

    def start(self) -> None:
        self.served.until_ready()

    def stop(self) -> int:
        return self.served.terminate()


@pytest.mark.timeout(600)
async def test_the_version_before_and_this_one_share_a_store_and_no_guess_is_lost_or_granted_twice(
    installation: Installation, valkey_url: str, tmp_path: Path, eventually: Any
) -> None:
    """It has no schema: the version before is that which its contract was changed from the last time."""
    code = tmp_path / "before"
    code.mkdir()
    before = unpacked_before(CONTRACT, code, changed=True)
    assert is_of(before, "xacthuc.otp.main", code)
    old = installation.process(valkey_url, XACTHUC_DRAIN_SECONDS=DRAIN, **before)
    await asyncio.to_thread(old.until_ready)
    new = installation.process(valkey_url)
    config = service_config("xacthuc.api.otp.v1", "otp_grpc_service_config.json")
    await installation.turn_to(f"ipv4:{old.public},{new.public}", balanced(config))
    verified: list[str] = []

    with unbroken() as answered:

        async def person(caller: int, turn: int) -> None:
            # Each in a block of its own, so that the limit per block of 10 000 numbers is not what is tested.
            number = f"09{caller}{turn:03d}5678"
            name = await verify(installation, number, lambda call: answered(lambda: call(installation.platform)))
            verified.append(name)

        status = await replaced(
            person,
            old=Replaced(old),
            new=Replaced(new),
            migrate=lambda: None,
            word="OtpService/CheckCode",
            eventually=eventually,
        )

    outcomes = Counter((entry[b"c"].decode(), entry[b"k"].decode()) for entry in await installation.entries(b":out"))
    assert outcomes == {(name, kind): 1 for name in verified for kind in ("STARTED", "WRONG", "VERIFIED")}
    assert status == 0
