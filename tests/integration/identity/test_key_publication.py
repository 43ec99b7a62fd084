"""Keys reach the store anew whenever it lacks them, and the log tells when that happened."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from structlog.testing import capture_logs

from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import signing_key
from xacthuc.identity.adapters.key_publication import KeyPublication
from xacthuc.settings import Environment
from xacthuc.up import keys


def record():
    return KeyRecord(
        platform="forum",
        key_id="forum-1",
        sha256=PlatformKey.generate(Environment.DEVELOPMENT).sha256,
        scopes=frozenset({Scope.IDENTITY}),
        state=KeyState.ACTIVE,
        expire_ms=None,
        version=1,
        brand="FORUM",
    )


class Kept:
    """Hands out what a test put in, and counts how often it was asked."""

    def __init__(self, *records):
        self._records = list(records)
        self.asked = 0

    async def records(self):
        self.asked += 1
        return self._records


@asynccontextmanager
async def looking_after(store, platforms, directory):
    keys.make_missing(directory)
    publisher = KeyPublisher(store, signing_key(directory / "identity-sign.key"))
    task = asyncio.create_task(KeyPublication(publisher, platforms, timedelta(milliseconds=5)).run())
    with capture_logs() as logged:
        yield logged
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_nothing_is_logged_as_long_as_there_is_no_key(store, tmp_path, eventually):
    platforms = Kept()

    async with looking_after(store, platforms, tmp_path) as logged:
        await eventually(lambda: platforms.asked > 2)

    assert logged == []


async def test_keys_are_told_and_logged_once_until_the_store_loses_them(store, tmp_path, eventually):
    platforms = Kept(record())

    async with looking_after(store, platforms, tmp_path) as logged:
        await eventually(lambda: logged)
        await store.execute("FLUSHALL")
        await eventually(lambda: len(logged) > 1)

    assert [(entry["event"], entry["count"]) for entry in logged] == [("keys_published", 1)] * 2
    assert platforms.asked == 2
