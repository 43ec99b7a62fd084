"""An outbox as its own service reads it, through SQLAlchemy's pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.sql.engine import reading
from xacthuc.watching.tail import Tail

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.sql.happened import Head, Span
    from xacthuc.sql.outbox import Outbox
    from xacthuc.watching.tail import Tell
    from xacthuc.watching.window import T


class OutboxSource:
    """Asks by statements that stand alone."""

    def __init__(self, engine: AsyncEngine, outbox: Outbox) -> None:
        """Takes the pool for watchers, which is nobody else's."""
        self._engine = engine
        self._outbox = outbox

    async def ends(self) -> Head:
        """Returns where it begins and ends."""
        async with reading(self._engine) as connection:
            return await self._outbox.ends(connection)

    async def secret(self) -> bytes:
        """Returns what was drawn for it."""
        async with reading(self._engine) as connection:
            return await self._outbox.secret(connection)

    async def span(self, *, after: int, until: int, platform: str = "") -> Span:
        """Returns the events behind `after` up to `until`, of one platform or all, and its ends at that moment."""
        async with reading(self._engine) as connection:
            return await self._outbox.span(connection, after=after, until=until, platform=platform)


def tail_of(engine: AsyncEngine, outbox: Outbox, tell: Tell[T]) -> Tail[T]:
    """Returns what reads the end of an outbox."""
    return Tail(OutboxSource(engine, outbox), tell)
