"""A store with challenges in it, and delivery workers over it: in this process, or as processes of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

import pytest
from fake_vendor import FakeVendor

from xacthuc.clock import SystemClock
from xacthuc.ids import new_request_id
from xacthuc.otp.adapters.valkey_admin import ValkeyAdministration
from xacthuc.otp.adapters.valkey_challenges import ValkeyChallenges, sealed_number_context
from xacthuc.otp.adapters.valkey_notices import ValkeyNotices, sealed_notice_context
from xacthuc.otp.delivery import main as delivery
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.compose import Composer
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.domain.rules import Rules
from xacthuc.otp.domain.starter import Starter
from xacthuc.otp.ports import NewChallenge, NewNotice
from xacthuc.policy import Policy, Purpose
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.sealing import KeyRing, Sealer, read_key
from xacthuc.settings import Environment
from xacthuc.telemetry import start as telemetry
from xacthuc.telemetry.lines import LineWriter
from xacthuc.up import keys
from xacthuc.valkey import Store
from xacthuc.valkey.partition import partition_of

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.otp.delivery.receipts import Receipts
    from xacthuc.otp.delivery.worker import Worker
    from xacthuc.otp.domain.challenge_id import ChallengeId

PLATFORM = "forum"
SEALED = {b"n", b"s"}
ACCOUNT, DEVICE, ADDRESS, PREFIX = "acc", "dev", "adr", "pre"


@dataclass
class Running:
    """One worker in this process."""

    worker: Worker
    receipts: Receipts
    stop: asyncio.Event
    task: asyncio.Task[None]
    store: Store

    async def end(self) -> None:
        """Drains it."""
        self.stop.set()
        await self.task


class World:
    """The platform's side, and the workers."""

    def __init__(self, store: Store, url: str, directory: Path) -> None:
        self.store = store
        self.url = url
        self.clock = SystemClock()
        self.policy = Policy.load()
        self.keys = directory / "keys"
        self.keys.mkdir()
        keys.make_missing(self.keys)
        self.providers = directory / "providers"
        self.providers.mkdir()
        self.inbox = directory / "inbox.jsonl"
        self.log = directory / "worker.log"
        self.rules = Rules.of(self.policy.otp)
        self.sealer = Sealer(KeyRing.read(self.keys / "seal.keys"))
        self.number_key = read_key(self.keys / "number-index.key")
        ring = KeyRing.read(self.keys / "otp.keys")
        self.deriver = Deriver(ring.keys, ring.current)
        self.challenges = ValkeyChallenges.over(store, self.rules, self.sealer, self.number_key)
        self.notices = ValkeyNotices(
            store=store, sealer=self.sealer, number_key=self.number_key, keep_ms=self.rules.keep_ms
        )
        self.administration = ValkeyAdministration(store=store, limiter=Limiter(store), number_key=self.number_key)

    async def start(
        self,
        number: str = "+84912345678",
        *,
        platform: str = PLATFORM,
        purpose: int = 1,
        locale: str = "vi",
        channel: int = 1,
        trace: str = "",
    ) -> ChallengeId:
        """Queues a code."""
        partition = partition_of(number, self.number_key)
        identity = challenge_id.make(partition, self.deriver.current, challenge_id.random_part())
        new = NewChallenge(
            id=identity,
            starter=Starter(platform=platform, account=ACCOUNT, device=DEVICE, address=ADDRESS, prefix=PREFIX),
            purpose=purpose,
            subject="accounts/someone",
            number=number,
            masked_number="+84 91 *** **78",
            locale=locale,
            brand="Forum",
            channel=channel,
            trace=trace,
        )
        answered = await self.challenges.start(new, self.clock.now_ms())
        assert answered.view is not None, answered.outcome
        return identity

    async def notice(
        self, number: str = "+84912345678", *, platform: str = PLATFORM, template: str | None = None
    ) -> str:
        """Queues a notice and returns its id."""
        partition = partition_of(number, self.number_key)
        identity = challenge_id.make(partition, self.deriver.current, challenge_id.random_part()).text
        new = NewNotice(
            id=identity,
            partition=partition,
            platform=platform,
            number=number,
            template=template or next(iter(self.policy.notices)),
            locale="vi",
            brand="Forum",
            request_id=new_request_id(),
            fingerprint="f",
        )
        await self.notices.queue(new, self.clock.now_ms())
        return identity

    async def block(self, number: str, *, for_ms: int = 60_000) -> None:
        """Blocks a number."""
        now_ms = self.clock.now_ms()
        await self.administration.block(number, "test", now_ms + for_ms, now_ms)

    async def switch(self, platform: str, *, engaged: bool) -> None:
        """Turns a kill switch; the empty platform's stops all."""
        await self.administration.set_kill_switch(platform, "test", self.clock.now_ms(), engaged=engaged)

    def code(self, identity: ChallengeId) -> str:
        """Returns the code of a challenge."""
        return self.deriver.code(identity, PLATFORM)

    def text(self, identity: ChallengeId) -> str:
        """Returns the message of a challenge that `start` made with its defaults."""
        return self.policy.code_message(Purpose.ACCOUNT_VERIFICATION, "vi", brand="Forum", code=self.code(identity))

    async def check(self, identity: ChallengeId, *, right: bool) -> None:
        """Checks a code."""
        await self.challenges.check(
            identity, PLATFORM, request_id=new_request_id(), matches=right, now_ms=self.clock.now_ms()
        )

    async def record(self, identity: ChallengeId) -> dict[str, str]:
        """Returns what the store has of a challenge, without what is sealed."""
        words = await self.store.execute("HGETALL", f"{{p:{identity.partition:03d}}}:c:{identity.text}")
        pairs = zip(words[::2], words[1::2], strict=True)
        return {key.decode(): value.decode() for key, value in pairs if key not in SEALED}

    async def state(self, identity: ChallengeId) -> str:
        """Returns the delivery state."""
        return (await self.record(identity))["ds"]

    async def outcomes(self, partition: int) -> list[dict[str, str]]:
        """Returns the outcomes of a partition."""
        entries = await self.store.execute("XRANGE", f"{{p:{partition:03d}}}:out", "-", "+")
        return [
            {
                key.decode(): value.decode()
                for key, value in zip(fields[::2], fields[1::2], strict=True)
                if key not in SEALED
            }
            for _, fields in entries
        ]

    async def kinds(self, identity: ChallengeId) -> list[str]:
        """Returns the kinds of a challenge's outcomes, in order."""
        return [o["k"] for o in await self.outcomes(identity.partition) if o["c"] == identity.text]

    async def failure(self) -> dict[str, str]:
        """Returns the only outcome that is a failure."""
        streams = await self.store.execute("KEYS", "*:out", key="")
        [failed] = [o for s in streams for o in await self.outcomes(int(s[3:6])) if o["k"] == "FAILED"]
        return failed

    async def ended(self, identity: ChallengeId) -> tuple[str, str]:
        """Returns the delivery state and why it failed."""
        return await self.state(identity), (await self.failure())["d"]

    async def waiting(self) -> int:
        """Returns how many messages are in the lanes."""
        found = await self.store.execute("KEYS", "*:dlv*", key="")
        return sum([await self.store.execute("XLEN", key) for key in found])

    def settings(self, **changes: Any) -> DeliverySettings:
        """Returns settings of a worker that is quick to notice everything."""
        return DeliverySettings(
            **{
                "environment": Environment.DEVELOPMENT,
                "state_url": self.url,
                "keys_directory": self.keys,
                "providers_directory": self.providers,
                "inbox_file": self.inbox,
                "lease_seconds": 0.9,
                "poll_seconds": 0.2,
                "drain_seconds": 5,
                "trace_sample_ratio": 0,
                **changes,
            }
        )

    @asynccontextmanager
    async def working(self, **changes: Any) -> AsyncIterator[Running]:
        """Runs a worker in this process."""
        settings = self.settings(**changes)
        composer = Composer(
            policy=self.policy,
            deriver=self.deriver,
            sealer=self.sealer,
            number_context=sealed_number_context,
            notice_context=sealed_notice_context,
        )
        async with AsyncExitStack() as closing:
            offered = await closing.enter_async_context(providers.opened(settings, self.clock))
            if settings.environment is Environment.DEVELOPMENT and any(self.providers.glob("*.toml")):
                # Where a test has vendors, the inbox must not rescue what they fail at.
                offered.routes.all = [route for route in offered.routes.all if route.provider.name != "console"]
            descriptor = os.open(self.log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            closing.callback(os.close, descriptor)
            reporting = telemetry.start(
                "otp-delivery", settings, providers=offered.names, writer=LineWriter(descriptor)
            )
            closing.callback(reporting.close)
            store = await Store.connect(self.url)
            closing.push_async_callback(store.close)
            worker, receipts = delivery.assemble(
                settings, clock=self.clock, store=store, composer=composer, offered=offered, reporting=reporting
            )
            await closing.enter_async_context(offered.listening(settings, receipts))
            stop = asyncio.Event()
            running = Running(
                worker, receipts, stop, asyncio.create_task(worker.run(stop, offered.jobs(receipts))), store
            )
            try:
                yield running
            finally:
                await running.end()

    @contextmanager
    def process(self, **environment: str) -> Iterator[Popen[str]]:
        """Runs a worker as a process and waits until it works."""
        settings = {
            "XACTHUC_ENVIRONMENT": "production",
            "XACTHUC_STATE_URL": self.url,
            "XACTHUC_KEYS_DIRECTORY": str(self.keys),
            "XACTHUC_PROVIDERS_DIRECTORY": str(self.providers),
            "XACTHUC_LEASE_SECONDS": "0.9",
            "XACTHUC_POLL_SECONDS": "0.2",
            "XACTHUC_DRAIN_SECONDS": "3",
            **environment,
        }
        command = [sys.executable, "-m", "xacthuc.otp.delivery"]
        process = Popen(command, env={**os.environ, **settings}, stdout=PIPE, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if "delivery_ready" in line:
                    break
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


Eventually = Callable[..., Awaitable[None]]
SOON = timedelta(seconds=20)


@pytest.fixture
async def world(valkey_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """An empty store, keys, and nobody working yet."""
    store = await Store.connect(valkey_url)
    yield World(store, valkey_url, tmp_path)
    await store.close()


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    """A vendor that accepts everything."""
    vendor = FakeVendor()
    await vendor.open()
    yield vendor
    await vendor.close()


@pytest.fixture
async def other_vendor() -> AsyncIterator[FakeVendor]:
    """A second one."""
    vendor = FakeVendor()
    await vendor.open()
    yield vendor
    await vendor.close()
