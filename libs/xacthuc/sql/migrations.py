"""Brings a schema up to date with Alembic, and tells without it whether anything is to be done.

Alembic and SQLAlchemy take longer to import than a question to PostgreSQL takes to answer, so an up-to-date database is
recognised through asyncpg alone. Revisions are linear, in files named `<revision>_<what>.py`; the greatest name is the
head.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from pathlib import Path

_LOCK: Final = "SELECT pg_advisory_lock(hashtextextended($1, 1))"
"""Seed 1 keeps it apart from the relay's lock of the same schema."""


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one schema."""

    schema: str
    directory: Path
    """Holds `env.py` and `versions/`."""

    def head(self) -> str:
        """Returns the newest revision there is."""
        return max(file.name for file in (self.directory / "versions").glob("[0-9]*.py")).partition("_")[0]

    def upgrade(self, url: str) -> bool:
        """Brings the schema at the SQLAlchemy `url` to the head; returns whether there was anything to do.

        Several may be started at once: one works, the others wait for it. Raises what asyncpg raises when the database
        does not answer.
        """
        return asyncio.run(self._upgrade(url))

    async def _upgrade(self, url: str) -> bool:
        connection = await asyncpg.connect(dsn(url))
        try:
            if await self._revision(connection) == self.head():
                return False
            await connection.execute(_LOCK.replace("$1", f"'{self.schema}.migrations'"))
            if await self._revision(connection) == self.head():
                return False
            await asyncio.to_thread(self._run_alembic, url)
        finally:
            await connection.close()
        return True

    async def _revision(self, connection: asyncpg.Connection) -> str | None:
        """Returns the schema's revision; None for a database that knows nothing of it."""
        table = f"{self.schema}.alembic_version"
        if await connection.fetchval("SELECT to_regclass($1)", table) is None:
            return None
        revision: str | None = await connection.fetchval(f"SELECT version_num FROM {table}")  # noqa: S608 - a constant
        return revision

    def _run_alembic(self, url: str) -> None:
        from alembic import command  # noqa: PLC0415 - see the module's docstring
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(self.directory).replace("%", "%%"))
        config.attributes["url"] = url
        config.attributes["schema"] = self.schema
        command.upgrade(config, "head")


def dsn(url: str) -> str:
    """Returns the URL as asyncpg reads it: SQLAlchemy hands `ssl` over as an argument, libpq's URLs call it `sslmode`."""
    base, mark, query = url.replace("postgresql+asyncpg://", "postgresql://", 1).partition("?")
    return base + mark + "&".join(re.sub(r"^ssl=", "sslmode=", part) for part in query.split("&"))


async def run_environment(url: str, schema: str) -> None:
    """What a schema's `env.py` does: runs the pending migrations in one transaction."""
    from alembic import context  # noqa: PLC0415 - see the module's docstring
    from sqlalchemy import Connection, text  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    def migrate(connection: Connection) -> None:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        context.configure(connection=connection, version_table_schema=schema)
        with context.begin_transaction():
            context.run_migrations()

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()
