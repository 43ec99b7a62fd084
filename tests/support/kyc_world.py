"""An operator on a loopback port, and the adapter that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_kyc import FakeKyc

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.kyc import kyc_file
from xacthuc.identity.adapters.kyc.subscribers import opened_operator

Opener = Callable[..., Any]


@pytest.fixture
async def fake() -> AsyncIterator[FakeKyc]:
    operator = FakeKyc()
    await operator.open()
    yield operator
    await operator.close()


@pytest.fixture
def outcomes() -> list[str]:
    """What the adapter told the metrics."""
    return []


@pytest.fixture
async def opened(fake: FakeKyc, tmp_path: Path, clock: FixedClock, outcomes: list[str]) -> AsyncIterator[Opener]:
    """Opens the adapter: `await opened(("old", "new"), ...)` with changes to its file."""
    async with AsyncExitStack() as stack:

        async def make(*changes: tuple[str, str]) -> Any:
            path = fake.file(tmp_path, *changes)
            operator = await stack.enter_async_context(
                opened_operator(
                    kyc_file.read(path), clock, lambda _what: lambda outcome, _seconds: outcomes.append(outcome)
                )
            )
            return operator.kyc

        yield make
