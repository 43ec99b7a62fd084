"""Entries of the audit trail about what changes nothing else, in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.adapters.tables import trail
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.audit.trail import Entry


class SqlNotes:
    """The port `Notes`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Takes the pool for calls."""
        self._engine = engine

    async def note(self, *entries: Entry) -> None:
        """Writes them in a transaction of their own: reading changes nothing else."""
        async with transaction(self._engine) as connection:
            await trail.write(connection, entries)
