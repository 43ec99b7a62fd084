"""The background work itself: counts what is old, renews it, and begins anew until nothing is left."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.rotation.paging import COUNTED_AT_ONCE, RENEWED_AT_ONCE
from xacthuc.sealing import UnsealError
from xacthuc.sql.errors import DatabaseRefused, DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xacthuc.identity.adapters.rotation.paging import Key, Target

_BREATH: Final = timedelta(milliseconds=20)
"""Between batches, for the calls: some thousand rows a second and process at the most."""

_RETRY: Final = timedelta(minutes=1)
"""Before a pass over what others held, or what runs out by itself."""

_REST: Final = timedelta(hours=1)
"""While a ring holds an older key and nothing old is left: a server of the round before may still write such rows."""


class Rotation:
    """Runs beside the calls, in every process. Does nothing while no ring holds an older key than its current one."""

    def __init__(
        self,
        targets: Sequence[Target],
        on_progress: Callable[[str, int], None],
        *,
        breath: timedelta = _BREATH,
    ) -> None:
        """`on_progress` is told how many rows of a column are old, as this process last counted."""
        self._targets = targets
        self._on_progress = on_progress
        self._breath = breath
        self._log = get_logger()

    async def run(self) -> None:
        """Renews until cancelled, at random times so that processes begin at different ones."""
        while True:
            await asyncio.sleep(_RETRY.total_seconds() * random.random())
            left = await self.step()
            await asyncio.sleep((_RETRY if left else _REST).total_seconds() * random.uniform(0.5, 1))

    async def step(self) -> int:
        """Makes one pass over every column; returns how many rows are left, or 1 for a column that could not be passed."""
        left = 0
        for target in self._targets:
            try:
                left += await self._pass(target)
            except (DatabaseUnavailable, DatabaseRefused) as error:
                self._log.warning("rotation_interrupted", column=target.name, error=type(error).__name__)
                left += 1
        return left

    async def _pass(self, target: Target) -> int:
        left = 0
        if target.rows.ring.is_rotating:
            left = await self._count(target)
        self._on_progress(target.name, left)
        if left and target.renew is not None:
            left = await self._renew(target, left)
        return left

    async def _count(self, target: Target) -> int:
        old, after = 0, None
        while (page := await target.rows.page(after, COUNTED_AT_ONCE)) is not None:
            old, after = old + page.old, page.last
            await asyncio.sleep(self._breath.total_seconds())
        return old

    async def _renew(self, target: Target, left: int) -> int:
        after: Key | None = None
        while left and (page := await target.rows.page(after, RENEWED_AT_ONCE)) is not None:
            if page.old and target.renew is not None:
                try:
                    left = max(left - await target.renew(after, page.last), 0)
                except UnsealError:  # a damaged key: the rest of the table is not to wait for who mends it
                    self._log.warning("rotation_skipped", column=target.name, rows=page.old)
                self._on_progress(target.name, left)
                await asyncio.sleep(self._breath.total_seconds())
            after = page.last
        return left
