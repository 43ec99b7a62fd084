"""The one-time-code service as processes of production, and a platform that verifies people there."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

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

Verdict = service_pb2.CheckCodeResponse
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

    def process(self, url: str, **variables: str) -> Served:
        """Starts a process in production, behind a proxy that ends TLS, and does not wait for it."""
        process = Served(
            "otp",
            self.directory,
            files={"XACTHUC_STATE_URL": url},
            XACTHUC_PUBLIC_PLAINTEXT="true",
            XACTHUC_TLS_DIRECTORY=str(self.secrets),
            XACTHUC_KEYS_DIRECTORY=str(self.secrets),
            **variables,
        )
        self.stack.callback(process.close)
        return process

    async def start(self, url: str) -> Served:
        """Starts a process and turns callers to it."""
        process = self.process(url)
        await asyncio.to_thread(process.until_ready)
        await self.turn_to(process.public)
        return process

    async def turn_to(self, target: str, options: Any = None) -> None:
        """Has callers call what a channel of their own leads to."""
        channel = await self.stack.enter_async_context(grpc.aio.insecure_channel(target, options=options))
        self.platform = Platform(service_pb2_grpc.OtpServiceStub(channel), self.key)

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


async def verify(at: Installation, number: str, answered: Callable[..., Awaitable[Any]] | None = None) -> str:
    """One person, with one slip: every call is one request, however often `answered` has it made; returns the challenge's id."""
    ask = answered or at.answered
    start, slip, right = (str(uuid.uuid4()) for _ in range(3))
    account = f"accounts/{number[2:]}x"
    started = await ask(lambda otp: otp.start(number, subject=account, request_id=start))
    code = at.code(started.name)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    slipped = await ask(lambda otp: otp.check(started.name, wrong, slip))
    assert (slipped.verdict, slipped.remaining_checks) == (Verdict.WRONG, 4)
    checked = await ask(lambda otp: otp.check(started.name, code, right))
    assert (checked.verdict, checked.challenge.state) == (Verdict.VERIFIED, Challenge.VERIFIED)
    again = await ask(lambda otp: otp.check(started.name, wrong, right))
    assert again.proof_token == checked.proof_token
    return str(started.name).removeprefix("challenges/")
