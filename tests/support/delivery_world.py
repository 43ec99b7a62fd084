"""Delivery workers over an installation: in this process, or as processes of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from subprocess import PIPE, Popen
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from delivery_installation import ACCOUNT, ADDRESS, DEVICE, PLATFORM, PREFIX, Installation
from fake_vendor import FakeVendor

from xacthuc.otp.adapters.valkey_challenges import sealed_number_context
from xacthuc.otp.adapters.valkey_notices import sealed_notice_context
from xacthuc.otp.delivery import main as delivery
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.compose import Composer
from xacthuc.otp.delivery.ports import Receipt, Status
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.texts import loading
from xacthuc.phone import NumberPlan
from xacthuc.settings import Environment
from xacthuc.telemetry import start as telemetry
from xacthuc.telemetry.lines import LineWriter
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.otp.delivery.receipts import Receipts
    from xacthuc.otp.delivery.worker import Worker

__all__ = ["ACCOUNT", "ADDRESS", "DEVICE", "PLATFORM", "PREFIX", "SOON", "Eventually", "Running", "World"]


@dataclass
class Running:
    """One worker in this process."""

    worker: Worker
    receipts: Receipts
    stop: asyncio.Event
    task: asyncio.Task[None]
    store: Store

    async def told(self, provider: str, status: Status, detail: str = "", *, message_id: str = "m1") -> None:
        """Takes a receipt, of the first message of a fake vendor unless said otherwise."""
        await self.receipts.receive(provider, Receipt(message_id, status, detail))

    async def end(self) -> None:
        """Drains it."""
        self.stop.set()
        await self.task


class World(Installation):
    """An installation, and its workers."""

    def settings(self, **changes: Any) -> DeliverySettings:
        """Returns settings of a worker that is quick to notice, and keeps its lease while the machine stands still."""
        return DeliverySettings(
            **{
                "environment": Environment.DEVELOPMENT,
                "state_url": self.url,
                "keys_directory": self.keys,
                "providers_directory": self.providers,
                "texts_directory": self.texts,
                "inbox_file": self.inbox,
                "lease_seconds": 20,
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
        async with AsyncExitStack() as closing:
            offered = await closing.enter_async_context(providers.opened(settings, self.clock))
            if settings.environment is Environment.DEVELOPMENT and any(self.providers.glob("*.toml")):
                # Where a test has vendors, the inbox must not rescue what they fail at.
                offered.routes.all = [route for route in offered.routes.all if route.provider.name != "console"]
            descriptor = os.open(self.log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            closing.callback(os.close, descriptor)
            operators = NumberPlan.load().operators
            reporting = telemetry.start(
                "otp-delivery",
                settings,
                providers=offered.names,
                operators=operators,
                writer=LineWriter(descriptor),
            )
            closing.callback(reporting.close)
            composer = Composer(
                texts=loading.load(settings.texts_directory, self.policy),
                deriver=self.deriver,
                sealer=self.sealer,
                number_context=sealed_number_context,
                notice_context=sealed_notice_context,
                metrics=reporting.metrics,
            )
            store = await Store.connect(self.url)
            closing.push_async_callback(store.close)
            worker, receipts = delivery.assemble(
                settings,
                clock=self.clock,
                store=store,
                composer=composer,
                offered=offered,
                operators=operators,
                reporting=reporting,
            )
            await closing.enter_async_context(offered.listening(settings, receipts))
            stop = asyncio.Event()
            ground = delivery.ground_of(worker, receipts, store=store, composer=composer, clock=self.clock)
            running = Running(
                worker, receipts, stop, asyncio.create_task(worker.run(stop, offered.jobs(ground))), store
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
            "XACTHUC_TEXTS_DIRECTORY": str(self.texts),
            "XACTHUC_LEASE_SECONDS": "0.9",
            "XACTHUC_POLL_SECONDS": "0.2",
            "XACTHUC_DRAIN_SECONDS": "3",
            **environment,
        }
        command = [sys.executable, "-m", "xacthuc.otp.delivery"]
        process = Popen(command, env={**os.environ, **settings}, stdout=PIPE, text=True)
        assert process.stdout is not None
        rest = Thread(target=process.stdout.read)  # a pipe that nobody reads is full one day, and its writer waits
        try:
            for line in process.stdout:
                if "delivery_ready" in line:
                    break
            rest.start()
            yield process
        finally:
            process.kill()
            process.wait()
            if rest.is_alive():
                rest.join()
            process.stdout.close()


Eventually = Callable[..., Awaitable[None]]
SOON = timedelta(seconds=20)


@pytest.fixture
async def world(valkey_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """An empty store, keys, and nobody working yet."""
    store = await Store.connect(valkey_url, timeout_seconds=10)
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
