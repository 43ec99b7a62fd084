"""A process of the service that is killed at any moment: the same request again finds what the first one did."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from otp_service import Challenge, Platform, Refused
from served import Served

from xacthuc.api.otp.v1 import service_pb2, service_pb2_grpc
from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import signing_key
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.sealing import KeyRing
from xacthuc.settings import Environment
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse
KILLS = 60 if os.environ.get("XACTHUC_SOAK") else 4
PEOPLE_AT_ONCE = 8
LONGEST_PAUSE_SECONDS = 0.2
"""The longest from an answer of a new process to its death."""
NOBODY_SAID = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED}
"""What became of the call nobody knows: a client repeats it with the same request id."""


class Installation:
    """One service whose process a test kills; whoever calls it finds the one that lives."""

    def __init__(self, store: Store, secrets: Path, directory: Path, key: str) -> None:
        self.store, self.secrets, self.directory, self.key = store, secrets, directory, key
        ring = KeyRing.read(secrets / "otp.keys")
        self.deriver = Deriver(ring.keys, ring.current)
        self.answers = 0
        self.stack = AsyncExitStack()

    async def start(self, url: str) -> Served:
        """Starts a process in production, behind a proxy that ends TLS, and turns callers to it."""
        process = Served(
            "otp",
            self.directory,
            files={"XACTHUC_STATE_URL": url},
            XACTHUC_PUBLIC_PLAINTEXT="true",
            XACTHUC_TLS_DIRECTORY=str(self.secrets),
            XACTHUC_KEYS_DIRECTORY=str(self.secrets),
        )
        self.stack.callback(process.close)
        await asyncio.to_thread(process.until_ready)
        channel = await self.stack.enter_async_context(grpc.aio.insecure_channel(process.public))
        self.platform = Platform(service_pb2_grpc.OtpServiceStub(channel), self.key)
        return process

    async def answered(self, call: Callable[[Platform], Awaitable[Any]]) -> Any:
        """Repeats a call until somebody answers it."""
        while True:
            try:
                answer = await call(self.platform)
            except Refused as refused:
                if refused.code not in NOBODY_SAID:
                    raise
                await asyncio.sleep(0.02)
            else:
                self.answers += 1
                return answer

    def code(self, name: str) -> str:
        """The code of a challenge, as its recipient reads it."""
        return self.deriver.code(challenge_id.parse(name.removeprefix("challenges/")), "forum")

    async def entries(self, ending: bytes) -> list[dict[bytes, bytes]]:
        """What all streams of a kind hold."""
        keys = [key for key in await self.store.execute("KEYS", "{p:*", key="") if key.endswith(ending)]
        rows = [row for key in keys for row in await self.store.execute("XRANGE", key, "-", "+")]
        return [dict(zip(fields[::2], fields[1::2], strict=True)) for _, fields in rows]


@pytest.fixture
async def installation(valkey_url: str, secrets: Path, tmp_path: Path) -> AsyncIterator[Installation]:
    key = PlatformKey.generate(Environment.PRODUCTION)
    record = KeyRecord(
        platform="forum",
        key_id="forum-1",
        sha256=key.sha256,
        scopes=frozenset({Scope.OTP}),
        state=KeyState.ACTIVE,
        expire_ms=None,
        version=1,
        brand="Forum",
    )
    store = await Store.connect(valkey_url)
    await KeyPublisher(store, signing_key(secrets / "identity-sign.key")).publish([record])
    made = Installation(store, secrets, tmp_path, key.text)
    async with made.stack:
        yield made
    await store.close()


async def verify(at: Installation, number: str) -> str:
    """One person, with one slip: every call is one request, however often it has to be made."""
    start, slip, right = (str(uuid.uuid4()) for _ in range(3))
    account = f"accounts/{number[2:]}x"
    started = await at.answered(lambda otp: otp.start(number, subject=account, request_id=start))
    code = at.code(started.name)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    slipped = await at.answered(lambda otp: otp.check(started.name, wrong, slip))
    assert (slipped.verdict, slipped.remaining_checks) == (Verdict.WRONG, 4)
    checked = await at.answered(lambda otp: otp.check(started.name, code, right))
    assert (checked.verdict, checked.challenge.state) == (Verdict.VERIFIED, Challenge.VERIFIED)
    again = await at.answered(lambda otp: otp.check(started.name, wrong, right))
    assert again.proof_token == checked.proof_token
    return str(started.name).removeprefix("challenges/")


async def test_a_process_killed_at_any_moment_loses_no_challenge_and_grants_no_second_guess(
    installation: Installation,
    valkey_url: str,
    eventually: Any,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    ending, verified = asyncio.Event(), []
    # Each in a block of its own, so that the limit per block of 10 000 numbers is not what is tested.
    numbers = (f"09{block:04d}5678" for block in range(10_000))

    async def people() -> None:
        while not ending.is_set():
            verified.append(await verify(installation, next(numbers)))

    process = await installation.start(valkey_url)
    async with asyncio.TaskGroup() as callers:  # the first call with a wrong answer fails the test
        for _ in range(PEOPLE_AT_ONCE):
            callers.create_task(people())
        for _ in range(KILLS):
            before = installation.answers
            await eventually(lambda before=before: installation.answers > before + PEOPLE_AT_ONCE)
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # the moment of death is the thing tried
            process.close()
            process = await installation.start(valkey_url)
        ending.set()

    outcomes = Counter((entry[b"c"].decode(), entry[b"k"].decode()) for entry in await installation.entries(b":out"))
    messages = Counter(entry[b"c"].decode() for entry in await installation.entries(b":dlv"))
    assert len(verified) == len(set(verified)) > KILLS
    assert messages == dict.fromkeys(verified, 1)
    assert outcomes == {(name, kind): 1 for name in verified for kind in ("STARTED", "WRONG", "VERIFIED")}
    record_testsuite_property("kills", KILLS)
    record_testsuite_property("verifications", len(verified))
