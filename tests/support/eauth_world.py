"""A licensed provider on a loopback port over mutual TLS, and the adapter that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_eauth import FakeEauth, issue

from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.eauth import eauth_file
from xacthuc.identity.adapters.eauth.authenticator import opened_eauth

Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    issue(directory)
    return directory


@pytest.fixture
async def fake(certificates: Path, tmp_path: Path) -> AsyncIterator[FakeEauth]:
    for file in certificates.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    provider = FakeEauth(directory=tmp_path)
    await provider.open()
    yield provider
    await provider.close()


@pytest.fixture
def outcomes() -> list[str]:
    """What the adapter told the metrics."""
    return []


@pytest.fixture
async def opened(fake: FakeEauth, clock: FixedClock, outcomes: list[str]) -> AsyncIterator[Opener]:
    """Opens the adapter: `await opened(("old", "new"), ...)` with changes to its file."""
    async with AsyncExitStack() as stack:

        async def make(*changes: tuple[str, str]) -> Any:
            path = fake.file(*changes)
            return await stack.enter_async_context(
                opened_eauth(eauth_file.read(path), clock, lambda outcome, _seconds: outcomes.append(outcome))
            )

        yield make
