"""The worker that renews Zalo's tokens dies while it does so."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_zalo import FakeZalo

from xacthuc.otp.delivery.ports import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from delivery_world import Eventually, World

pytestmark = pytest.mark.engine

SOON = timedelta(seconds=30)


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    zalo = FakeZalo()
    await zalo.open()
    yield zalo
    await zalo.close()


def quick(path: Path) -> None:
    """Makes the right to renew end soon: it lasts as long as the requests may take."""
    path.write_text(path.read_text().replace("timeout_seconds = 5.0", "timeout_seconds = 0.2"))


async def test_another_worker_renews_when_the_refresher_is_killed_before_zalo_answers(
    world: World, zalo: FakeZalo, eventually: Eventually
) -> None:
    quick(zalo.file(world.providers))
    zalo.behave("token:hang")
    identity = await world.start(channel=Channel.ZALO_ZNS)
    with world.process() as dying:
        await eventually(lambda: zalo.refreshes, within=SOON)
        dying.send_signal(signal.SIGKILL)
        dying.wait()
        with world.process():
            await eventually(lambda: zalo.received, within=SOON)

    assert zalo.refreshes == ["refresh-0", "refresh-0"]
    assert zalo.received[0]["template_data"]["otp"] == world.code(identity)


async def test_a_pair_that_died_with_its_refresher_is_asked_of_a_person(
    world: World, zalo: FakeZalo, eventually: Eventually
) -> None:
    quick(zalo.file(world.providers))
    zalo.behave("token:renew_and_hang")
    await world.start(channel=Channel.ZALO_ZNS)
    with world.process() as dying:
        await eventually(lambda: zalo.refreshes, within=SOON)
        dying.send_signal(signal.SIGKILL)
        dying.wait()
    async with world.working(poll_seconds=0.2):
        await eventually(lambda: "zns_tokens_refused" in events(world), within=SOON)
    assert zalo.received == []

    zalo.good_refresh = "given-by-a-person"
    quick(zalo.file(world.providers, seed="given-by-a-person"))
    async with world.working():
        await eventually(lambda: zalo.received, within=SOON)


def events(world: World) -> list[str]:
    return [json.loads(line).get("event", "") for line in world.log.read_text().splitlines()]
