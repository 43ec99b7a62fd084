"""The sandbox's late receipt comes by the worker's clock."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from xacthuc.otp.delivery.adapters.console import Inbox
from xacthuc.otp.delivery.adapters.sandbox import Sandbox
from xacthuc.otp.delivery.ports import Channel, Message, Receipt, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from xacthuc.clock import FixedClock


@pytest.fixture
async def received() -> list[Receipt]:
    return []


@pytest.fixture
async def sandbox(tmp_path: Path, clock: FixedClock, received: list[Receipt]) -> AsyncIterator[Sandbox]:
    async def receive(_provider: str, receipt: Receipt) -> None:
        received.append(receipt)

    sandbox = Sandbox(Inbox(tmp_path / "inbox.jsonl", clock), clock)
    task = asyncio.create_task(sandbox.report(receive))
    yield sandbox
    task.cancel()


async def test_a_late_receipt_comes_after_twenty_seconds(
    sandbox: Sandbox, clock: FixedClock, received: list[Receipt], eventually: object
) -> None:
    await sandbox.send(Message(id="late", to="+84992000001", channel=Channel.SMS, text="x"))
    clock.advance(timedelta(seconds=19))
    await sandbox.send(Message(id="prompt", to="+84992000000", channel=Channel.SMS, text="x"))
    await eventually(lambda: received)  # type: ignore[operator]
    assert received == [Receipt("prompt", Status.DELIVERED)]

    clock.advance(timedelta(seconds=1))
    await eventually(lambda: len(received) == 2)  # type: ignore[operator]
    assert received[1] == Receipt("late", Status.DELIVERED)


def test_the_inbox_is_readable_by_its_owner_alone(tmp_path: Path, clock: FixedClock) -> None:
    inbox = Inbox(tmp_path / "deeper" / "inbox.jsonl", clock)
    inbox.prepare()
    assert inbox.path.stat().st_mode & 0o777 == 0o600
