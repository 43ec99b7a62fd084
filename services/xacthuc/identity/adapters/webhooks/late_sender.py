"""The port `Post` of a process that may never have a webhook to send: what sending needs is imported by the first one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from xacthuc import lean

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from xacthuc.identity.adapters.webhooks.sender import Sender
    from xacthuc.identity.domain.reach import Reach
    from xacthuc.identity.ports.webhooks import Attempt


class LateSender:
    """Opens the sender when it is first needed, once."""

    def __init__(self, stack: AsyncExitStack, reach: Reach, ca_file: Path | None, concurrency: int) -> None:
        """Closes with `stack` what it opens."""
        self._stack = stack
        self._reach = reach
        self._ca_file = ca_file
        self._concurrency = concurrency
        self._opening = asyncio.Lock()
        self._sender: Sender | None = None

    async def send(self, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        """Posts once, as the sender does."""
        async with self._opening:
            if self._sender is None:
                self._sender = await self._opened()
        return await self._sender.send(address, headers, body, seconds)

    async def _opened(self) -> Sender:
        module = await asyncio.to_thread(_imported)
        sender: Sender = await self._stack.enter_async_context(
            module.opened_sender(self._reach, ca_file=self._ca_file, concurrency=self._concurrency)
        )
        return sender


@asynccontextmanager
async def late_sender(reach: Reach, *, ca_file: Path | None, concurrency: int) -> AsyncIterator[LateSender]:
    """Keeps what was opened by then for as long as it is entered."""
    async with AsyncExitStack() as stack:
        yield LateSender(stack, reach, ca_file, concurrency)


def _imported() -> Any:
    with lean.without("click", "rich"):  # for a command line of httpx's own
        return import_module("xacthuc.identity.adapters.webhooks.sender")
