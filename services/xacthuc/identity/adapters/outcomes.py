"""Follows what becomes of messages, as the one-time-code service tells it, from where the last process left off."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters import otp_acts
from xacthuc.identity.adapters.tables import cursors
from xacthuc.sql import following
from xacthuc.sql.following import Following, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.inactive_numbers import InactiveNumbers
    from xacthuc.identity.adapters.otp_client import OtpClient, Told
    from xacthuc.telemetry.tracing import Tracer

_STREAM: Final = Stream("otp.outcomes", "outcomes")


class OutcomeWatch:
    """Runs beside the calls, in every process."""

    def __init__(
        self,
        engine: AsyncEngine,
        otp: OtpClient,
        inactive: InactiveNumbers,
        clock: Clock,
        tracer: Tracer,
        *,
        changed: Callable[[str, Collection[str]], Awaitable[None]],
        gap: Callable[[], None],
    ) -> None:
        """`changed` hears of accounts after a commit, by platform; `gap` when outcomes were lost to us."""
        self._otp = otp
        self._inactive = inactive
        self._changed = changed
        self._following = Following(
            engine,
            cursors,
            _STREAM,
            clock,
            tracer=tracer,
            watch=self._watch,
            deal=self._deal_with,
            dealt=self._tell,
            gap=gap,
        )

    async def run(self) -> None:
        """Follows until cancelled."""
        await self._following.run()

    async def _watch(self, cursor: bytes) -> AsyncGenerator[following.Told[Told], None]:
        async with aclosing(self._otp.watch(cursor)) as stream:
            async for told in stream:
                yield following.Told(told.cursor, told, told.traces)

    async def _deal_with(
        self, connection: AsyncConnection, told: Told, now: datetime
    ) -> Collection[tuple[str, Collection[str]]]:
        changed = await self._inactive.lapse(connection, told.out_of_use, now)
        await otp_acts.record(connection, told.acts, now)
        return changed

    async def _tell(self, changed: Collection[tuple[str, Collection[str]]]) -> None:
        for platform, account_ids in changed:
            await self._changed(platform, account_ids)
