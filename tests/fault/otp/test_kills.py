"""A process of the service that is killed at any moment: the same request again finds what the first one did."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from otp_installation import Installation, verify

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.engine

KILLS = 60 if os.environ.get("XACTHUC_SOAK") else 4
PEOPLE_AT_ONCE = 8
LONGEST_PAUSE_SECONDS = 0.2
"""The longest from an answer of a new process to its death."""


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
